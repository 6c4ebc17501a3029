/*
 * hear.c - events of other services as alerts, in words.
 *
 * What stands in an alert is for the inbox, which its reader's key guards; a
 * mail says nothing of it but how many there are (mail.h).
 */
#include <string.h>

#include "services/notification/notification.h"
#include "services/notification/tell.h"
#include "wire/json.h"
#include "wire/query.h"

enum { FEATURES_SHOWN = 5 };

/* `before`, then `id` so that it may stand in a path. */
static const char *
path_of(struct arena *arena, const char *before, const char *id)
{
	struct buf path = { 0 };
	const char *text;

	buf_text(&path, before);
	query_escape(&path, slice_of(id));
	text = arena_copy(arena, path.data);
	buf_close(&path);
	return text;
}

static const char *
words_of_student(struct arena *arena, const struct scored_enrollment *item,
    const char *level)
{
	const char *score =
	    arena_printf(arena, "%.1f %%", item->risk_score * 100);

	if (!item->has_category_before)
		return arena_printf(arena,
		    "The first score of student %s in %s is %s (%s).",
		    item->student_id, item->course_id, score, level);
	return arena_printf(arena,
	    "The score of student %s in %s is %s now (%s; it was %s).",
	    item->student_id, item->course_id, score, level,
	    risk_level_choice.names[item->category_before]);
}

static struct alert
alert_of_student(struct arena *arena, const struct scored_enrollment *item,
    int32_t day)
{
	const char *level = risk_level_choice.names[item->risk_category];

	return (struct alert){ .kind = RULE_RISK,
		.subject = arena_printf(arena, "enrollment %lld",
		    (long long)item->enrollment_id),
		.title = arena_printf(arena,
		    "Student %s reached the category %s in %s",
		    item->student_id, level, item->course_id),
		.body = words_of_student(arena, item, level),
		.link = path_of(arena, "/api/v1/students/", item->student_id),
		.course = item->course_id,
		.school = item->school,
		.section = item->section,
		.level = item->risk_category,
		.before =
		    item->has_category_before ? (int)item->category_before : -1,
		.day = day };
}

bool
hear_prediction(struct worker *w, const struct event *event, struct err *err)
{
	struct prediction_made made;
	struct alert *alerts;

	if (!json_decode(&prediction_made_message, event->data, JSON_LENIENT,
		&w->arena, &made, err))
		return false;
	alerts = arena_array(&w->arena, made.items_count + 1, sizeof(*alerts));
	for (size_t i = 0; i < made.items_count; i++)
		alerts[i] = alert_of_student(&w->arena, &made.items[i],
		    made.reference_date);
	return tell(w, event, alerts, made.items_count, err);
}

bool
hear_import(struct worker *w, const struct event *event, struct err *err)
{
	struct alert alert = { .kind = RULE_IMPORT,
		.title = "An import failed" };
	struct import import;

	if (!json_decode(&import_message, event->data, JSON_LENIENT, &w->arena,
		&import, err))
		return false;
	if (import.state != IMPORT_FAILED)
		return true;
	alert.subject = arena_printf(&w->arena, "import %s", import.id);
	alert.body = arena_printf(&w->arena,
	    "%s. %lld rows were worked off before that; %lld were refused.",
	    import.error != NULL ? import.error : "It gave no reason",
	    (long long)import.rows, (long long)import.refused);
	alert.link = path_of(&w->arena, "/api/v1/imports/", import.id);
	return tell(w, event, &alert, 1, err);
}

bool
hear_training(struct worker *w, const struct event *event, struct err *err)
{
	struct alert alert = { .kind = RULE_TRAINING,
		.title = "A training failed" };
	struct train_job job;

	if (!json_decode(&train_job_message, event->data, JSON_LENIENT,
		&w->arena, &job, err))
		return false;
	if (job.state != JOB_FAILED)
		return true;
	alert.subject = arena_printf(&w->arena, "job %s", job.job_id);
	alert.body = job.error != NULL ? job.error : "It gave no reason";
	alert.link = path_of(&w->arena, "/api/v1/train/jobs/", job.job_id);
	return tell(w, event, &alert, 1, err);
}

/* What people call a feature of the report. */
static const char *
label_of(const struct drift_report *report, const char *name)
{
	for (size_t i = 0; i < report->features_count; i++)
		if (strcmp(report->features[i].name, name) == 0)
			return report->features[i].label;
	return name;
}

static const char *
words_of_drift(struct arena *arena, const struct drift_detected *drift)
{
	size_t count = drift->features_count;
	size_t shown = count < FEATURES_SHOWN ? count : FEATURES_SHOWN;
	struct buf words = { 0 };
	const char *text;

	buf_printf(&words,
	    "Model %.12s sees other data than it learned from. New since the "
	    "check before:",
	    drift->model_version);
	for (size_t i = 0; i < shown; i++)
		buf_printf(&words, "%s %s", i > 0 ? "," : "",
		    label_of(drift->report, drift->features[i]));
	if (shown < count)
		buf_printf(&words, " and %zu more", count - shown);
	buf_byte(&words, '.');
	text = arena_copy(arena, words.data);
	buf_close(&words);
	return text;
}

bool
hear_drift(struct worker *w, const struct event *event, struct err *err)
{
	struct alert alert = { .kind = RULE_DRIFT };
	struct drift_detected drift;
	const char *report_id;

	if (!json_decode(&drift_detected_message, event->data, JSON_LENIENT,
		&w->arena, &drift, err))
		return false;
	report_id = drift.report->report_id;
	alert.subject = arena_printf(&w->arena, "report %s", report_id);
	alert.title = drift.features_count == 1
	    ? "A feature has drifted"
	    : arena_printf(&w->arena, "%zu features have drifted",
		  drift.features_count);
	alert.body = words_of_drift(&w->arena, &drift);
	alert.link = path_of(&w->arena, "/api/v1/drift/reports/", report_id);
	return tell(w, event, &alert, 1, err);
}
