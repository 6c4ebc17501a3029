/*
 * feedback_test.c - what staff tell becomes a label, scores are kept until it
 * is known how they turned out, and which version made them is always known.
 */
#include <math.h>
#include <string.h>

#include "tests/unit/prediction/school.h"

/* A prediction's id, as JSON. */
struct told {
	char id[64];
};

static struct told
predict_student(struct rig *rig, const char *student)
{
	struct prediction prediction;
	struct told told;
	char body[100];

	snprintf(body, sizeof(body), "{\"student_id\": \"%s\"}", student);
	ask_for(rig, body, &prediction);
	snprintf(told.id, sizeof(told.id), "%s", prediction.prediction_id);
	return told;
}

static bool
tell(struct rig *rig, const char *prediction_id, const char *rest,
    const char *school)
{
	char body[300];

	snprintf(body, sizeof(body), "{\"prediction_id\": \"%s\", %s}",
	    prediction_id, rest);
	return rig_call(rig, route_of("give_feedback"), "north", body, school);
}

/* The label of an enrollment seen from week 8; -1: it has none. */
static int
label_of(struct rig *rig, int64_t enrollment_id)
{
	struct sample_page page;
	struct err err = { 0 };

	if (!rig_call(rig, route_of("get_samples"), "north",
		"{\"weeks\": [8], \"known_by\": \"2026-01-14\","
		" \"after\": 0, \"limit\": 2000}",
		NULL))
		fail_msg("%s", rig->err.detail);
	assert_true(binary_decode(&sample_page_message, buf_slice(&rig->answer),
	    &rig->w.arena, &page, &err));
	for (size_t i = 0; i < page.samples_count; i++)
		if (page.samples[i].enrollment_id == enrollment_id)
			return (int)page.samples[i].label;
	return -1;
}

static void
what_staff_tell_is_the_label_until_a_record_says_otherwise(void **state)
{
	struct feedback_kept kept;
	struct rig rig;
	struct told told;

	(void)state;
	database_or_skip();
	open_school(&rig);
	told = predict_student(&rig, "s5");
	assert_int_equal(label_of(&rig, 5), -1);
	assert_true(tell(&rig, told.id,
	    "\"outcome\": \"withdrawn\", \"date\": \"2026-01-05\","
	    " \"note\": \"moved away\"",
	    NULL));
	assert_int_equal(rig.status, 201);
	rig_read(&rig, &feedback_kept_message, &kept);
	assert_int_equal(kept.outcome, TOLD_WITHDRAWN);
	assert_int_equal(kept.known_on, TODAY);
	assert_string_equal(kept.note, "moved away");
	assert_int_equal(label_of(&rig, 5), 1);
	assert_int_equal(label_of(&rig, 6), -1);
	/* A later word takes the place of an earlier one. */
	assert_true(tell(&rig, told.id, "\"outcome\": \"pass\"", NULL));
	assert_int_equal(label_of(&rig, 5), 0);
	add_outcome(&rig, 5, MONDAY + 69, RESULT_FAIL);
	rig_apply(&rig);
	assert_int_equal(label_of(&rig, 5), 1);
	/* One before the reference day is too late to warn of. */
	told = predict_student(&rig, "s7");
	assert_true(tell(&rig, told.id,
	    "\"outcome\": \"fail\", \"date\": \"2025-11-01\"", NULL));
	assert_int_equal(label_of(&rig, 7), -1);
	rig_close(&rig);
}

/* Math began on MONDAY, 2025-10-06, and "new" joined art 13 days ago. */
static void
nobody_ended_before_they_began(void **state)
{
	struct rig rig;
	struct told told;

	(void)state;
	database_or_skip();
	open_school(&rig);
	told = predict_student(&rig, "s5");
	assert_false(tell(&rig, told.id,
	    "\"outcome\": \"fail\", \"date\": \"2025-10-05\"", NULL));
	assert_int_equal(rig.err.code, ERR_INVALID);
	assert_string_equal(rig.err.places[0].pointer, "date");
	assert_non_null(strstr(rig.err.detail, "began on 2025-10-06"));
	assert_true(tell(&rig, told.id,
	    "\"outcome\": \"fail\", \"date\": \"2025-10-06\"", NULL));
	look_from(&rig, TODAY + 20);
	told = predict_student(&rig, "new");
	assert_false(tell(&rig, told.id,
	    "\"outcome\": \"fail\", \"date\": \"2025-12-31\"", NULL));
	assert_int_equal(rig.err.code, ERR_INVALID);
	assert_true(tell(&rig, told.id,
	    "\"outcome\": \"fail\", \"date\": \"2026-01-01\"", NULL));
	rig_close(&rig);
}

static void
feedback_about_what_one_may_not_see_is_not_taken(void **state)
{
	struct rig rig;
	struct told told;

	(void)state;
	database_or_skip();
	open_school(&rig);
	told = predict_student(&rig, "s5");
	assert_false(tell(&rig, told.id, "\"outcome\": \"fail\"", "even"));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_false(tell(&rig, "0198e0d2-0000-7000-8000-000000000001",
	    "\"outcome\": \"fail\"", NULL));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_false(tell(&rig, "0198e0d2-0000-7000-8000-00000000000x",
	    "\"outcome\": \"fail\"", NULL));
	assert_int_equal(rig.err.code, ERR_INVALID);
	assert_false(tell(&rig, told.id,
	    "\"outcome\": \"fail\", \"date\": \"2026-01-15\"", NULL));
	assert_int_equal(rig.err.code, ERR_INVALID);
	assert_false(tell(&rig, told.id, "\"outcome\": \"censored\"", NULL));
	assert_int_equal(label_of(&rig, 5), -1);
	rig_close(&rig);
}

/* Rank all, by which their scores are kept. */
static void
read_risk(struct rig *rig, struct risk_list *list)
{
	if (!rig_call(rig, route_of("list_risk"), "north",
		"course_id=math&limit=100", NULL))
		fail_msg("%s", rig->err.detail);
	rig_read(rig, &risk_list_message, list);
}

static struct model_performance
read_performance(struct rig *rig)
{
	struct model_performance performance;

	if (!rig_call(rig, route_of("get_performance"), "north", "champion",
		NULL))
		fail_msg("%s", rig->err.detail);
	rig_read(rig, &model_performance_message, &performance);
	return performance;
}

/* What is told of today says nothing of what comes after today's scores. */
static void
what_ended_by_a_scores_day_is_no_label_of_it_good_or_bad(void **state)
{
	struct model_performance performance;
	struct risk_list list;
	struct rig rig;
	int64_t waiting;

	(void)state;
	database_or_skip();
	open_school(&rig);
	read_risk(&rig, &list);
	waiting = read_performance(&rig).items[0].waiting;
	for (int i = 1; i <= 8; i++) {
		char name[] = { 's', (char)('0' + i), '\0' };
		struct told told = predict_student(&rig, name);

		assert_true(tell(&rig, told.id,
		    i > 6 ? "\"outcome\": \"fail\"" : "\"outcome\": \"pass\"",
		    NULL));
	}
	/* A record does not either, and it is not made one by what is told. */
	add_outcome(&rig, 9, TODAY, RESULT_PASS);
	add_outcome(&rig, 1, TODAY - 3, RESULT_PASS);
	rig_apply(&rig);
	performance = read_performance(&rig);
	assert_int_equal(performance.items[0].n, 0);
	assert_int_equal(performance.items[0].waiting, waiting);
	/* Of the weeks before it says how they turned out. */
	assert_int_equal(label_of(&rig, 1), 0);
	assert_int_equal(label_of(&rig, 2), 0);
	assert_int_equal(label_of(&rig, 8), 1);
	rig_close(&rig);
}

/* Students s1 to s24 end, every third of them badly; by hand, from the scores
 * of the list. */
static void
scores_are_held_against_outcomes_when_these_come(void **state)
{
	struct model_performance performance;
	struct risk_list list;
	double loss = 0;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_school(&rig);
	read_risk(&rig, &list);
	for (size_t i = 0; i < list.items_count; i++) {
		int student =
		    (int)strtol(list.items[i].student_id + 1, NULL, 10);
		double score = list.items[i].risk_score;

		if (student >= 1 && student <= 24)
			loss -= log(student % 3 == 0 ? score : 1 - score) / 24;
	}
	performance = read_performance(&rig);
	assert_int_equal(performance.items_count, 1);
	assert_int_equal(performance.items[0].n, 0);
	/* Those of math and of art who have enough history. */
	assert_true(performance.items[0].waiting >= STUDENTS);
	assert_false(performance.items[0].has_log_loss);
	assert_int_equal(performance.items[0].week, TODAY - 2);
	rig_rules(&rig, "north", TODAY + 30);
	for (int64_t id = 1; id <= 24; id++)
		add_outcome(&rig, id, TODAY + 20,
		    id % 3 == 0 ? RESULT_FAIL : RESULT_PASS);
	rig_apply(&rig);
	performance = read_performance(&rig);
	assert_int_equal(performance.items_count, 1);
	assert_int_equal(performance.items[0].n, 24);
	assert_near(performance.items[0].base_rate, 8 / 24.0, 1e-12);
	assert_near(performance.items[0].log_loss, loss, 1e-9);
	assert_true(performance.items[0].has_auroc);
	rig_close(&rig);
}

static void
which_version_scored_a_student_on_a_day_is_known(void **state)
{
	struct scoring_list scorings;
	struct risk_list list;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_school(&rig);
	database_run(rig.owner,
	    "UPDATE served_since SET since = '2026-01-10T12:00:00Z'");
	read_risk(&rig, &list);
	assert_true(rig_call(&rig, route_of("list_scorings"), "north",
	    "student_id=s3&date=2026-01-14", NULL));
	rig_read(&rig, &scoring_list_message, &scorings);
	assert_true(scorings.items_count >= 1);
	assert_int_equal(scorings.serving_count, 1);
	for (size_t i = 0; i < scorings.items_count; i++)
		assert_string_equal(scorings.items[i].model_version,
		    scorings.serving[0].model_version);
	/* A day on which nobody was scored still has its version, one before
	 * the first has none. */
	assert_true(rig_call(&rig, route_of("list_scorings"), "north",
	    "student_id=s3&date=2026-01-11", NULL));
	rig_read(&rig, &scoring_list_message, &scorings);
	assert_int_equal(scorings.items_count, 0);
	assert_int_equal(scorings.serving_count, 1);
	assert_true(rig_call(&rig, route_of("list_scorings"), "north",
	    "student_id=s3&date=2026-01-09", NULL));
	rig_read(&rig, &scoring_list_message, &scorings);
	assert_int_equal(scorings.serving_count, 0);
	/* Of another school's students nothing is told. */
	assert_true(rig_call(&rig, route_of("list_scorings"), "north",
	    "student_id=s3&date=2026-01-14", "even"));
	rig_read(&rig, &scoring_list_message, &scorings);
	assert_int_equal(scorings.items_count, 0);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(
	      what_staff_tell_is_the_label_until_a_record_says_otherwise),
    cmocka_unit_test(nobody_ended_before_they_began),
    cmocka_unit_test(feedback_about_what_one_may_not_see_is_not_taken),
    cmocka_unit_test(what_ended_by_a_scores_day_is_no_label_of_it_good_or_bad),
    cmocka_unit_test(scores_are_held_against_outcomes_when_these_come),
    cmocka_unit_test(which_version_scored_a_student_on_a_day_is_known))
