/*
 * oulad_test.c - the mapping of the OULAD against rows worked out by hand from
 * docs/data-formats.md.
 */
#include "services/ingestion/oulad.h"

#include "base/clock.h"
#include "tests/support/test.h"

static const struct oulad_course course = { .id = "BBB/2013J",
	.presentation = "2013J",
	.day0 = 15983, /* 2013-10-05 */
	.length = 268 };
static const struct oulad_assessment tma = { .id = "14996",
	.type = TYPE_HOMEWORK,
	.has_due = true,
	.due = 19,
	.place = 0 };
static const struct oulad_assessment cma = { .id = "15003",
	.type = TYPE_QUIZ,
	.has_due = true,
	.due = 54,
	.place = 0 };
static const struct oulad_assessment final = { .id = "15002",
	.type = TYPE_EXAM,
	.place = 0 };

static void
day_0_is_the_first_saturday_of_the_start_month(void **state)
{
	int32_t day;

	(void)state;
	assert_true(oulad_day0("2013B", &day));
	assert_int_equal(day, day_from_civil(2013, 2, 2));
	assert_true(oulad_day0("2013J", &day));
	assert_int_equal(day, day_from_civil(2013, 10, 5));
	assert_true(oulad_day0("2014B", &day));
	assert_int_equal(day, day_from_civil(2014, 2, 1));
	assert_true(oulad_day0("2014J", &day));
	assert_int_equal(day, day_from_civil(2014, 10, 4));
	assert_false(oulad_day0("2013C", &day));
	assert_false(oulad_day0("13J", &day));
}

static void
days_are_whole_numbers_or_missing(void **state)
{
	int32_t day = 0;
	bool is_there;

	(void)state;
	assert_true(oulad_day("-159", &is_there, &day) && is_there);
	assert_int_equal(day, -159);
	assert_true(oulad_day("?", &is_there, &day) && !is_there);
	assert_false(oulad_day("12x", &is_there, &day));
	assert_false(oulad_day("-", &is_there, &day));
	assert_false(oulad_day("99999", &is_there, &day));
}

static void
a_grade_is_known_14_days_after_due_or_submitted(void **state)
{
	int16_t none = OULAD_NEVER;
	struct oulad_enrollment student = { .enrollment_id = 3,
		.submitted = &none };
	struct entry entry;

	(void)state;
	oulad_grade(&course, &tma, &student, 12, 70, &entry);
	assert_int_equal(entry.occurred_on, 15983 + 12);
	assert_int_equal(entry.known_on, 15983 + 19 + 14);
	oulad_grade(&course, &tma, &student, 25, 70, &entry);
	assert_int_equal(entry.known_on, 15983 + 25 + 14);
	/* An exam without a date is due on the last day. */
	oulad_grade(&course, &final, &student, 230, 70, &entry);
	assert_int_equal(entry.known_on, 15983 + 267 + 14);
}

static void
late_is_after_the_day_and_for_quizzes_after_a_week(void **state)
{
	int16_t none = OULAD_NEVER;
	struct oulad_enrollment student = { .submitted = &none };
	struct entry entry;

	(void)state;
	assert_false(oulad_late(&course, &tma, &student, 19, &entry));
	assert_true(oulad_late(&course, &tma, &student, 20, &entry));
	assert_int_equal(entry.occurred_on, 15983 + 20);
	assert_int_equal(entry.known_on, 15983 + 20);
	assert_near(entry.value, 2, 0);
	assert_false(oulad_late(&course, &cma, &student, 61, &entry));
	assert_true(oulad_late(&course, &cma, &student, 62, &entry));
	assert_false(oulad_late(&course, &final, &student, 300, &entry));
}

static void
missed_is_judged_as_of_the_day(void **state)
{
	int16_t submitted = OULAD_NEVER;
	struct oulad_enrollment student = { .submitted = &submitted };
	struct entry entry;

	(void)state;
	assert_true(oulad_missed(&course, &tma, &student, &entry));
	assert_int_equal(entry.occurred_on, 15983 + 19);
	assert_int_equal(entry.known_on, 15983 + 19);
	assert_near(entry.value, 4, 0);
	submitted = 19;
	assert_false(oulad_missed(&course, &tma, &student, &entry));
	/* Handed in later: on the day it was still missing. */
	submitted = 20;
	assert_true(oulad_missed(&course, &tma, &student, &entry));
	submitted = OULAD_BANKED;
	assert_false(oulad_missed(&course, &tma, &student, &entry));
}

static void
only_those_registered_on_the_day_miss_it(void **state)
{
	int16_t submitted = OULAD_NEVER;
	struct oulad_enrollment student = { .submitted = &submitted };
	struct entry entry;

	(void)state;
	student.has_unregistered = true;
	student.unregistered = 19;
	assert_false(oulad_missed(&course, &tma, &student, &entry));
	student.unregistered = 20;
	assert_true(oulad_missed(&course, &tma, &student, &entry));
	student.has_registered = true;
	student.registered = 20;
	assert_false(oulad_missed(&course, &tma, &student, &entry));
	student.registered = 19;
	assert_true(oulad_missed(&course, &tma, &student, &entry));
}

static void
outcomes_come_when_they_happen(void **state)
{
	struct oulad_enrollment student = { .result = RESULT_WITHDRAWN,
		.has_unregistered = true,
		.unregistered = 40 };
	struct entry entry;

	(void)state;
	oulad_outcome(&course, &student, &entry);
	assert_int_equal(entry.code, RESULT_WITHDRAWN);
	assert_int_equal(entry.occurred_on, 15983 + 40);
	student.result = RESULT_FAIL;
	oulad_outcome(&course, &student, &entry);
	assert_int_equal(entry.code, RESULT_CENSORED);
	student.has_unregistered = false;
	oulad_outcome(&course, &student, &entry);
	assert_int_equal(entry.code, RESULT_FAIL);
	assert_int_equal(entry.occurred_on, 15983 + 267);
	student.result = RESULT_PASS;
	oulad_outcome(&course, &student, &entry);
	assert_int_equal(entry.occurred_on, 15983 + 267);
	assert_int_equal(entry.known_on, 15983 + 267);
}

static void
a_feed_that_was_cut_ends_with_its_last_complete_day(void **state)
{
	struct oulad_course fed = course;
	int32_t day;

	(void)state;
	assert_false(oulad_tracked_until(&fed, &day));
	fed.has_feed = true;
	fed.feed_last = 133;
	assert_true(oulad_tracked_until(&fed, &day));
	assert_int_equal(day, 15983 + 132);
	fed.feed_last = 269;
	assert_true(oulad_tracked_until(&fed, &day));
	assert_int_equal(day, 15983 + 267);
}

RUN_TESTS(cmocka_unit_test(day_0_is_the_first_saturday_of_the_start_month),
    cmocka_unit_test(days_are_whole_numbers_or_missing),
    cmocka_unit_test(a_grade_is_known_14_days_after_due_or_submitted),
    cmocka_unit_test(late_is_after_the_day_and_for_quizzes_after_a_week),
    cmocka_unit_test(missed_is_judged_as_of_the_day),
    cmocka_unit_test(only_those_registered_on_the_day_miss_it),
    cmocka_unit_test(outcomes_come_when_they_happen),
    cmocka_unit_test(a_feed_that_was_cut_ends_with_its_last_complete_day))
