/* check_test.c - which records are taken. */
#include "services/ingestion/check.h"

#include "base/clock.h"
#include "tests/support/test.h"

enum { TODAY = 20778 }; /* 2026-11-21 */

static const struct check_rules live = { TODAY, false };
static const struct check_rules history = { TODAY, true };

static struct record
grade(void)
{
	return (struct record){ .kind = RECORD_GRADE,
		.student_id = "s1",
		.has_score = true,
		.score = 80,
		.has_date = true,
		.date = TODAY };
}

static void
assert_fault(const struct record *record, const struct check_rules *rules,
    int32_t day, const char *field)
{
	struct err err;

	assert_false(record_check(record, day, rules, &err));
	assert_string_equal(err.places[0].pointer, field);
}

static void
a_grade_of_today_is_taken(void **state)
{
	struct record record = grade();
	struct err err;

	(void)state;
	assert_true(record_check(&record, TODAY, &live, &err));
}

static void
each_kind_needs_its_value_and_takes_no_other(void **state)
{
	struct record record = grade();

	(void)state;
	record.has_score = false;
	assert_fault(&record, &live, TODAY, "score");
	record = grade();
	record.has_severity = true;
	assert_fault(&record, &live, TODAY, "severity");
	record = grade();
	record.kind = RECORD_OUTCOME;
	assert_fault(&record, &live, TODAY, "score");
	record = grade();
	record.kind = RECORD_COURSE;
	assert_fault(&record, &live, TODAY, "kind");
}

static void
one_of_date_and_moment_is_wanted(void **state)
{
	struct record record = grade();

	(void)state;
	record.has_occurred_at = true;
	assert_fault(&record, &live, TODAY, "occurred_at");
	record.has_date = record.has_occurred_at = false;
	assert_fault(&record, &live, TODAY, "date");
}

static void
days_after_tomorrow_are_for_history_alone(void **state)
{
	struct record record = grade();
	struct err err;

	(void)state;
	assert_true(record_check(&record, TODAY + 1, &live, &err));
	assert_fault(&record, &live, TODAY + 2, "date");
	assert_true(record_check(&record, TODAY + 2, &history, &err));
	assert_fault(&record, &history, TODAY + 3654, "date");
	assert_fault(&record, &history, day_from_civil(1989, 12, 31), "date");
}

static void
when_it_was_known_is_told_by_history_alone_and_never_before(void **state)
{
	struct record record = grade();
	struct err err;

	(void)state;
	record.has_known_on = true;
	record.known_on = TODAY;
	assert_fault(&record, &live, TODAY, "known_on");
	assert_true(record_check(&record, TODAY, &history, &err));
	assert_fault(&record, &history, TODAY + 1, "known_on");
}

RUN_TESTS(cmocka_unit_test(a_grade_of_today_is_taken),
    cmocka_unit_test(each_kind_needs_its_value_and_takes_no_other),
    cmocka_unit_test(one_of_date_and_moment_is_wanted),
    cmocka_unit_test(days_after_tomorrow_are_for_history_alone),
    cmocka_unit_test(
	when_it_was_known_is_told_by_history_alone_and_never_before))
