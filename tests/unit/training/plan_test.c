/*
 * plan_test.c - which cohorts are chosen, on calendars made by hand.
 */
#include "services/training/plan.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

enum { YEAR = 365, TODAY = 3 * YEAR };

/* Three school years, the third under way; and one course without a term. */
static const struct course school[] = {
	{ .course_id = "y1", .term = "1", .start_date = 0, .end_date = 279 },
	{ .course_id = "y2", .term = "2", .start_date = 365, .end_date = 644 },
	{ .course_id = "y3", .term = "3", .start_date = 900, .end_date = 1200 },
	{ .course_id = "club", .start_date = 0, .end_date = 200 },
};

/* B ends before J; A/J runs beside B/J; D/J has no feed. */
static const struct course university[] = {
	{ .course_id = "B/B",
	    .term = "B",
	    .start_date = 0,
	    .end_date = 239,
	    .has_tracked_until = true,
	    .tracked_until = 239 },
	{ .course_id = "B/J",
	    .term = "J",
	    .start_date = 245,
	    .end_date = 512,
	    .has_tracked_until = true,
	    .tracked_until = 245 + 132 },
	{ .course_id = "A/J",
	    .term = "J",
	    .start_date = 240,
	    .end_date = 512,
	    .has_tracked_until = true,
	    .tracked_until = 512 },
	{ .course_id = "D/J", .term = "J", .start_date = 245, .end_date = 500 },
};

struct tried {
	struct arena arena;
	struct plan plan;
	struct err err;
	bool is_good;
};

static struct tried
try_plan(const struct train_question *question, struct plan_world world)
{
	struct tried tried = { .err = { 0 } };

	arena_init(&tried.arena, 4096);
	tried.is_good =
	    plan_make(question, &world, &tried.arena, &tried.plan, &tried.err);
	return tried;
}

static const struct plan_world in_school = { school, ARRAY_SIZE(school), TODAY,
	SOURCE_ROLL_CALL };
static const struct plan_world in_university = { university,
	ARRAY_SIZE(university), TODAY, SOURCE_ACTIVITY };

static void
the_latest_term_that_is_over_is_tested_and_earlier_ones_taught(void **state)
{
	struct train_question question = { 0 };
	struct tried tried = try_plan(&question, in_school);

	(void)state;
	assert_true(tried.is_good);
	assert_int_equal(tried.plan.test.term_count, 1);
	assert_string_equal(tried.plan.test.terms[0], "2");
	assert_int_equal(tried.plan.test.known_by, TODAY);
	assert_int_equal(tried.plan.train.course_count, 1);
	assert_string_equal(tried.plan.train.courses[0], "y1");
	assert_int_equal(tried.plan.train.known_by, 364);
	arena_close(&tried.arena);
}

static void
weeks_are_spread_over_what_both_sides_have(void **state)
{
	static const double wanted[] = { 2, 4, 6, 8, 10, 12, 14, 16, 18 };
	const char *test[] = { "B/J" };
	struct train_question question = { .test_courses = test,
		.test_courses_count = 1 };
	struct tried tried = try_plan(&question, in_university);

	(void)state;
	assert_true(tried.is_good);
	assert_int_equal(tried.plan.train.week_count, ARRAY_SIZE(wanted));
	assert_memory_equal(tried.plan.train.weeks, wanted, sizeof(wanted));
	assert_int_equal(tried.plan.test.week_count, 4);
	assert_near(tried.plan.test.weeks[3], 16, 0);
	arena_close(&tried.arena);
	tried = try_plan(&(struct train_question){ .epochs = 1 }, in_school);
	assert_int_equal(tried.plan.train.week_count, 9); /* 4 ... 36 of 40 */
	assert_near(tried.plan.train.weeks[8], 36, 0);
	arena_close(&tried.arena);
}

static void
a_cohort_beside_the_test_and_one_without_feed_are_left_out(void **state)
{
	const char *test[] = { "B/J" };
	struct train_question question = { .test_courses = test,
		.test_courses_count = 1 };
	struct tried tried = try_plan(&question, in_university);

	(void)state;
	assert_int_equal(tried.plan.train.course_count, 1);
	assert_string_equal(tried.plan.train.courses[0], "B/B");
	arena_close(&tried.arena);
	tried =
	    try_plan(&(struct train_question){ .epochs = 1 }, in_university);
	assert_int_equal(tried.plan.test.course_count, 2);
	assert_int_equal(tried.plan.train.known_by, 239);
	arena_close(&tried.arena);
}

static void
a_course_without_feed_is_taken_when_its_term_is_asked_for(void **state)
{
	const char *term[] = { "J" };
	struct train_question question = { .test_terms = term,
		.test_terms_count = 1 };
	struct tried tried = try_plan(&question, in_university);

	(void)state;
	assert_true(tried.is_good);
	assert_int_equal(tried.plan.test.course_count, 3);
	assert_string_equal(tried.plan.test.courses[2], "D/J");
	assert_int_equal(tried.plan.train.course_count, 1);
	arena_close(&tried.arena);
}

static void
check_refused(const struct train_question *question, const char *why)
{
	struct tried tried = try_plan(question, in_school);

	assert_false(tried.is_good);
	if (strstr(tried.err.detail, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", tried.err.detail, why);
	arena_close(&tried.arena);
}

static void
a_name_that_there_is_not_is_told_from_one_that_is_too_young(void **state)
{
	const char *young[] = { "3" }, *wrong[] = { "2", "nosuch" };

	(void)state;
	check_refused(&(struct train_question){ .test_terms = young,
			  .test_terms_count = 1 },
	    "no course to test on");
	check_refused(&(struct train_question){ .test_terms = wrong,
			  .test_terms_count = 2 },
	    "there is no term nosuch");
	check_refused(&(struct train_question){ .train_terms = wrong,
			  .train_terms_count = 2 },
	    "there is no term nosuch");
	check_refused(&(struct train_question){ .test_courses = &wrong[1],
			  .test_courses_count = 1 },
	    "there is no course nosuch");
	check_refused(&(struct train_question){ .train_courses = &wrong[1],
			  .train_courses_count = 1 },
	    "there is no course nosuch");
}

static void
what_is_missing_is_said(void **state)
{
	const char *first[] = { "1" };
	struct train_question question = { .test_terms = first,
		.test_terms_count = 1 };
	struct plan_world early = in_school;
	struct tried tried = try_plan(&question, in_school);

	(void)state;
	assert_false(tried.is_good);
	assert_non_null(strstr(tried.err.detail, "learn from"));
	arena_close(&tried.arena);
	early.today = 100;
	tried = try_plan(&(struct train_question){ .epochs = 1 }, early);
	assert_false(tried.is_good);
	assert_non_null(strstr(tried.err.detail, "test on"));
	assert_non_null(strstr(tried.err.detail, "1970-04-11"));
	arena_close(&tried.arena);
}

static void
questions_name_every_course_of_a_side_once(void **state)
{
	enum { COURSES = 2001 };
	static const char *names[COURSES];
	static char text[COURSES][16];
	struct plan_side side = { .courses = names, .course_count = COURSES };
	size_t seen = 0;

	(void)state;
	for (int i = 0; i < COURSES; i++) {
		snprintf(text[i], sizeof(text[i]), "c%d", i);
		names[i] = text[i];
	}
	for (;;) {
		struct plan_part part = plan_part(&side, seen);

		if (part.count == 0)
			break;
		assert_true(part.count <= PLAN_COURSES_A_QUESTION);
		for (size_t i = 0; i < part.count; i++)
			assert_ptr_equal(part.courses[i], text[seen + i]);
		seen += part.count;
	}
	assert_int_equal(seen, COURSES);
}

RUN_TESTS(cmocka_unit_test(questions_name_every_course_of_a_side_once),
    cmocka_unit_test(
	the_latest_term_that_is_over_is_tested_and_earlier_ones_taught),
    cmocka_unit_test(weeks_are_spread_over_what_both_sides_have),
    cmocka_unit_test(
	a_cohort_beside_the_test_and_one_without_feed_are_left_out),
    cmocka_unit_test(a_course_without_feed_is_taken_when_its_term_is_asked_for),
    cmocka_unit_test(
	a_name_that_there_is_not_is_told_from_one_that_is_too_young),
    cmocka_unit_test(what_is_missing_is_said))
