/* reports.c - GET /api/v1/drift/reports and one of them. */
#include "base/uuid.h"
#include "db/row.h"
#include "service/lists.h"
#include "services/drift-monitor/drift.h"
#include "services/drift-monitor/queries.h"

bool
list_drift_reports(struct worker *w, struct call *call, struct err *err)
{
	struct drift_report_question question;
	struct drift_report_list list = { 0 };
	int64_t limit;
	void *rows;

	if (!call_read(call, &question, err))
		return false;
	if (question.cursor != NULL && !uuid_is_valid(question.cursor))
		return err_at(err, "cursor", "is not one of ours");
	limit = question.has_limit ? question.limit : LIST_USUAL;
	if (!db_read_many(w->db, &query_report_page,
		DB_ARGS(db_text(call->head->tenant), db_text(question.cursor),
		    db_integer(limit + 1)),
		&drift_report_row_message, call->arena, &rows,
		&list.items_count, err))
		return false;
	list.items = rows;
	if (list_cut(&list.items_count, limit))
		list.next = list.items[limit - 1].report_id;
	return reply(call, 200, &drift_report_list_message, &list);
}

bool
get_drift_report(struct worker *w, struct call *call, struct err *err)
{
	const char *report_id = call_path(call, "report_id");
	struct db_result rows;
	const char *report = NULL;

	if (!uuid_is_valid(report_id))
		return err_set(err, ERR_NOT_FOUND,
		    "a report's id is a UUID; this is none");
	if (!db_query(w->db, &query_report_find,
		DB_ARGS(db_text(call->head->tenant), db_text(report_id)), &rows,
		err))
		return false;
	if (rows.row_count > 0)
		report = db_get_text(&rows, 0, 0, call->arena);
	db_result_close(&rows);
	if (report == NULL)
		return err_set(err, ERR_NOT_FOUND, "there is no report %s",
		    report_id);
	return reply_bytes(call, 200, "application/json", slice_of(report));
}
