/*
 * tracking.c - the table of what is to be told, and the job that tells it.
 *
 *	take	the first row; nothing is open in the database afterwards
 *	tell	whatever is to be said so that the server knows (tracked.h)
 *	note	the row is gone, or is put off; if the thing was wanted anew
 *		meanwhile, it stays
 *
 * A kill anywhere leaves the row, and telling again finds what is there.
 */
#include "services/training/tracking.h"

#include <string.h>

#include "base/backoff.h"
#include "base/log.h"
#include "services/training/queries.h"
#include "services/training/tracked.h"

enum { PAUSE_FIRST = 1, PAUSE_MOST = 300, DAY_MS = 24 * 3600 * 1000 };
enum outcome { OUTCOME_TOLD, OUTCOME_PUT_OFF, OUTCOME_REFUSED };
enum waiting { WAITING_STILL, WAITING_REFUSED };

/* A row in hand; texts are in the worker's arena. */
struct task {
	const char *tenant, *kind, *name;
	int64_t wanted;
	int64_t attempts; /* before this one */
};

bool
tracking_want(struct worker *w, const char *tenant, const char *kind,
    const char *name, struct err *err)
{
	return !mlflow_is_on(w->settings) ||
	    db_exec(w->db, &query_tracking_want,
		DB_ARGS(db_text(tenant), db_text(kind), db_text(name)), NULL,
		err);
}

/* False without an error: nothing is due. */
static bool
take(struct worker *w, struct task *task, struct err *err)
{
	struct db_result rows = { 0 };

	*task = (struct task){ 0 };
	if (!work_begin(w, NULL, err) ||
	    !db_query(w->db, &query_tracking_take, DB_NO_ARGS, &rows, err))
		return false;
	if (rows.row_count > 0)
		*task = (struct task){
			.tenant = db_get_text(&rows, 0, 0, &w->arena),
			.kind = db_get_text(&rows, 0, 1, &w->arena),
			.name = db_get_text(&rows, 0, 2, &w->arena),
			.wanted = db_get_integer(&rows, 0, 3),
			.attempts = db_get_integer(&rows, 0, 4),
		};
	db_result_close(&rows);
	return work_commit(w, err) && task->tenant != NULL;
}

static bool
tell(struct worker *w, const struct task *task, struct err *err)
{
	struct mlflow m;
	bool is_told;

	mlflow_init(&m, w);
	is_told = strcmp(task->kind, TRACKED_JOB) == 0
	    ? tell_job(&m, task->tenant, task->name, err)
	    : tell_alias(&m, task->tenant, task->name, err);
	mlflow_close(&m);
	return is_told;
}

static bool
note_told(struct worker *w, const struct task *task, struct err *err)
{
	metric_add(&METRIC_TRACKING, OUTCOME_TOLD, 1);
	log_info("tracking server was told: kind=%s name=%s", task->kind,
	    task->name);
	return work_begin(w, NULL, err) &&
	    db_exec(w->db, &query_tracking_done,
		DB_ARGS(db_text(task->tenant), db_text(task->kind),
		    db_text(task->name), db_integer(task->wanted)),
		NULL, err) &&
	    work_commit(w, err);
}

static bool
note_failed(struct worker *w, const struct task *task, const struct err *why,
    struct err *err)
{
	bool is_refused = why->code == ERR_INVALID;
	int64_t pause = is_refused
	    ? DAY_MS
	    : backoff_ms(PAUSE_FIRST, PAUSE_MOST, task->attempts + 1);

	metric_add(&METRIC_TRACKING,
	    is_refused ? OUTCOME_REFUSED : OUTCOME_PUT_OFF, 1);
	log_warn("telling the tracking server was put off: kind=%s name=%s "
		 "attempt=%lld pause_ms=%lld error=%s",
	    task->kind, task->name, (long long)task->attempts + 1,
	    (long long)pause, why->detail);
	return work_begin(w, NULL, err) &&
	    db_exec(w->db, &query_tracking_put_off,
		DB_ARGS(db_text(task->tenant), db_text(task->kind),
		    db_text(task->name), db_integer(task->wanted),
		    db_text(why->detail), db_flag(is_refused),
		    db_integer(pause)),
		NULL, err) &&
	    work_commit(w, err);
}

/* A need that is always met: it says how things stand, and is in nobody's
 * way. */
static bool
show(struct worker *w, struct err *err)
{
	struct db_result row = { 0 };
	int64_t waiting, refused;
	const char *error;

	if (!work_begin(w, NULL, err) ||
	    !db_query(w->db, &query_tracking_waiting, DB_NO_ARGS, &row, err))
		return false;
	waiting = db_get_integer(&row, 0, 0);
	refused = db_get_integer(&row, 0, 1);
	error = db_get_text(&row, 0, 2, &w->arena);
	db_result_close(&row);
	metric_set(&METRIC_TRACKING_WAITING, WAITING_STILL, (double)waiting);
	metric_set(&METRIC_TRACKING_WAITING, WAITING_REFUSED, (double)refused);
	service_need(w->service, "tracking server", true,
	    waiting + refused == 0
		? ""
		: arena_printf(&w->arena,
		      "%lld wait to be told, %lld were refused: %s",
		      (long long)waiting, (long long)refused,
		      error != NULL ? error : "not tried yet"));
	return work_commit(w, err);
}

static bool
tell_and_note(struct worker *w, const struct task *task, bool *again,
    struct err *err)
{
	struct err why = { 0 };

	if (tell(w, task, &why)) {
		*again = true;
		return note_told(w, task, err);
	}
	db_rollback(w->db);
	/* Broken off by ourselves: the next start does it again. */
	if (service_is_stopping(w->service))
		return true;
	*again = why.code == ERR_INVALID;
	return note_failed(w, task, &why, err);
}

bool
tracking_tell(struct worker *w, bool *again, struct err *err)
{
	struct task task;

	*again = false;
	if (!mlflow_is_on(w->settings))
		return true;
	if (take(w, &task, err) && !tell_and_note(w, &task, again, err))
		return false;
	return err->code == ERR_NONE && show(w, err);
}
