/* status.c - GET /api/v1/drift/status. */
#include "db/row.h"
#include "services/drift-monitor/drift.h"
#include "services/drift-monitor/queries.h"

/* Columns of watched_find. */
enum { AS_OF, NEXT_CHECK_AT };

static bool
read_watched(struct worker *w, const char *tenant, struct drift_status *status,
    struct err *err)
{
	struct db_result rows;

	if (!db_query(w->db, &query_watched_find, DB_ARGS(db_text(tenant)),
		&rows, err))
		return false;
	status->has_as_of = status->has_next_check_at = rows.row_count > 0;
	if (rows.row_count > 0) {
		status->as_of = db_get_day(&rows, 0, AS_OF);
		status->next_check_at = db_get_time(&rows, 0, NEXT_CHECK_AT);
	}
	db_result_close(&rows);
	return true;
}

static bool
read_newest(struct worker *w, const char *tenant, struct drift_status *status,
    struct err *err)
{
	struct db_result rows;
	size_t count;
	void *found;

	if (!db_read_many(w->db, &query_report_page,
		DB_ARGS(db_text(tenant), db_text(NULL), db_integer(1)),
		&drift_report_row_message, &w->arena, &found, &count, err))
		return false;
	if (count == 0)
		return true;
	status->newest = found;
	status->has_verdict = true;
	status->verdict = status->newest->verdict;
	if (!db_query(w->db, &query_report_detail,
		DB_ARGS(db_text(tenant), db_text(status->newest->report_id)),
		&rows, err))
		return false;
	if (rows.row_count > 0)
		status->detail = db_get_text(&rows, 0, 0, &w->arena);
	db_result_close(&rows);
	return true;
}

static bool
read_drifting(struct worker *w, const char *tenant, struct drift_status *status,
    struct err *err)
{
	struct db_result rows;

	if (!db_query(w->db, &query_drifting_now, DB_ARGS(db_text(tenant)),
		&rows, err))
		return false;
	status->drifting_count = rows.row_count;
	status->drifting =
	    arena_array(&w->arena, rows.row_count + 1, sizeof(char *));
	for (size_t i = 0; i < rows.row_count; i++)
		status->drifting[i] = db_get_text(&rows, i, 0, &w->arena);
	db_result_close(&rows);
	return true;
}

static bool
count_scores(struct worker *w, const char *tenant, struct drift_status *status,
    struct err *err)
{
	struct db_result row;

	if (!db_query(w->db, &query_scored_count, DB_ARGS(db_text(tenant)),
		&row, err))
		return false;
	status->rows = db_get_integer(&row, 0, 0);
	db_result_close(&row);
	return true;
}

bool
get_drift_status(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct drift_status status = { 0 };

	return read_watched(w, tenant, &status, err) &&
	    read_newest(w, tenant, &status, err) &&
	    read_drifting(w, tenant, &status, err) &&
	    count_scores(w, tenant, &status, err) &&
	    reply(call, 200, &drift_status_message, &status);
}
