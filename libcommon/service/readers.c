/*
 * readers.c - the event thread: pages of what others tell, each applied in one
 * transaction with its cursor.
 *
 * A reader is due on start, when its publisher's bell rings, every
 * LOOK_US otherwise, and at once again when there was more.  After an error
 * it waits longer each time and loads its cursor anew: whether the commit
 * that failed took place is known to the database only.  The thread also
 * watches what the service needs (needs.c).
 *
 * Several copies of a service follow the same publisher; a page is applied by
 * the one that holds the cursor's row and finds it where the page began.  The
 * others drop their page and stand back for LOOK_US, whatever rings: whoever
 * won goes on, and when it dies one of them takes over from the row.  Only who
 * asks how far the readers are makes one look that stands back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "libcommon/service/queries.h"
#include "observe/metrics.h"
#include "service/inside.h"

#define LOOK_US          (2 * SECOND_US)
#define WATCH_US         (1 * SECOND_US)
#define PAUSE_LEAST_US   (SECOND_US / 10)
#define PAUSE_MOST_US    (5 * SECOND_US)
#define LOOK_PATIENCE_US (3 * SECOND_US)
#define ANSWER_US        (SECOND_US / 4)
#define FETCH_SECONDS    15
#define PAGE_SECONDS     30

void
service_read_now(struct service *service)
{
	pthread_mutex_lock(&service->lock);
	service->read_now = true;
	pthread_cond_signal(&service->reader_wake);
	pthread_mutex_unlock(&service->lock);
}

static void
bell_rang(void *user)
{
	service_read_now(user);
}

bool
readers_listen(struct service *service, struct err *err)
{
	for (size_t i = 0; i < service->reader_count; i++) {
		const char *publisher = service->readers[i].kind->publisher;
		bool is_first = true;

		for (size_t j = 0; j < i; j++)
			is_first = is_first &&
			    strcmp(service->readers[j].kind->publisher,
				publisher) != 0;
		if (is_first &&
		    !bus_listen_bell(service->bus, publisher, bell_rang,
			service, err))
			return false;
	}
	return true;
}

static void
set_cursor(struct reader *reader, const char *cursor)
{
	free(reader->cursor);
	reader->cursor = cursor != NULL ? mem_text(cursor) : NULL;
}

/* What a query of the reader's cursor gives; NULL: no row. */
static bool
query_cursor(struct worker *w, const struct reader *reader,
    const struct query *query, const char **cursor, struct err *err)
{
	struct db_result rows = { 0 };

	if (!db_query(w->db, query, DB_ARGS(db_text(reader->kind->name)), &rows,
		err))
		return false;
	*cursor =
	    rows.row_count > 0 ? db_get_text(&rows, 0, 0, &w->arena) : NULL;
	db_result_close(&rows);
	return true;
}

/* Where the reader is: as remembered, or as the database knows.  A reader that
 * is new there begins before everything. */
static bool
have_cursor(struct worker *w, struct reader *reader, struct err *err)
{
	const char *cursor;

	if (reader->cursor != NULL)
		return true;
	if (!query_cursor(w, reader, &query_reader_cursor_load, &cursor, err))
		return false;
	if (cursor == NULL &&
	    (!db_exec(w->db, &query_reader_cursor_begin,
		 DB_ARGS(db_text(reader->kind->name)), NULL, err) ||
		!query_cursor(w, reader, &query_reader_cursor_load, &cursor,
		    err)))
		return false;
	set_cursor(reader, cursor);
	return cursor != NULL ||
	    err_set(err, ERR_UNAVAILABLE, "the cursor was taken away");
}

static bool
fetch(struct worker *w, const struct reader *reader, struct slice *body,
    struct err *err)
{
	const struct reader_kind *kind = reader->kind;
	struct ask question = { .peer = kind->publisher,
		.method = "GET",
		.target = arena_printf(&w->arena, "%s%cafter=%s&limit=%d",
		    kind->target, strchr(kind->target, '?') != NULL ? '&' : '?',
		    reader->cursor, kind->limit),
		.seconds = FETCH_SECONDS };
	struct answer answer;

	if (!ask(w, &question, &answer, err))
		return false;
	*body = answer.body;
	return true;
}

/* Hold the cursor until the transaction ends.  Not ours: another copy holds
 * it, or has moved it since the page was asked for. */
static bool
hold_cursor(struct worker *w, const struct reader *reader, bool *is_ours,
    struct err *err)
{
	const char *cursor;

	if (!query_cursor(w, reader, &query_reader_cursor_hold, &cursor, err))
		return false;
	*is_ours = cursor != NULL && strcmp(cursor, reader->cursor) == 0;
	return true;
}

static bool
apply_held(struct worker *w, struct reader *reader, struct reader_page *page,
    struct err *err)
{
	if (!reader->kind->apply(w, page, err))
		return false;
	must(page->next != NULL);
	if (strcmp(page->next, reader->cursor) == 0) {
		db_rollback(w->db);
		return page->count == 0 ||
		    err_set(err, ERR_BAD_UPSTREAM,
			"%s told entries without going on from %s",
			reader->kind->publisher, page->next);
	}
	if (!db_exec(w->db, &query_reader_cursor_move,
		DB_ARGS(db_text(reader->kind->name), db_text(page->next)), NULL,
		err) ||
	    !work_commit(w, err))
		return false;
	set_cursor(reader, page->next);
	return true;
}

static bool
apply(struct worker *w, struct reader *reader, struct reader_page *page,
    bool *is_ours, struct err *err)
{
	return work_begin(w, NULL, err) &&
	    hold_cursor(w, reader, is_ours, err) &&
	    (!*is_ours || apply_held(w, reader, page, err));
}

/* It has not looked since, and was not behind, or another copy was at it. */
bool
reader_is_unsure(const struct reader *reader, int64_t asked)
{
	return reader->looked < asked && reader->error[0] == '\0' &&
	    (reader->lag == 0 || reader->stands_back);
}

static bool
is_any_unsure(const struct service *service, int64_t asked)
{
	for (size_t i = 0; i < service->reader_count; i++)
		if (reader_is_unsure(&service->readers[i], asked))
			return true;
	return false;
}

int64_t
readers_look(struct service *service, int64_t deadline)
{
	int64_t asked = clock_ticks();
	int64_t until = asked + LOOK_PATIENCE_US < deadline - ANSWER_US
	    ? asked + LOOK_PATIENCE_US
	    : deadline - ANSWER_US;
	struct timespec moment = { .tv_sec = until / SECOND_US,
		.tv_nsec = until % SECOND_US * 1000 };
	int code = 0;

	pthread_mutex_lock(&service->lock);
	service->asked = asked;
	pthread_mutex_unlock(&service->lock);
	service_read_now(service);
	pthread_mutex_lock(&service->lock);
	while (is_any_unsure(service, asked) && code != ETIMEDOUT)
		code = pthread_cond_timedwait(&service->reader_looked,
		    &service->lock, &moment);
	pthread_mutex_unlock(&service->lock);
	return asked;
}

static void
note_progress(struct worker *w, struct reader *reader,
    const struct reader_page *page, int64_t began)
{
	pthread_mutex_lock(&w->service->lock);
	reader->lag = page->remaining > 0 ? page->remaining : page->more;
	reader->oldest = page->more ? page->oldest : 0;
	reader->looked = began;
	reader->error[0] = '\0';
	reader->stands_back = false;
	pthread_cond_broadcast(&w->service->reader_looked);
	pthread_mutex_unlock(&w->service->lock);
	/* It has just answered. */
	atomic_store(&w->service->is_database_away, false);
	reader->pause = 0;
	reader->due = page->more ? 0 : clock_ticks() + LOOK_US;
	metric_add(&METRIC_EVENTS, 0, page->count);
	metric_set(&METRIC_READER_LAG, 0, (double)reader->lag);
	if (reader->kind->applied != NULL && page->count > 0)
		reader->kind->applied(w);
}

/* Another copy is at it: there is something.  Where it is then, the database
 * knows. */
static void
stand_back(struct worker *w, struct reader *reader, int64_t began)
{
	pthread_mutex_lock(&w->service->lock);
	reader->lag = reader->lag > 0 ? reader->lag : 1;
	reader->looked = began;
	reader->error[0] = '\0';
	reader->stands_back = true;
	pthread_cond_broadcast(&w->service->reader_looked);
	pthread_mutex_unlock(&w->service->lock);
	set_cursor(reader, NULL);
	reader->pause = LOOK_US;
	reader->due = clock_ticks() + LOOK_US;
}

static void
note_error(struct worker *w, struct reader *reader, const struct err *err)
{
	bool is_new;

	needs_note(w->service, err);
	pthread_mutex_lock(&w->service->lock);
	is_new = strcmp(reader->error, err->detail) != 0;
	snprintf(reader->error, sizeof(reader->error), "%s", err->detail);
	reader->stands_back = false;
	pthread_cond_broadcast(&w->service->reader_looked);
	pthread_mutex_unlock(&w->service->lock);
	set_cursor(reader, NULL);
	reader->pause = reader->pause == 0 ? PAUSE_LEAST_US : 2 * reader->pause;
	if (reader->pause > PAUSE_MOST_US)
		reader->pause = PAUSE_MOST_US;
	reader->due = clock_ticks() + reader->pause;
	if (is_new)
		log_warn("page was not applied: reader=%s error=%s",
		    reader->kind->name, err->detail);
}

static void
read_page(struct worker *w, struct reader *reader)
{
	struct reader_page page = { 0 };
	int64_t began = clock_ticks();
	bool is_ours = false;
	struct err err = { 0 };

	db_deadline(w->db, clock_ticks() + PAGE_SECONDS * SECOND_US);
	if (!have_cursor(w, reader, &err) ||
	    !fetch(w, reader, &page.body, &err) ||
	    !apply(w, reader, &page, &is_ours, &err))
		note_error(w, reader, &err);
	else if (!is_ours)
		stand_back(w, reader, began);
	else
		note_progress(w, reader, &page, began);
	db_rollback(w->db);
	db_deadline(w->db, 0);
	w->said = false;
	worker_clear(w);
}

static bool
is_due(struct service *service, const struct reader *reader, bool was_woken)
{
	bool is_asked;

	if (clock_ticks() >= reader->due || (was_woken && reader->pause == 0))
		return true;
	pthread_mutex_lock(&service->lock);
	is_asked = reader->looked < service->asked;
	pthread_mutex_unlock(&service->lock);
	return is_asked && reader->stands_back;
}

/* A page of each reader that is due; returns when the next one is. */
static int64_t
read_pages(struct worker *w, bool was_woken)
{
	struct service *service = w->service;
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < service->reader_count; i++) {
		struct reader *reader = &service->readers[i];

		if (service_is_stopping(service))
			return INT64_MAX;
		if (is_due(service, reader, was_woken))
			read_page(w, reader);
		next = reader->due < next ? reader->due : next;
	}
	return next;
}

/* Wait until `due` or a wake; true: was woken. */
static bool
wait_for_wake(struct service *service, int64_t due)
{
	struct timespec until = { .tv_sec = due / SECOND_US,
		.tv_nsec = due % SECOND_US * 1000 };
	bool was_woken;
	int code = 0;

	pthread_mutex_lock(&service->lock);
	while (!service->read_now && !service_is_stopping(service) &&
	    code != ETIMEDOUT)
		code = pthread_cond_timedwait(&service->reader_wake,
		    &service->lock, &until);
	was_woken = service->read_now;
	service->read_now = false;
	pthread_mutex_unlock(&service->lock);
	return was_woken;
}

void *
event_thread(void *user)
{
	struct service *service = user;
	int64_t watch_due = 0;
	bool was_woken = false;
	struct worker w;

	worker_init(&w, service);
	while (!service_is_stopping(service)) {
		int64_t next = INT64_MAX;

		if (clock_ticks() >= watch_due) {
			needs_watch(&w);
			bus_watch(service->bus);
			watch_due = clock_ticks() + WATCH_US;
		}
		if (need_is_met(service, "migrations"))
			next = read_pages(&w, was_woken);
		was_woken =
		    wait_for_wake(service, next < watch_due ? next : watch_due);
	}
	for (size_t i = 0; i < service->reader_count; i++)
		free(service->readers[i].cursor);
	worker_close(&w);
	thread_ended(service);
	return NULL;
}
