/*
 * models.c - the registry: list, one model, its file, its report.
 *
 * {version} may be an alias, a full version, or so many of its first digits,
 * at least 8, that no other begins with them.
 */
#include "db/row.h"
#include "services/training/queries.h"
#include "services/training/training.h"

enum { PAGE = 50 };

bool
model_version_of(struct worker *w, const char *tenant, const char *name,
    const char **version, struct err *err)
{
	struct db_result result = { 0 };

	if (!db_query(w->db, &query_model_named,
		DB_ARGS(db_text(tenant), db_text(name)), &result, err))
		return false;
	if (result.row_count == 1)
		*version = db_get_text(&result, 0, 0, &w->arena);
	else if (result.row_count == 0)
		err_set(err, ERR_NOT_FOUND,
		    "there is no model %.64s: name an alias, a version, or at "
		    "least its first 8 digits",
		    name);
	else
		err_set(err, ERR_CONFLICT,
		    "several models begin with %.64s: give more digits", name);
	db_result_close(&result);
	return err->code == ERR_NONE;
}

bool
get_model(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant, *version;
	struct model_row *rows;
	void *found;
	size_t count;

	if (!model_version_of(w, tenant, call_path(call, "version"), &version,
		err) ||
	    !db_read_many(w->db, &query_model_find,
		DB_ARGS(db_text(tenant), db_text(version)), &model_row_message,
		&w->arena, &found, &count, err))
		return false;
	rows = found;
	return reply(call, 200, &model_row_message, &rows[0]);
}

bool
list_models(struct worker *w, struct call *call, struct err *err)
{
	struct job_question question;
	struct model_list list = { 0 };
	void *rows;
	size_t limit;

	if (!call_read(call, &question, err))
		return false;
	limit = question.has_limit ? (size_t)question.limit : PAGE;
	if (!db_read_many(w->db, &query_model_page,
		DB_ARGS(db_text(call->head->tenant), db_text(question.cursor),
		    db_integer((int64_t)limit)),
		&model_row_message, &w->arena, &rows, &list.items_count, err))
		return false;
	list.items = rows;
	if (list.items_count == limit)
		list.next = list.items[limit - 1].version;
	return reply(call, 200, &model_list_message, &list);
}

bool
get_model_file(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant, *version;
	struct db_result result = { 0 };

	if (!model_version_of(w, tenant, call_path(call, "version"), &version,
		err) ||
	    !db_query(w->db, &query_model_bytes,
		DB_ARGS(db_text(tenant), db_text(version)), &result, err))
		return false;
	call_tag(call, version);
	reply_bytes(call, 200, "application/octet-stream",
	    db_get_bytes(&result, 0, 0));
	db_result_close(&result);
	return true;
}

bool
get_report(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant, *version;
	struct db_result result = { 0 };
	const char *report;

	if (!model_version_of(w, tenant, call_path(call, "version"), &version,
		err) ||
	    !db_query(w->db, &query_report_find,
		DB_ARGS(db_text(tenant), db_text(version)), &result, err))
		return false;
	report = db_get_text(&result, 0, 0, call->arena);
	db_result_close(&result);
	return reply_bytes(call, 200, "application/json", slice_of(report));
}
