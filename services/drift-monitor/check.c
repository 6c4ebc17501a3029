/* check.c - POST /api/v1/drift/check, and what the job does as well. */
#include "services/drift-monitor/check.h"

#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "ml/model_file.h"
#include "proto/client/training.h"
#include "services/drift-monitor/findings.h"
#include "services/drift-monitor/queries.h"
#include "services/drift-monitor/report.h"
#include "wire/json.h"

/* The lot and the deals of a check: the same window has the same p. */
enum { SEED = 1, SCORE_PARTS = 10000 };

/* Columns of scored_window. */
enum { WEEK, SCORE, FEATURES };

struct window {
	float *values;  /* in the arena, (count, REFERENCE_COLUMNS) */
	uint16_t *week; /* in the arena, (count) */
	size_t count;
};

static void
no_comparison(struct drift_report *report, enum drift_state state,
    const char *detail)
{
	report->verdict = state;
	report->detail = detail;
}

static bool
read_window(struct worker *w, const char *tenant,
    const struct drift_report *report, struct window *window, struct err *err)
{
	struct db_result rows;
	size_t count;

	if (!db_query(w->db, &query_scored_window,
		DB_ARGS(db_text(tenant), db_text(report->model_version),
		    db_day(report->first_day), db_day(report->as_of)),
		&rows, err))
		return false;
	count = window->count = rows.row_count;
	window->values = arena_array(&w->arena, count + 1,
	    REFERENCE_COLUMNS * sizeof(float));
	window->week = arena_array(&w->arena, count + 1, sizeof(uint16_t));
	for (size_t i = 0; i < count; i++) {
		float *to = window->values + i * REFERENCE_COLUMNS;
		struct slice features = db_get_bytes(&rows, i, FEATURES);

		must(features.size == NETWORK_INPUTS * sizeof(float));
		memcpy(to, features.data, features.size);
		to[REFERENCE_SCORE] =
		    (float)((double)db_get_integer(&rows, i, SCORE) /
			SCORE_PARTS);
		window->week[i] = (uint16_t)db_get_integer(&rows, i, WEEK);
	}
	db_result_close(&rows);
	return true;
}

static void
compare(struct worker *w, const struct reference *reference,
    const struct window *window, struct drift_report *report)
{
	const struct drift_settings *settings = w->settings;
	struct drift_limits limits = { .alarms = report->false_alarms,
		.feature = settings->feature_effect_limit,
		.score = settings->score_effect_limit,
		.seed = SEED };
	struct drift_finding *finding =
	    arena_alloc(&w->arena, sizeof(*finding));

	drift_compare(reference,
	    &(struct drift_window){ window->values, window->week,
		window->count },
	    &limits, finding);
	report_fill(finding, &w->arena, report);
	if (finding->verdict == DRIFT_NOT_ENOUGH_DATA)
		report->detail = arena_printf(&w->arena,
		    "the model has scored %zu enrollments in these days and at "
		    "least %d are needed, as are %d samples in its reference",
		    window->count, DRIFT_LEAST, DRIFT_LEAST);
}

/* The champion and what it has seen. */
static bool
look(struct worker *w, const char *tenant, struct drift_report *report,
    struct err *err)
{
	struct window window;
	struct model *model;
	struct slice file;

	if (!training_champion(w, tenant, &report->model_version, err))
		return false;
	if (report->model_version == NULL) {
		no_comparison(report, DRIFT_STATE_NO_MODEL,
		    "there is no model yet: train one with `edupulse train`");
		return true;
	}
	if (!training_model_file(w, tenant, report->model_version, &file,
		err) ||
	    !read_window(w, tenant, report, &window, err) ||
	    !model_load(file, report->model_version, &model, err))
		return false;
	report->rows = (int64_t)window.count;
	if (model->reference == NULL)
		no_comparison(report, DRIFT_STATE_NO_REFERENCE,
		    "no reference in this model: it was made before models "
		    "kept one; train and promote a new one");
	else
		compare(w, model->reference, &window, report);
	model_unref(model);
	return true;
}

/* False without an error: nothing has been heard of the tenant. */
static bool
find_day(struct worker *w, const char *tenant, int32_t *day, struct err *err)
{
	struct db_result rows;
	bool is_there;

	if (!db_query(w->db, &query_watched_find, DB_ARGS(db_text(tenant)),
		&rows, err))
		return false;
	is_there = rows.row_count > 0;
	if (is_there)
		*day = db_get_day(&rows, 0, 0);
	db_result_close(&rows);
	return is_there;
}

static bool
store(struct worker *w, const char *tenant, const struct drift_report *report,
    struct err *err)
{
	struct buf json = { 0 };
	bool is_good;

	json_encode(&drift_report_message, report, &json);
	is_good = db_exec(w->db, &query_report_add,
	    DB_ARGS(db_text(tenant), db_text(report->report_id),
		db_time(report->made_at),
		db_text(drift_state_choice.names[report->verdict]),
		db_text(report->model_version),
		report->has_as_of ? db_day(report->as_of) : db_null(),
		db_integer(report->rows), db_integer(report->judged),
		db_integer(report->drifted), db_slice(buf_slice(&json))),
	    NULL, err);
	buf_close(&json);
	return is_good;
}

static void
begin(struct worker *w, struct drift_report *report)
{
	const struct drift_settings *settings = w->settings;
	char id[UUID_TEXT_SIZE];

	uuid_make(id);
	*report = (struct drift_report){
		.report_id = arena_copy(&w->arena, id),
		.made_at = clock_now(),
		.false_alarms = 1. / (double)settings->checks_per_false_alarm,
	};
}

bool
check_run(struct worker *w, const struct check *check,
    struct drift_report *report, struct err *err)
{
	const struct drift_settings *settings = w->settings;
	int32_t newest = 0;
	bool is_current;

	begin(w, report);
	if (find_day(w, check->tenant, &newest, err)) {
		report->has_as_of = report->has_first_day = true;
		report->as_of = check->has_as_of ? check->as_of : newest;
		report->first_day = report->as_of - (int32_t)check->days + 1;
		if (!look(w, check->tenant, report, err))
			return false;
	} else if (err->code == ERR_NONE) {
		no_comparison(report, DRIFT_STATE_NOT_ENOUGH_DATA,
		    "no scores have been made yet");
	} else {
		return false;
	}
	/* News is what is news today, in the window of every day: another one
	 * finds other features, and would make them news again. */
	is_current = report->as_of == newest && report->judged > 0 &&
	    check->days == settings->window_days;
	return (!is_current || findings_note(w, check->tenant, report, err)) &&
	    store(w, check->tenant, report, err);
}

/* A window that ends behind the newest scores would be told as the state of
 * today, with nobody in it. */
static bool
lies_behind_us(struct worker *w, const struct check *check, struct err *err)
{
	char text[DAY_TEXT_SIZE];
	int32_t newest;

	if (!check->has_as_of || !find_day(w, check->tenant, &newest, err))
		return err->code == ERR_NONE;
	if (check->as_of <= newest)
		return true;
	day_print(newest, text);
	return err_at(err, "as_of",
	    "lies ahead: the newest scores are of %s", text);
}

bool
check_drift(struct worker *w, struct call *call, struct err *err)
{
	const struct drift_settings *settings = w->settings;
	struct check check = { .tenant = call->head->tenant };
	struct drift_check_question question;
	struct drift_report report;

	if (!call_read(call, &question, err))
		return false;
	check.has_as_of = question.has_as_of;
	check.as_of = question.as_of;
	check.days = question.has_days ? question.days : settings->window_days;
	return lies_behind_us(w, &check, err) &&
	    check_run(w, &check, &report, err) &&
	    reply(call, 200, &drift_report_message, &report);
}
