/* findings.c - compares a report with what has been told already. */
#include "services/drift-monitor/findings.h"

#include <string.h>

#include "services/drift-monitor/queries.h"
#include "services/drift-monitor/report.h"

/* The drifted features that were not there, in the report's order. */
static bool
find_news(struct worker *w, const char *tenant, const char **names,
    size_t count, struct drift_report *report, struct err *err)
{
	struct db_result added;

	if (!db_query(w->db, &query_drifting_add,
		DB_ARGS(db_text(tenant), db_text(report->model_version),
		    db_texts(names, count)),
		&added, err))
		return false;
	report->new_findings =
	    arena_array(&w->arena, count + 1, sizeof(char *));
	for (size_t i = 0; i < count; i++)
		for (size_t row = 0; row < added.row_count; row++)
			if (strcmp(db_get_text(&added, row, 0, &w->arena),
				names[i]) == 0)
				report->new_findings
				    [report->new_findings_count++] = names[i];
	db_result_close(&added);
	return true;
}

static bool
lock(struct worker *w, const char *tenant, struct err *err)
{
	struct db_result row;

	if (!db_query(w->db, &query_watched_lock, DB_ARGS(db_text(tenant)),
		&row, err))
		return false;
	db_result_close(&row);
	return true;
}

static bool
tell(struct worker *w, const char *tenant, struct drift_report *report,
    struct err *err)
{
	struct drift_detected detected = {
		.model_version = report->model_version,
		.features = report->new_findings,
		.features_count = report->new_findings_count,
		.report = report,
	};

	return report->new_findings_count == 0 ||
	    say(w, "drift.detected", tenant, report->report_id,
		&drift_detected_message, &detected, err);
}

bool
findings_note(struct worker *w, const char *tenant, struct drift_report *report,
    struct err *err)
{
	const char **names;
	size_t count = report_drifted(report, &w->arena, &names);

	return lock(w, tenant, err) &&
	    db_exec(w->db, &query_drifting_forget,
		DB_ARGS(db_text(tenant), db_text(report->model_version),
		    db_texts(names, count)),
		NULL, err) &&
	    find_news(w, tenant, names, count, report, err) &&
	    tell(w, tenant, report, err);
}
