/* watch.c - the job: checks each tenant now and then, forgets old scores. */
#include "base/log.h"
#include "services/drift-monitor/check.h"
#include "services/drift-monitor/queries.h"

/* Whose turn it is. */
struct turn {
	const char *tenant; /* in the worker's arena; NULL: nobody's */
	int32_t as_of;
	int64_t heard; /* of the tenant, so far */
};

static bool
find_turn(struct worker *w, struct turn *turn, struct err *err)
{
	struct db_result rows;

	*turn = (struct turn){ 0 };
	if (!work_begin(w, NULL, err) ||
	    !db_query(w->db, &query_watched_due, DB_NO_ARGS, &rows, err))
		return false;
	if (rows.row_count > 0) {
		turn->tenant = db_get_text(&rows, 0, 0, &w->arena);
		turn->as_of = db_get_day(&rows, 0, 1);
		turn->heard = db_get_integer(&rows, 0, 2);
	}
	db_result_close(&rows);
	return work_commit(w, err);
}

/* Before the check, which may fail: a tenant whose check fails does not keep
 * the others waiting, and its scores do not pile up. */
static bool
prepare(struct worker *w, const struct turn *turn, struct err *err)
{
	const struct drift_settings *settings = w->settings;

	return work_begin(w, turn->tenant, err) &&
	    db_exec(w->db, &query_watched_put_off,
		DB_ARGS(db_text(turn->tenant)), NULL, err) &&
	    db_exec(w->db, &query_scored_forget,
		DB_ARGS(db_text(turn->tenant), db_day(turn->as_of),
		    db_integer(settings->kept_days)),
		NULL, err) &&
	    work_commit(w, err);
}

static bool
check_tenant(struct worker *w, const struct turn *turn, struct err *err)
{
	const struct drift_settings *settings = w->settings;
	struct check check = { .tenant = turn->tenant,
		.days = settings->window_days };
	struct drift_report report;

	if (!work_begin(w, turn->tenant, err) ||
	    !check_run(w, &check, &report, err) ||
	    !db_exec(w->db, &query_watched_checked,
		DB_ARGS(db_text(turn->tenant),
		    db_integer(settings->check_hours), db_integer(turn->heard)),
		NULL, err) ||
	    !work_commit(w, err))
		return false;
	log_info("drift was checked: verdict=%s drifted=%lld new=%zu rows=%lld",
	    drift_state_choice.names[report.verdict], (long long)report.drifted,
	    report.new_findings_count, (long long)report.rows);
	return true;
}

bool
check_due(struct worker *w, bool *again, struct err *err)
{
	struct turn turn;

	if (!find_turn(w, &turn, err))
		return false;
	*again = turn.tenant != NULL;
	return turn.tenant == NULL ||
	    (prepare(w, &turn, err) && check_tenant(w, &turn, err));
}
