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

enum { CHUNK_ARENA = 1 << 20 };

static const struct bundle_limits limits = {
	.unpacked_most = UINT64_C(8) << 30,
	.ratio_most = 250,
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

static bool
work_off(struct import_run *run, struct err *err)
{
	if (is_oulad(&run->bundle))
		return start_import(run, FORMAT_OULAD, err) &&
		    import_oulad(run, err);
	if (is_own_form(&run->bundle))
		return start_import(run, FORMAT_CSV, err) &&
		    import_own_form(run, err);
	return err_set(err, ERR_INVALID,
	    "no file of the import has a name that is known; see "
	    "docs/data-formats.md");
}

/* Want of a database, or of room, puts an import off; all else ends it. */
static bool
is_put_off(enum err_code code)
{
	return code == ERR_UNAVAILABLE || code == ERR_DEADLINE ||
	    code == ERR_NO_ROOM;
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
	if (fault->code == ERR_NONE)
		return service_is_stopping(run->w->service) ||
		    end_import(run, IMPORT_CANCELLED, NULL, err);
	if (is_put_off(fault->code)) {
		*err = *fault;
		return false;
	}
	describe(fault, why);
	return end_import(run, IMPORT_FAILED, why, err);
}

static bool
run_task(struct import_run *run, const char *upload_id, const char *file_name,
    int64_t parts, int64_t size, struct err *err)
{
	struct err fault = { 0 };

	run->upload.id = upload_id;
	occurrences_init(&run->seen);
	arena_init(&run->keep, CHUNK_ARENA);
	arena_init(&run->arena, CHUNK_ARENA);
	if (upload_open(&run->upload, run->w->db, run->tenant, upload_id, parts,
		size, &fault)) {
		if (bundle_open(&run->bundle, upload_source(&run->upload),
			file_name, &limits, &fault)) {
			if (!work_off(run, &fault))
				must(fault.code != ERR_NONE);
			bundle_close(&run->bundle);
		}
		upload_close(&run->upload);
	}
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

bool
run_imports(struct worker *w, bool *again, struct err *err)
{
	struct import_run run = { .w = w };
	struct db_result result = { 0 };
	const char *upload_id, *name;
	int64_t parts, size;

	*again = false;
	if (!db_query(w->db, &query_next_import_task, DB_NO_ARGS, &result, err))
		return false;
	if (result.row_count == 0) {
		db_result_close(&result);
		return true;
	}
	run.id = db_get_text(&result, 0, 0, &w->arena);
	run.tenant = db_get_text(&result, 0, 1, &w->arena);
	upload_id = db_get_text(&result, 0, 2, &w->arena);
	parts = db_get_integer(&result, 0, 3);
	size = db_get_integer(&result, 0, 4);
	run.place = (struct import_place){ db_get_integer(&result, 0, 5),
		db_get_integer(&result, 0, 6), db_get_integer(&result, 0, 7) };
	db_result_close(&result);
	log_info("import was taken up: import=%s step=%lld", run.id,
	    (long long)run.place.step);
	*again = read_name(w, run.tenant, run.id, &name, err) &&
	    run_task(&run, upload_id, name, parts, size, err);
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
