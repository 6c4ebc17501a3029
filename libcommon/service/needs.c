/*
 * needs.c - what a service needs before it is ready: database, migrations,
 * and what the service itself names.  A cache is no need: everything works
 * without.  While the database does not answer the watch, calls are not kept
 * waiting for it: what needs it is unavailable at once.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "libcommon/service/queries.h"
#include "service/inside.h"

#define WATCH_PATIENCE_US (3 * SECOND_US)
#define STARTING_US       (1 * SECOND_US)

static struct need *
find_need(struct service *service, const char *name)
{
	for (size_t i = 0; i < service->need_count; i++)
		if (strcmp(service->needs[i].name, name) == 0)
			return &service->needs[i];
	return NULL;
}

/* The need, new and unmet when it was not there. */
static struct need *
have_need(struct service *service, const char *name)
{
	struct need *need = find_need(service, name);

	if (need != NULL)
		return need;
	must(service->need_count < NEEDS_MOST);
	need = &service->needs[service->need_count++];
	snprintf(need->name, sizeof(need->name), "%s", name);
	need->since = clock_now();
	return need;
}

void
service_need(struct service *service, const char *name, bool met,
    const char *detail)
{
	bool has_changed;

	pthread_mutex_lock(&service->lock);
	struct need *need = have_need(service, name);

	has_changed = need->is_met != met;
	if (has_changed)
		need->since = clock_now();
	need->is_met = met;
	snprintf(need->detail, sizeof(need->detail), "%s",
	    detail == NULL ? "" : detail);
	pthread_cond_broadcast(&service->need_changed);
	pthread_mutex_unlock(&service->lock);
	if (has_changed && met)
		log_info("need was met: need=%s", name);
	else if (has_changed)
		log_warn("need was lost: need=%s reason=%s", name,
		    detail != NULL ? detail : "");
}

bool
is_ready(struct service *service)
{
	bool is_ready = !service_is_stopping(service);

	pthread_mutex_lock(&service->lock);
	for (size_t i = 0; i < service->need_count; i++)
		is_ready = is_ready && service->needs[i].is_met;
	pthread_mutex_unlock(&service->lock);
	return is_ready;
}

/* Under the lock. */
static bool
is_met(struct service *service, const char *name)
{
	const struct need *need = find_need(service, name);

	return need == NULL || need->is_met;
}

bool
need_is_met(struct service *service, const char *name)
{
	bool is_so;

	pthread_mutex_lock(&service->lock);
	is_so = is_met(service, name);
	pthread_mutex_unlock(&service->lock);
	return is_so;
}

bool
need_is_met_soon(struct service *service, const char *name)
{
	int64_t until = service->began + STARTING_US;
	struct timespec moment = { .tv_sec = until / SECOND_US,
		.tv_nsec = until % SECOND_US * 1000 };
	bool is_so;
	int code = 0;

	pthread_mutex_lock(&service->lock);
	while (!(is_so = is_met(service, name)) && code != ETIMEDOUT)
		code = pthread_cond_timedwait(&service->need_changed,
		    &service->lock, &moment);
	pthread_mutex_unlock(&service->lock);
	return is_so;
}

size_t
needs_copy(struct service *service, struct arena *arena,
    struct need_status **needs)
{
	size_t count;

	pthread_mutex_lock(&service->lock);
	count = service->need_count;
	*needs = arena_array(arena, count, sizeof(**needs));
	for (size_t i = 0; i < count; i++) {
		const struct need *need = &service->needs[i];

		(*needs)[i].name = arena_copy(arena, need->name);
		(*needs)[i].met = need->is_met;
		if (need->detail[0] != '\0')
			(*needs)[i].detail = arena_copy(arena, need->detail);
		(*needs)[i].since = need->since;
	}
	pthread_mutex_unlock(&service->lock);
	return count;
}

static bool
database_answers(struct worker *w, struct err *err)
{
	struct db_result result = { 0 };

	if (!db_query(w->db, &query_work_alive, DB_NO_ARGS, &result, err))
		return false;
	db_result_close(&result);
	return true;
}

void
needs_note(struct service *service, const struct err *err)
{
	if (err->code == ERR_NO_ROOM)
		service_need(service, "room", false, err->detail);
}

/* Whether something can be written: a few megabytes that go again.  Like the
 * failure that made us ask, of the database's own disk. */
static bool
database_has_room(struct worker *w, struct err *err)
{
	struct db_result small = { 0 }, result = { 0 };
	bool has_room = work_begin(w, NULL, err) &&
	    db_query(w->db, &query_room_memory, DB_NO_ARGS, &small, err) &&
	    db_query(w->db, &query_room_probe, DB_NO_ARGS, &result, err);

	db_result_close(&small);
	db_result_close(&result);
	db_rollback(w->db);
	return has_room;
}

void
needs_watch(struct worker *w)
{
	struct migrations sets[2];
	struct err err = { 0 };
	bool answers;

	if (w->db == NULL)
		return;
	db_deadline(w->db, clock_ticks() + WATCH_PATIENCE_US);
	/* A connection that broke says nothing of the next one. */
	answers = database_answers(w, &err);
	if (!answers) {
		db_deadline(w->db, clock_ticks() + WATCH_PATIENCE_US);
		answers = database_answers(w, &err);
	}
	if (answers)
		err_clear(&err);
	atomic_store(&w->service->is_database_away, !answers);
	service_need(w->service, "database", answers, err.detail);
	/* Once met it stays: a program does not grow migrations. */
	if (err.code == ERR_NONE && !need_is_met(w->service, "migrations"))
		service_need(w->service, "migrations",
		    migrate_check(w->db, sets, migration_sets(w->service, sets),
			&err),
		    err.detail);
	if (err.code == ERR_NONE && !need_is_met(w->service, "room"))
		service_need(w->service, "room", database_has_room(w, &err),
		    err.detail);
	db_deadline(w->db, 0);
}
