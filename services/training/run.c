/*
 * run.c - the job thread's work on one job: take it, gather samples, let a
 * child do the arithmetic, store what came of it.
 *
 * A job is held by a lease in job_queue that is moved on while it is worked
 * on.  When the daemon is killed its child dies with it, the lease runs out
 * and the job is taken up again; when the child is killed, a little later.
 * Samples are gathered anew; if they are the same, the child goes on from its
 * checkpoints (folders.h), and if not, it begins anew.  The same samples and
 * seed give the same models either way.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/row.h"
#include "service/child.h"
#include "services/training/folders.h"
#include "services/training/queries.h"
#include "services/training/run.h"
#include "wire/binary.h"
#include "wire/json.h"

enum {
	ATTEMPTS = 5,
	AGAIN_SECONDS = 10, /* before the next attempt */
	LOOK_MS = 200,
	BLOCK = 65536
};

#define KEEP_US (SECOND_US / 5)

/* Take the oldest job that nobody holds; false without an error: none. */
static bool
take_row(struct run *run, struct err *err)
{
	struct db_result result = { 0 };

	uuid_make(run->owner);
	if (!work_begin(run->w, NULL, err) ||
	    !db_query(run->w->db, &query_queue_take,
		DB_ARGS(db_text(run->owner)), &result, err))
		return false;
	if (result.row_count == 1) {
		run->job_id = db_get_text(&result, 0, 0, &run->arena);
		run->tenant = db_get_text(&result, 0, 1, &run->arena);
		run->attempts = db_get_integer(&result, 0, 2);
	}
	db_result_close(&result);
	return run->job_id != NULL;
}

static bool
begin(struct run *run, struct err *err)
{
	struct db_result result = { 0 };
	const char *question;

	if (!take_row(run, err) || !work_tenant(run->w, run->tenant, err) ||
	    !db_query(run->w->db, &query_job_begin,
		DB_ARGS(db_text(run->tenant), db_text(run->job_id)), &result,
		err))
		return false;
	if (result.row_count != 1) {
		db_result_close(&result);
		return err_set(err, ERR_INTERNAL,
		    "a queued job has no row: job=%s", run->job_id);
	}
	question = db_get_text(&result, 0, 0, &run->arena);
	run->asked_by = db_get_text(&result, 0, 1, &run->arena);
	db_result_close(&result);
	return json_decode(&train_question_message, slice_of(question),
		   JSON_LENIENT, &run->arena, &run->question, err) &&
	    work_commit(run->w, err);
}

static struct db_value
real_or_null(bool has, double value)
{
	return has ? db_real(value) : db_null();
}

static bool
write_progress(struct run *run, const struct work_progress *progress,
    struct err *err)
{
	return db_exec(run->w->db, &query_job_progress,
	    DB_ARGS(db_text(run->tenant), db_text(run->job_id),
		db_real(progress->progress), db_text(progress->phase),
		progress->has_epoch ? db_integer(progress->epoch) : db_null(),
		real_or_null(progress->has_train_loss, progress->train_loss),
		real_or_null(progress->has_validation_loss,
		    progress->validation_loss)),
	    NULL, err);
}

bool
run_keep(struct run *run, const struct work_progress *progress, struct err *err)
{
	size_t kept;

	if (service_is_stopping(run->w->service))
		return err_set(err, ERR_UNAVAILABLE, "training is stopping");
	if (clock_ticks() - run->kept_at < KEEP_US)
		return true;
	run->kept_at = clock_ticks();
	if (!work_begin(run->w, run->tenant, err) ||
	    !db_exec(run->w->db, &query_queue_keep,
		DB_ARGS(db_text(run->job_id), db_text(run->owner)), &kept, err))
		return false;
	run->is_lost = kept == 0;
	if (run->is_lost) {
		db_rollback(run->w->db);
		return err_set(err, ERR_CONFLICT,
		    "the job was cancelled or taken over");
	}
	return write_progress(run, progress, err) && work_commit(run->w, err);
}

/* Where the job is, from where its child is. */
static bool
read_progress(struct run *run, struct slice line,
    struct work_progress *progress, struct err *err)
{
	struct work_progress of_child;

	if (!json_decode(&work_progress_message, line, JSON_STRICT, &run->arena,
		&of_child, err))
		return err_in(err, "a line of the child's report");
	*progress = of_child;
	progress->progress =
	    SAMPLES_SHARE + (1 - SAMPLES_SHARE) * of_child.progress;
	return true;
}

static bool
read_result(struct run *run, struct slice bytes, struct err *err)
{
	return binary_decode(&work_result_message, bytes, &run->arena,
		   &run->result, err) ||
	    err_in(err, "the child's result");
}

static bool
follow(struct run *run, struct child *child, bool *has_result, struct err *err)
{
	struct work_progress progress = { .phase = "start",
		.progress = SAMPLES_SHARE };

	for (;;) {
		struct slice text;

		switch (child_next(child, LOOK_MS, &text)) {
		case CHILD_LINE:
			if (!read_progress(run, text, &progress, err))
				return false;
			break;
		case CHILD_RESULT:
			if (!read_result(run, text, err))
				return false;
			*has_result = true;
			break;
		case CHILD_NOTHING:
			break;
		case CHILD_ENDED:
			return true;
		}
		if (!run_keep(run, &progress, err))
			return false;
	}
}

static bool
let_child_work(struct run *run, int file, struct err *err)
{
	bool has_result = false, is_good;
	struct err ended = { 0 };
	struct child child;

	if (!child_start_with(&child, WORK_TRAIN, file, err))
		return false;
	is_good = follow(run, &child, &has_result, err);
	if (!is_good)
		child_cancel(&child);
	if (!child_end(&child, is_good ? err : &ended))
		return false;
	if (is_good && !has_result)
		return err_set(err, ERR_INTERNAL, "the child gave no result");
	return is_good;
}

static bool
work(struct run *run, struct err *err)
{
	int file = memfd_create("samples", MFD_CLOEXEC);
	bool is_good;

	if (file == -1)
		return err_os(err, "make a memory file for samples");
	is_good = run_gather(run, file, err) && let_child_work(run, file, err);
	close(file);
	if (is_good && run->result.error != NULL)
		return err_set(err, ERR_INVALID, "%s", run->result.error);
	return is_good && run_finish(run, err);
}

static bool
is_passing(const struct err *err)
{
	return err->code == ERR_UNAVAILABLE || err->code == ERR_DEADLINE ||
	    err->code == ERR_BAD_UPSTREAM || err->code == ERR_NO_ROOM;
}

/* The next attempt comes later, or at once elsewhere when we stop: then this
 * one does not count. */
static bool
put_off(struct run *run, struct err *err)
{
	bool stops = service_is_stopping(run->w->service);

	return work_begin(run->w, NULL, err) &&
	    db_exec(run->w->db, &query_queue_release,
		DB_ARGS(db_text(run->job_id), db_text(run->owner),
		    db_integer(stops ? 0 : AGAIN_SECONDS),
		    db_integer(stops ? 1 : 0)),
		NULL, err) &&
	    work_commit(run->w, err);
}

static bool
fail(struct run *run, const char *why, struct err *err)
{
	struct train_job job;
	size_t ours;

	if (!work_begin(run->w, run->tenant, err) ||
	    !db_exec(run->w->db, &query_queue_finish,
		DB_ARGS(db_text(run->job_id), db_text(run->owner)), &ours, err))
		return false;
	metric_add(&METRIC_TRAININGS, JOB_FAILED, ours);
	return (ours == 0 ||
		   (db_exec(run->w->db, &query_job_fail,
			DB_ARGS(db_text(run->tenant), db_text(run->job_id),
			    db_text(why)),
			NULL, err) &&
		       job_say_end(run->w, run->tenant, run->job_id, &job,
			   err))) &&
	    work_commit(run->w, err);
}

/* What becomes of a job whose work did not come to its end. */
static bool
end_badly(struct run *run, const struct err *why, struct err *err)
{
	db_rollback(run->w->db);
	if (run->is_lost) {
		metric_add(&METRIC_TRAININGS, JOB_CANCELLED, 1);
		log_info("training was cancelled: job=%s", run->job_id);
		return true;
	}
	if (is_passing(why) && run->attempts < ATTEMPTS) {
		log_warn("training was put off: job=%s attempt=%lld error=%s",
		    run->job_id, (long long)run->attempts, why->detail);
		return put_off(run, err);
	}
	log_error("training failed: job=%s error=%s", run->job_id, why->detail);
	return fail(run, why->detail, err);
}

static bool
run_one(struct run *run, bool *again, struct err *err)
{
	struct err why = { 0 };

	if (!begin(run, err))
		return err->code == ERR_NONE;
	*again = true;
	log_info("training began: job=%s attempt=%lld", run->job_id,
	    (long long)run->attempts);
	if (run->attempts > ATTEMPTS)
		err_set(&why, ERR_INTERNAL, "the job was broken off %d times",
		    ATTEMPTS);
	else if (work(run, &why))
		return true;
	return end_badly(run, &why, err);
}

bool
run_jobs(struct worker *w, bool *again, struct err *err)
{
	struct run run = { .w = w };
	bool is_good;

	*again = false;
	arena_init(&run.arena, BLOCK);
	is_good = folders_sweep(w, err) && run_one(&run, again, err);
	arena_close(&run.arena);
	return is_good;
}
