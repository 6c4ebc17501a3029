/*
 * jobs.c - the job threads: what is done now and then, by one copy of the
 * service at a time.  One thread works on all jobs in turn, and each that is
 * apart has another.
 *
 * A job runs under a session's advisory lock named after it; another copy that
 * finds the lock taken passes over this turn.  The lock goes with the
 * connection when that breaks, and then another copy may begin while this one
 * still works: a job's effects are transactions that stand this.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "libcommon/service/queries.h"
#include "service/inside.h"

enum { JOBS_MOST = 16, HOUR = 3600 };

#define PAUSE_LEAST_US (SECOND_US / 2)
#define PAUSE_MOST_US  (30 * SECOND_US)
#define WAIT_MOST_US   (60 * SECOND_US)
#define LOCK_US        (5 * SECOND_US)

struct turn {
	const struct job_kind *kind; /* borrowed */
	int64_t due;                 /* clock_ticks */
	int64_t pause;               /* after an error */
};

/* The skeleton's own job. */
static bool
forget_old(struct worker *w, bool *again, struct err *err)
{
	*again = false;
	return work_begin(w, NULL, err) &&
	    db_exec(w->db, &query_idempotency_forget, DB_NO_ARGS, NULL, err) &&
	    db_exec(w->db, &query_outbox_forget, DB_NO_ARGS, NULL, err) &&
	    work_commit(w, err);
}
static const struct job_kind own_job = { .name = "housekeeping",
	.period = HOUR,
	.run = forget_old };

void
service_wake(struct service *service)
{
	pthread_mutex_lock(&service->lock);
	service->job_wakes++;
	pthread_cond_broadcast(&service->job_wake);
	pthread_mutex_unlock(&service->lock);
}

static void
run_job(struct worker *w, const struct job_kind *job, bool *again,
    struct err *err)
{
	int64_t number = lock_number(
	    arena_printf(&w->arena, "%s.%s", w->service->schema, job->name));
	bool is_ours = false;

	db_deadline(w->db, clock_ticks() + LOCK_US);
	if (!lock_take(w, number, &is_ours, err))
		must(err->code != ERR_NONE);
	db_deadline(w->db, 0);
	if (!is_ours)
		return;
	if (!job->run(w, again, err))
		must(err->code != ERR_NONE);
	db_rollback(w->db);
	w->said = false;
	lock_give(w, number, job->name);
}

static void
take_turn(struct worker *w, struct turn *turn)
{
	struct err err = { 0 };
	bool again = false;

	run_job(w, turn->kind, &again, &err);
	worker_clear(w);
	needs_note(w->service, &err);
	if (err.code == ERR_NONE) {
		turn->pause = 0;
		turn->due =
		    again ? 0 : clock_ticks() + turn->kind->period * SECOND_US;
		return;
	}
	turn->pause = turn->pause == 0 ? PAUSE_LEAST_US : 2 * turn->pause;
	if (turn->pause > PAUSE_MOST_US)
		turn->pause = PAUSE_MOST_US;
	turn->due = clock_ticks() + turn->pause;
	if (err.code == ERR_UNAVAILABLE || err.code == ERR_NO_ROOM)
		log_warn("job was put off: job=%s error=%s", turn->kind->name,
		    err.detail);
	else
		log_error("job failed: job=%s error=%s", turn->kind->name,
		    err.detail);
}

/* Wait until `due` or a wake that the thread does not know of; true: was
 * woken. */
static bool
wait_for_wake(struct service *service, int64_t due, uint64_t *known)
{
	struct timespec until = { .tv_sec = due / SECOND_US,
		.tv_nsec = due % SECOND_US * 1000 };
	bool was_woken;
	int code = 0;

	pthread_mutex_lock(&service->lock);
	while (service->job_wakes == *known && !service_is_stopping(service) &&
	    code != ETIMEDOUT)
		code = pthread_cond_timedwait(&service->job_wake,
		    &service->lock, &until);
	was_woken = service->job_wakes != *known;
	*known = service->job_wakes;
	pthread_mutex_unlock(&service->lock);
	return was_woken;
}

static size_t
make_turns(const struct service_kind *kind, struct turn turns[JOBS_MOST])
{
	size_t count = 0;

	must(kind->job_count < JOBS_MOST);
	for (size_t i = 0; i < kind->job_count; i++)
		if (!kind->jobs[i].is_apart)
			turns[count++] =
			    (struct turn){ .kind = &kind->jobs[i] };
	if (kind->migrations != NULL)
		turns[count++] = (struct turn){ .kind = &own_job };
	return count;
}

/* Everything that is due; returns when the next one is. */
static int64_t
take_turns(struct worker *w, struct turn *turns, size_t count, bool was_woken)
{
	int64_t next = clock_ticks() + WAIT_MOST_US;

	for (size_t i = 0; i < count; i++) {
		if (service_is_stopping(w->service))
			break;
		if (was_woken || clock_ticks() >= turns[i].due)
			take_turn(w, &turns[i]);
		next = turns[i].due < next ? turns[i].due : next;
	}
	return next;
}

/* The thread's life. */
static void
work_off(struct service *service, struct turn *turns, size_t count)
{
	bool was_woken = false;
	uint64_t known = 0;
	struct worker w;

	worker_init(&w, service);
	while (!service_is_stopping(service)) {
		int64_t next = clock_ticks() + SECOND_US / 2;

		if (need_is_met(service, "migrations"))
			next = take_turns(&w, turns, count, was_woken);
		was_woken = wait_for_wake(service, next, &known);
	}
	worker_close(&w);
	thread_ended(service);
}

void *
job_thread(void *user)
{
	struct service *service = user;
	struct turn turns[JOBS_MOST];

	work_off(service, turns, make_turns(service->kind, turns));
	return NULL;
}

void *
job_apart_thread(void *user)
{
	const struct job_apart *apart = user;
	struct turn turn = { .kind = apart->kind };

	work_off(apart->service, &turn, 1);
	return NULL;
}
