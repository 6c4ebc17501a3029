/*
 * made_test.c - what is told of the scores that a ranking makes, as it stands
 * in the outbox.  Scores and features are compared with those that a question
 * about the same student gets.
 */
#include <math.h>

#include "services/prediction/answer.h"
#include "services/prediction/ranking.h"
#include "tests/unit/prediction/school.h"

/* Everything said since the last time, in the rig's arena. */
struct said {
	struct prediction_made events[8];
	size_t count;
	size_t items;
};

static const struct query said_events = { "said_events", QUERY_MANY,
	"WITH said AS (DELETE FROM outbox WHERE topic = 'prediction.made' "
	"RETURNING id, tenant_id, data) "
	"SELECT tenant_id, data FROM said ORDER BY id",
	0 };

static struct said
take_said(struct rig *rig, const char *tenant)
{
	struct said said = { 0 };
	struct db_result rows;
	struct err err = { 0 };

	if (!db_query(rig->owner, &said_events, DB_NO_ARGS, &rows, &err))
		fail_msg("%s", err.detail);
	assert_true(rows.row_count <= ARRAY_SIZE(said.events));
	for (size_t i = 0; i < rows.row_count; i++) {
		const char *data = db_get_text(&rows, i, 1, &rig->w.arena);

		assert_string_equal(db_get_text(&rows, i, 0, &rig->w.arena),
		    tenant);
		if (!json_decode(&prediction_made_message, slice_of(data),
			JSON_STRICT, &rig->w.arena, &said.events[i], &err))
			fail_msg("%s", err.detail);
		said.items += said.events[i].items_count;
	}
	said.count = rows.row_count;
	db_result_close(&rows);
	return said;
}

static const struct scored_enrollment *
find_item(const struct said *said, int64_t enrollment_id)
{
	for (size_t i = 0; i < said->count; i++)
		for (size_t k = 0; k < said->events[i].items_count; k++)
			if (said->events[i].items[k].enrollment_id ==
			    enrollment_id)
				return &said->events[i].items[k];
	fail_msg("nothing was said of %d", (int)enrollment_id);
	return NULL;
}

/* The sample network gives this school's students nearly the same logit, -5.7:
 * calibrated to lie in every category. */
static void
open_varied_school(struct rig *rig)
{
	struct model *model = sample_network_model(3);

	open_school(rig);
	model->calibration = (struct calibration){ 8, 8 * 5.5 };
	rig_model(rig, "north", model);
}

static void
rank(struct rig *rig, const char *query)
{
	if (!rig_call(rig, route_of("list_risk"), "north", query, NULL))
		fail_msg("%s", rig->err.detail);
}

static void
compare_features(const struct prediction *asked,
    const struct scored_enrollment *item)
{
	float values[ANSWER_VALUES];

	assert_int_equal(item->features.size, sizeof(values));
	memcpy(values, item->features.data, sizeof(values));
	assert_int_equal(asked->features_count, ANSWER_VALUES);
	for (size_t i = 0; i < ANSWER_VALUES; i++) {
		assert_int_equal(asked->features[i].has_value,
		    !isnan(values[i]));
		/* Printed values are rounded to six digits. */
		if (!isnan(values[i]))
			assert_near(values[i], asked->features[i].value,
			    1e-5 * (1 + fabs(asked->features[i].value)));
	}
}

static void
what_was_scored_is_told_once(void **state)
{
	const struct scored_enrollment *item;
	struct prediction asked;
	struct said said;
	struct rig rig;

	(void)state;
	open_school(&rig);
	rank(&rig, "top=1");
	said = take_said(&rig, "north");
	/* `both` twice and `new` have no score: nothing to tell. */
	assert_int_equal(said.count, 1);
	assert_int_equal(said.items, STUDENTS);
	assert_int_equal(said.events[0].reference_date, TODAY);
	item = find_item(&said, 6);
	assert_string_equal(item->student_id, "s6");
	assert_string_equal(item->course_id, "math");
	assert_string_equal(item->term, "2025");
	assert_string_equal(item->school, "even");
	assert_string_equal(item->section, "blue");
	assert_false(item->has_category_before);
	assert_int_equal(item->week, (TODAY - MONDAY) / 7 + 1);
	ask_for(&rig, "{\"student_id\": \"s6\", \"include_features\": true}",
	    &asked);
	said = take_said(&rig, "north");
	assert_int_equal(said.count, 0); /* a single question tells nothing */
	rank(&rig, "top=1");
	said = take_said(&rig, "north");
	assert_int_equal(said.count, 0);
	rig_close(&rig);
}

static void
the_event_holds_what_the_answer_holds(void **state)
{
	const struct scored_enrollment *item;
	struct prediction asked;
	struct said said;
	struct rig rig;

	(void)state;
	open_school(&rig);
	rank(&rig, "top=1");
	ask_for(&rig, "{\"student_id\": \"s9\", \"include_features\": true}",
	    &asked);
	said = take_said(&rig, "north");
	item = find_item(&said, 9);
	assert_true(item->risk_score == asked.risk_score);
	assert_int_equal(item->risk_category, asked.risk_category);
	assert_string_equal(said.events[0].model_version, asked.model_version);
	compare_features(&asked, item);
	rig_close(&rig);
}

static void
only_another_score_is_told_with_the_category_before(void **state)
{
	const struct scored_enrollment *item;
	enum risk_level before;
	struct said said;
	double score;
	struct rig rig;

	(void)state;
	open_varied_school(&rig);
	rank(&rig, "top=1");
	said = take_said(&rig, "north");
	before = find_item(&said, 5)->risk_category;
	score = find_item(&said, 5)->risk_score;
	for (int i = 0; i < 7; i++)
		rig_record(&rig, "north", RECORD_ATTENDANCE, 5, TODAY - 5 - i)
		    ->has_value_code = true;
	/* A record of tomorrow moves the position, not the score. */
	rig_record(&rig, "north", RECORD_GRADE, 6, TODAY + 1)->has_value = true;
	rig_apply(&rig);
	rank(&rig, "top=1");
	said = take_said(&rig, "north");
	assert_int_equal(said.items, 1);
	item = find_item(&said, 5);
	assert_true(item->risk_score != score);
	assert_true(item->has_category_before);
	assert_int_equal(item->category_before, before);
	rig_close(&rig);
}

static void
the_category_before_is_of_the_newest_earlier_day(void **state)
{
	int levels[STUDENTS + 1];
	struct said said;
	struct rig rig;
	bool differ = false;

	(void)state;
	open_varied_school(&rig);
	look_from(&rig, TODAY - 14);
	rank(&rig, "top=1");
	assert_int_equal(take_said(&rig, "north").items, STUDENTS);
	look_from(&rig, TODAY - 7);
	rank(&rig, "top=1");
	said = take_said(&rig, "north");
	for (int64_t id = 1; id <= STUDENTS; id++) {
		const struct scored_enrollment *item = find_item(&said, id);

		levels[id] = (int)item->risk_category;
		differ = differ || item->risk_category != item->category_before;
	}
	assert_true(differ); /* else the next day could not tell them apart */
	look_from(&rig, TODAY);
	rank(&rig, "top=1");
	said = take_said(&rig, "north");
	for (int64_t id = 1; id <= STUDENTS; id++) {
		assert_true(find_item(&said, id)->has_category_before);
		assert_int_equal(find_item(&said, id)->category_before,
		    levels[id]);
	}
	rig_close(&rig);
}

static void
other_days_are_ranked_in_silence(void **state)
{
	struct rig rig;

	(void)state;
	open_school(&rig);
	rank(&rig, "top=1&reference_date=2025-12-24");
	assert_int_equal(take_said(&rig, "north").count, 0);
	rank(&rig, "top=1");
	assert_int_equal(take_said(&rig, "north").items, STUDENTS);
	rig_close(&rig);
}

/* A look back scores days that nobody was told of, and days of which something
 * was told by another model; neither changes what had been told. */
static void
a_look_back_is_no_category_before(void **state)
{
	struct model *model = sample_network_model(3);
	int levels[STUDENTS + 1];
	struct said said;
	struct rig rig;
	bool differ = false;

	(void)state;
	open_varied_school(&rig);
	look_from(&rig, TODAY - 14);
	rank(&rig, "top=1");
	said = take_said(&rig, "north");
	for (int64_t id = 1; id <= STUDENTS; id++) {
		levels[id] = (int)find_item(&said, id)->risk_category;
		differ = differ || levels[id] != LEVEL_LOW;
	}
	assert_true(differ); /* else the look back could not be told apart */
	look_from(&rig, TODAY);
	model->calibration = (struct calibration){ 8, 8 * 4 }; /* all low */
	rig_model(&rig, "north", model);
	rank(&rig, "top=1&reference_date=2025-12-31"); /* told of before */
	rank(&rig, "top=1&reference_date=2026-01-07");
	rank(&rig, "top=1");
	said = take_said(&rig, "north");
	for (int64_t id = 1; id <= STUDENTS; id++) {
		assert_true(find_item(&said, id)->has_category_before);
		assert_int_equal(find_item(&said, id)->category_before,
		    levels[id]);
	}
	rig_close(&rig);
}

/* The day that was looked back to becomes the tenant's day. */
static void
a_look_back_is_told_when_its_day_comes(void **state)
{
	struct rig rig;

	(void)state;
	open_school(&rig);
	rank(&rig, "top=1&reference_date=2025-12-24");
	look_from(&rig, TODAY - 21);
	rank(&rig, "top=1");
	assert_int_equal(take_said(&rig, "north").items, STUDENTS);
	rig_close(&rig);
}

static void
another_model_s_scores_are_told(void **state)
{
	struct said said;
	struct rig rig;
	char version[MODEL_DIGEST_SIZE];

	(void)state;
	open_school(&rig);
	rank(&rig, "top=1");
	said = take_said(&rig, "north");
	snprintf(version, sizeof(version), "%s", said.events[0].model_version);
	rig_model(&rig, "north", sample_network_model(4));
	rank(&rig, "top=1");
	said = take_said(&rig, "north");
	assert_int_equal(said.items, STUDENTS);
	assert_string_not_equal(said.events[0].model_version, version);
	assert_true(find_item(&said, 1)->has_category_before);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(what_was_scored_is_told_once),
    cmocka_unit_test(the_event_holds_what_the_answer_holds),
    cmocka_unit_test(only_another_score_is_told_with_the_category_before),
    cmocka_unit_test(the_category_before_is_of_the_newest_earlier_day),
    cmocka_unit_test(other_days_are_ranked_in_silence),
    cmocka_unit_test(a_look_back_is_no_category_before),
    cmocka_unit_test(a_look_back_is_told_when_its_day_comes),
    cmocka_unit_test(another_model_s_scores_are_told))
