/* imports.c - the routes of imports; import_job.c does the work. */
#include "base/uuid.h"
#include "db/row.h"
#include "service/lists.h"
#include "services/ingestion/ingestion.h"
#include "services/ingestion/queries.h"
#include "services/ingestion/uploads.h"

static bool
read_import(struct worker *w, struct call *call, const char *id,
    struct import *import, struct err *err)
{
	struct db_value tenant = db_text(call->head->tenant);
	void *rows;

	if (!db_read_one(w->db, &query_get_import, DB_ARGS(tenant, db_text(id)),
		&import_message, call->arena, import, err))
		return tell_missing(err, "import", id);
	if (!db_read_many(w->db, &query_import_files,
		DB_ARGS(tenant, db_text(id)), &import_file_message, call->arena,
		&rows, &import->files_count, err))
		return false;
	import->files = rows;
	if (!db_read_many(w->db, &query_import_faults,
		DB_ARGS(tenant, db_text(id)), &problem_place_message,
		call->arena, &rows, &import->errors_count, err))
		return false;
	import->errors = rows;
	return true;
}

bool
get_import(struct worker *w, struct call *call, struct err *err)
{
	struct import import = { 0 };

	return read_import(w, call, call_path(call, "id"), &import, err) &&
	    reply(call, 200, &import_message, &import);
}

bool
list_imports(struct worker *w, struct call *call, struct err *err)
{
	struct list_question question = { 0 };
	struct import_list list = { 0 };
	int64_t limit;
	void *items;

	if (!call_read(call, &question, err))
		return false;
	limit = question.has_limit ? question.limit : LIST_USUAL;
	if (!db_read_many(w->db, &query_list_imports,
		DB_ARGS(db_text(call->head->tenant), db_text(question.cursor),
		    db_integer(limit + 1)),
		&import_message, call->arena, &items, &list.items_count, err))
		return false;
	list.items = items;
	if (list_cut(&list.items_count, limit))
		list.next = list.items[limit - 1].id;
	return reply(call, 200, &import_list_message, &list);
}

static bool
is_taken(struct worker *w, const char *upload_id, bool *taken, struct err *err)
{
	struct db_result result = { 0 };

	if (!db_query(w->db, &query_is_uploaded, DB_ARGS(db_text(upload_id)),
		&result, err))
		return false;
	*taken = db_get_flag(&result, 0, 0);
	db_result_close(&result);
	return true;
}

static void
wake_job(struct worker *w, struct call *call)
{
	(void)call;
	service_wake(w->service);
}

static bool
queue(struct worker *w, struct call *call,
    const struct upload_reference *upload, const char *id, struct err *err)
{
	struct db_value tenant = db_text(call->head->tenant);

	return db_exec(w->db, &query_create_import,
		   DB_ARGS(db_text(id), tenant, db_text(upload->file_name),
		       db_text(call->head->principal)),
		   NULL, err) &&
	    db_exec(w->db, &query_create_import_task,
		DB_ARGS(db_text(id), tenant, db_text(upload->upload_id),
		    db_integer(upload->parts), db_integer(upload->size)),
		NULL, err);
}

bool
create_import(struct worker *w, struct call *call, struct err *err)
{
	struct upload_reference reference = { 0 };
	struct upload upload;
	struct import import = { 0 };
	char id[UUID_TEXT_SIZE];
	bool taken;

	if (!call_read(call, &reference, err) ||
	    !upload_open(&upload, w->db, call->head->tenant,
		reference.upload_id, reference.parts, reference.size, err))
		return false;
	upload_close(&upload);
	if (!is_taken(w, reference.upload_id, &taken, err))
		return false;
	if (taken)
		return err_set(err, ERR_CONFLICT,
		    "this upload is being imported already");
	uuid_make(id);
	if (!queue(w, call, &reference, id, err) ||
	    !read_import(w, call, id, &import, err))
		return false;
	call->after = wake_job;
	call->answer.location =
	    arena_printf(call->arena, "/api/v1/imports/%s", id);
	return reply(call, 202, &import_message, &import);
}

bool
cancel_import(struct worker *w, struct call *call, struct err *err)
{
	const char *id = call_path(call, "id");
	struct import import = { 0 };
	size_t asked;

	if (!db_exec(w->db, &query_cancel_import,
		DB_ARGS(db_text(call->head->tenant), db_text(id)), &asked,
		err) ||
	    !read_import(w, call, id, &import, err))
		return false;
	if (asked == 0)
		return err_set(err, ERR_CONFLICT, "the import has ended");
	call->after = wake_job;
	return reply(call, 202, &import_message, &import);
}
