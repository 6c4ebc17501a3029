/*
 * import_job.c - works imports off, one after another; and the daemon's
 * upkeep.  One copy at a time by the job's lock; should two ever meet, the
 * place of the task decides (move_import_task).
 */
#include <stdio.h>

#include "base/log.h"
#include "db/row.h"
#include "services/ingestion/import_run.h"
#include "services/ingestion/ingestion.h"
#include "services/ingestion/queries.h"

enum { CHUNK_ARENA = 1 << 20, ATTEMPTS_MOST = 5 };

static const struct bundle_limits limits = {
	.unpacked_most = UINT64_C(8) << 30,
	.ratio_most = 250,
};

/* What the queue holds of an import. */
struct task {
	const char *upload_id, *name; /* borrowed: the worker's arena */
	int64_t parts, size;
	int64_t attempts; /* this one included, since the place moved */
};

static bool
end_import(struct import_run *run, enum import_state state, const char *why,
    struct err *err)
{
	struct db *db = run->w->db;
	struct import import = { 0 };
	struct db_value tenant = db_text(run->tenant), id = db_text(run->id);

	db_rollback(db);
	arena_reset(&run->arena);
	if (!work_begin(run->w, run->tenant, err) ||
	    !db_exec(db, &query_finish_import,
		DB_ARGS(tenant, id, db_integer(state), db_text(why)), NULL,
		err) ||
	    !db_exec(db, &query_end_import_task, DB_ARGS(id), NULL, err) ||
	    !db_exec(db, &query_drop_upload, DB_ARGS(db_text(run->upload.id)),
		NULL, err) ||
	    !db_read_one(db, &query_get_import, DB_ARGS(tenant, id),
		&import_message, &run->arena, &import, err) ||
	    !say(run->w, "import.finished", run->tenant, run->id,
		&import_message, &import, err) ||
	    !work_commit(run->w, err))
		return false;
	log_info("import ended: import=%s state=%s rows=%lld refused=%lld",
	    run->id, import_state_choice.names[state], (long long)import.rows,
	    (long long)import.refused);
	return true;
}

static bool
start_import(struct import_run *run, enum import_format format, struct err *err)
{
	struct worker *w = run->w;

	return work_begin(w, run->tenant, err) &&
	    db_exec(w->db, &query_start_import,
		DB_ARGS(db_text(run->tenant), db_text(run->id),
		    db_integer(format)),
		NULL, err) &&
	    work_commit(w, err);
}

/* The names that are known come first: of many others the last are cut. */
static bool
refuse_names(const struct bundle *bundle, struct err *err)
{
	struct buf known = { 0 }, others = { 0 };

	own_form_names(&known);
	for (size_t i = 0; i < bundle->file_count; i++)
		buf_printf(&others, "%s%s", i > 0 ? ", " : "",
		    bundle->files[i].name);
	err_set(err, ERR_INVALID,
	    "no file of the import has a name that is known: those are %s and "
	    "the OULAD's (docs/data-formats.md), not %s",
	    known.data, others.size > 0 ? others.data : "none at all");
	buf_close(&known);
	buf_close(&others);
	return false;
}

static bool
work_off(struct import_run *run, struct err *err)
{
	if (is_oulad(&run->bundle))
		return start_import(run, FORMAT_OULAD, err) &&
		    import_oulad(run, err);
	if (is_own_form(&run->bundle))
		return start_import(run, FORMAT_CSV, err) &&
		    import_own_form(run, err);
	return refuse_names(&run->bundle, err);
}

/* What may go well another time - a database or room that is wanting, two
 * transactions in each other's way - puts an import off; all else ends it. */
static bool
is_put_off(const struct err *fault)
{
	return fault->code == ERR_UNAVAILABLE || fault->code == ERR_DEADLINE ||
	    fault->code == ERR_NO_ROOM || fault->retry_after > 0;
}

/* A run that was left in good order was no attempt.  A database that is away
 * cannot be told; it will not count the next one either (taken_by). */
static void
excuse(struct import_run *run)
{
	struct db *db = run->w->db;
	struct err err = { 0 };

	db_rollback(db);
	if (!db_exec(db, &query_excuse_import_task, DB_ARGS(db_text(run->id)),
		NULL, &err))
		log_warn("attempt stays counted: import=%s error=%s", run->id,
		    err.detail);
}

static void
describe(const struct err *fault, char text[512])
{
	if (fault->code == ERR_INTERNAL) {
		log_error("import failed: error=%s", fault->detail);
		snprintf(text, 512, "something failed here; see the log");
	} else {
		snprintf(text, 512, "%s", fault->detail);
	}
}

static bool
settle_import(struct import_run *run, struct err *fault, struct err *err)
{
	char why[512];

	if (fault->code == ERR_NONE && !run->is_stopped)
		return end_import(run, IMPORT_DONE, NULL, err);
	if (fault->code == ERR_NONE && !service_is_stopping(run->w->service))
		return end_import(run, IMPORT_CANCELLED, NULL, err);
	if (fault->code == ERR_NONE || is_put_off(fault)) {
		excuse(run);
		*err = *fault;
		return fault->code == ERR_NONE;
	}
	describe(fault, why);
	return end_import(run, IMPORT_FAILED, why, err);
}

/* Open the upload, work it off, and say in `fault` how that went. */
static void
try_task(struct import_run *run, const struct task *task, struct err *fault)
{
	if (task->attempts > ATTEMPTS_MOST) {
		(void)err_set(fault, ERR_INVALID,
		    "given up after %d attempts that got no further than line "
		    "%lld of step %lld: each ended the service; its log says "
		    "how.  What was stored before stays",
		    ATTEMPTS_MOST, (long long)run->place.line,
		    (long long)run->place.step);
		return;
	}
	if (!upload_open(&run->upload, run->w->db, run->tenant, task->upload_id,
		task->parts, task->size, fault))
		return;
	if (bundle_open(&run->bundle, upload_source(&run->upload), task->name,
		&limits, fault)) {
		if (!work_off(run, fault))
			must(fault->code != ERR_NONE);
		bundle_close(&run->bundle);
	}
	upload_close(&run->upload);
}

static bool
run_task(struct import_run *run, const struct task *task, struct err *err)
{
	struct err fault = { 0 };

	run->upload.id = task->upload_id;
	run->bytes_unheard = UINT64_MAX / 2; /* listen before the first row */
	occurrences_init(&run->seen);
	arena_init(&run->keep, CHUNK_ARENA);
	arena_init(&run->arena, CHUNK_ARENA);
	try_task(run, task, &fault);
	occurrences_close(&run->seen);
	(void)settle_import(run, &fault, err);
	arena_close(&run->keep);
	arena_close(&run->arena);
	return err->code == ERR_NONE;
}

/* What the caller called the upload. */
static bool
read_name(struct worker *w, const char *tenant, const char *id,
    const char **name, struct err *err)
{
	struct import import = { 0 };

	if (!work_begin(w, tenant, err) ||
	    !db_read_one(w->db, &query_get_import,
		DB_ARGS(db_text(tenant), db_text(id)), &import_message,
		&w->arena, &import, err) ||
	    !work_commit(w, err))
		return false;
	*name = import.file_name != NULL ? import.file_name : "import.zip";
	return true;
}

/* The next import of the queue, in a transaction of its own; `*is_there`
 * false: none waits. */
static bool
take_task(struct import_run *run, struct task *task, bool *is_there,
    struct err *err)
{
	struct arena *arena = &run->w->arena;
	struct db_result result = { 0 };

	if (!db_query(run->w->db, &query_take_import_task,
		DB_ARGS(db_text(run->w->state)), &result, err))
		return false;
	*is_there = result.row_count > 0;
	if (*is_there) {
		run->id = db_get_text(&result, 0, 0, arena);
		run->tenant = db_get_text(&result, 0, 1, arena);
		run->place = (struct import_place){
			db_get_integer(&result, 0, 5),
			db_get_integer(&result, 0, 6),
			db_get_integer(&result, 0, 7),
		};
		*task = (struct task){
			.upload_id = db_get_text(&result, 0, 2, arena),
			.parts = db_get_integer(&result, 0, 3),
			.size = db_get_integer(&result, 0, 4),
			.attempts = db_get_integer(&result, 0, 8),
		};
	}
	db_result_close(&result);
	return true;
}

bool
run_imports(struct worker *w, bool *again, struct err *err)
{
	struct import_run run = { .w = w };
	struct task task;
	bool is_there;

	*again = false;
	if (!take_task(&run, &task, &is_there, err))
		return false;
	if (!is_there)
		return true;
	log_info("import was taken up: import=%s step=%lld attempt=%lld",
	    run.id, (long long)run.place.step, (long long)task.attempts);
	if (!read_name(w, run.tenant, run.id, &task.name, err)) {
		excuse(&run);
		return false;
	}
	*again = run_task(&run, &task, err);
	return *again;
}

bool
keep_house(struct worker *w, bool *again, struct err *err)
{
	struct db_result result = { 0 };

	*again = false;
	if (!db_query(w->db, &query_make_partitions, DB_NO_ARGS, &result, err))
		return false;
	db_result_close(&result);
	return db_exec(w->db, &query_drop_old_batches, DB_NO_ARGS, NULL, err) &&
	    db_exec(w->db, &query_drop_stray_uploads, DB_NO_ARGS, NULL, err);
}
