/*
 * shadow_report.c - GET /api/v1/models/{version}/shadow: a shadow beside the
 * champion, on the very same inputs.
 *
 * Of each enrollment and calendar week the last pair is looked at; its label
 * is that of ending.h as it is known today.  There are no groups by protected
 * attributes: these reach nothing but the report of a training.
 */
#include <string.h>

#include "secure/digest.h"
#include "services/prediction/ending.h"
#include "services/prediction/prediction.h"
#include "services/prediction/queries.h"
#include "services/prediction/shadow_slices.h"

enum { PAGE = 500, SAMPLES_MOST = 1000000, SHORTEST_NAME = 8 };

/* Columns of shadow_comparisons. */
enum {
	COMPARISON_ID,
	SHADOW_VERSION,
	CHAMPION_VERSION,
	SINCE,
	SCORED,
	DROPPED_FULL,
	DROPPED_NO_MODEL,
	DROPPED_NOT_STORED,
	DROPPED_STOPPED,
	PAIRS
};

/* Columns of shadow_pairs. */
enum {
	ENROLLMENT_ID,
	REFERENCE_DAY,
	WEEK,
	CHAMPION_SCORE,
	CHAMPION_LEVEL,
	SHADOW_SCORE,
	SHADOW_LEVEL,
	CHAMPION_US,
	SHADOW_US
};

struct reading {
	struct worker *w;
	const char *tenant;
	const char *course_id; /* NULL: all */
	int64_t comparison_id;
	int32_t today;
	struct shadow_sample *samples; /* in the worker's arena (room) */
	size_t count, room;
	struct db_result rows; /* of shadow_pairs, by enrollment */
	size_t row;            /* the next one */
};

static bool
make_room(struct reading *reading, struct err *err)
{
	size_t room = reading->room > 0 ? 2 * reading->room : 1024;
	struct shadow_sample *samples;

	if (reading->count < reading->room)
		return true;
	if (reading->count >= SAMPLES_MOST)
		return err_at(err, "course_id",
		    "name one: there are more than %d pairs", SAMPLES_MOST);
	samples = arena_array(&reading->w->arena, room, sizeof(*samples));
	if (reading->count > 0)
		memcpy(samples, reading->samples,
		    reading->count * sizeof(*samples));
	reading->samples = samples;
	reading->room = room;
	return true;
}

static void
add(struct reading *reading, const struct subject *subject)
{
	const struct db_result *rows = &reading->rows;
	size_t row = reading->row;
	const struct fact *ending = ending_find(subject, reading->today,
	    db_get_day(rows, row, REFERENCE_DAY));

	reading->samples[reading->count++] = (struct shadow_sample){
		.champion = (double)db_get_integer(rows, row, CHAMPION_SCORE) /
		    SCORE_PARTS,
		.shadow = (double)db_get_integer(rows, row, SHADOW_SCORE) /
		    SCORE_PARTS,
		.champion_us = db_get_real(rows, row, CHAMPION_US),
		.shadow_us = db_get_real(rows, row, SHADOW_US),
		.student = digest_number(subject->student_id),
		.course = subject->course_id,
		.school = subject->school,
		.week = (int32_t)db_get_integer(rows, row, WEEK),
		.champion_category =
		    (uint8_t)db_get_integer(rows, row, CHAMPION_LEVEL),
		.shadow_category =
		    (uint8_t)db_get_integer(rows, row, SHADOW_LEVEL),
		.is_known = ending != NULL,
		.adverse = ending != NULL && ending->detail == OUTCOME_ADVERSE,
	};
}

/* The enrollment's pairs, with its facts in hand. */
static bool
visit(void *user, struct subject *subject, struct err *err)
{
	struct reading *reading = user;

	for (; reading->row < reading->rows.row_count; reading->row++) {
		int64_t id =
		    db_get_integer(&reading->rows, reading->row, ENROLLMENT_ID);

		if (id > subject->enrollment_id)
			break;
		if (id < subject->enrollment_id)
			continue; /* of one that is not in view */
		if (!make_room(reading, err))
			return false;
		add(reading, subject);
	}
	return true;
}

static bool
visit_page(struct reading *reading, const struct rules *rules,
    const int64_t *ids, size_t count, struct err *err)
{
	struct worker *w = reading->w;
	bool is_good;

	reading->row = 0;
	if (!db_query(w->db, &query_shadow_pairs,
		DB_ARGS(db_text(reading->tenant),
		    db_integer(reading->comparison_id),
		    db_integers(ids, count)),
		&reading->rows, err))
		return false;
	is_good = endings_visit(w, reading->tenant, rules, ids, count, visit,
	    reading, err);
	db_result_close(&reading->rows);
	return is_good;
}

static bool
visit_all(struct reading *reading, const struct rules *rules, struct err *err)
{
	struct worker *w = reading->w;
	struct db_result found = { 0 };
	int64_t *ids = arena_array(&w->arena, PAGE, sizeof(*ids));
	int64_t after = 0;
	size_t count;

	do {
		if (!db_query(w->db, &query_enrollments_shadowed,
			DB_ARGS(db_text(reading->tenant),
			    db_integer(reading->comparison_id),
			    db_integer(after), db_integer(PAGE),
			    db_text(reading->course_id)),
			&found, err))
			return false;
		count = ids_take(&found, ids, &after);
		if (count > 0 && !visit_page(reading, rules, ids, count, err))
			return false;
	} while (count == PAGE);
	return true;
}

static void
fill(const struct db_result *found, struct arena *arena,
    struct shadow_report *report)
{
	report->shadow_version = db_get_text(found, 0, SHADOW_VERSION, arena);
	report->champion_version =
	    db_get_text(found, 0, CHAMPION_VERSION, arena);
	report->since = db_get_time(found, 0, SINCE);
	report->scored = db_get_integer(found, 0, SCORED);
	report->dropped_full = db_get_integer(found, 0, DROPPED_FULL);
	report->dropped_no_model = db_get_integer(found, 0, DROPPED_NO_MODEL);
	report->dropped_not_stored =
	    db_get_integer(found, 0, DROPPED_NOT_STORED);
	report->dropped_stopped = db_get_integer(found, 0, DROPPED_STOPPED);
	report->pairs = db_get_integer(found, 0, PAIRS);
}

/* Who is a shadow now is compared as soon as somebody is scored. */
static bool
refuse_unknown(struct reading *reading, const char *name, const char *champion,
    struct err *err)
{
	bool is_alias = strcmp(name, "shadow") == 0;
	struct db_result row = { 0 };
	bool is_shadow;

	if (champion != NULL)
		return err_set(err, ERR_NOT_FOUND,
		    "%.64s and the champion %.64s have scored nobody together",
		    name, champion);
	if (!db_query(reading->w->db, &query_shadow_begins,
		DB_ARGS(db_text(reading->tenant), db_text(name)), &row, err))
		return false;
	is_shadow = row.row_count > 0;
	db_result_close(&row);
	if (is_shadow)
		return err_set(err, ERR_NOT_FOUND,
		    "no student has been scored yet by both the champion and "
		    "the shadow%s%.64s",
		    is_alias ? "" : " ", is_alias ? "" : name);
	if (is_alias)
		return err_set(err, ERR_NOT_FOUND,
		    "no version is the shadow: models promote VERSION --as "
		    "shadow");
	return err_set(err, ERR_NOT_FOUND,
	    "no version that begins with %.64s was a shadow here", name);
}

/* All comparisons found must be of one shadow; the latest is meant. */
static bool
choose(const struct db_result *found, const char *name, struct arena *arena,
    struct err *err)
{
	for (size_t i = 1; i < found->row_count; i++)
		if (strcmp(db_get_text(found, i, SHADOW_VERSION, arena),
			db_get_text(found, 0, SHADOW_VERSION, arena)) != 0)
			return err_set(err, ERR_CONFLICT,
			    "several shadows begin with %.64s: give more "
			    "digits",
			    name);
	return true;
}

/* `name` is "shadow", a version, or the beginning of one. */
static bool
find_comparison(struct reading *reading, const char *name, const char *champion,
    struct shadow_report *report, struct err *err)
{
	struct arena *arena = &reading->w->arena;
	struct db_result found;
	bool is_good;

	if (strcmp(name, "shadow") != 0 && strlen(name) < SHORTEST_NAME)
		return err_set(err, ERR_NOT_FOUND,
		    "name shadow, a version, or at least its first 8 digits");
	if (!db_query(reading->w->db, &query_shadow_comparisons,
		DB_ARGS(db_text(reading->tenant), db_text(name),
		    db_text(champion)),
		&found, err))
		return false;
	is_good = found.row_count > 0
	    ? choose(&found, name, arena, err)
	    : refuse_unknown(reading, name, champion, err);
	if (is_good) {
		reading->comparison_id =
		    db_get_integer(&found, 0, COMPARISON_ID);
		fill(&found, arena, report);
	}
	db_result_close(&found);
	return is_good;
}

/* Of a large school this takes seconds: one at a time. */
static bool
compare(struct reading *reading, const struct rules *rules,
    struct shadow_report *report, struct err *err)
{
	struct worker *w = reading->w;
	struct tools *tools = w->scratch;
	bool is_good;

	if (!large_take(w->state))
		return large_busy(err);
	is_good = visit_all(reading, rules, err) &&
	    shadow_slices(reading->samples, reading->count, &tools->chunk,
		&w->arena, report, err);
	large_give(w->state);
	return is_good;
}

bool
get_shadow_report(struct worker *w, struct call *call, struct err *err)
{
	struct reading reading = { .w = w, .tenant = call->head->tenant };
	struct shadow_report report = { 0 };
	struct shadow_question question;
	struct rules rules;

	if (!call_read(call, &question, err) ||
	    !find_comparison(&reading, call_path(call, "version"),
		question.champion, &report, err) ||
	    !rules_load(w, reading.tenant, &w->arena, &rules, err))
		return false;
	reading.today = rules.today;
	reading.course_id = question.course_id;
	if (!compare(&reading, &rules, &report, err))
		return false;
	return reply(call, 200, &shadow_report_message, &report);
}
