/* calendar_test.c - school days, counted. */
#include "ml/calendar.h"

#include "base/clock.h"
#include "tests/support/test.h"

/* New Year's Day, a winter week, and a single Saturday of 2024. */
static const struct day_range holidays[] = { { 19723, 19723 },
	{ 19723 + 49, 19723 + 55 }, { 19723 + 61, 19723 + 61 } };

static const struct calendar school = { CALENDAR_MONDAY_TO_FRIDAY, holidays,
	ARRAY_SIZE(holidays) };

static void
weekends_and_holidays_are_no_school_days(void **state)
{
	(void)state;
	assert_false(
	    calendar_is_school_day(&school, day_from_civil(2024, 1, 1)));
	assert_true(
	    calendar_is_school_day(&school, day_from_civil(2024, 1, 2)));
	assert_false(
	    calendar_is_school_day(&school, day_from_civil(2024, 1, 6)));
	assert_true(
	    calendar_is_school_day(&school, day_from_civil(2024, 2, 16)));
	assert_false(
	    calendar_is_school_day(&school, day_from_civil(2024, 2, 19)));
	assert_true(
	    calendar_is_school_day(&school, day_from_civil(2024, 2, 26)));
	assert_true(
	    calendar_is_school_day(&school, day_from_civil(2030, 1, 1)));
}

/* January 2024 has 23 weekdays, February 21, of which 5 are off. */
static void
months_have_the_right_number_of_school_days(void **state)
{
	struct calendar all = calendar_all_days();

	(void)state;
	assert_int_equal(calendar_count(&school, day_from_civil(2024, 1, 1),
			     day_from_civil(2024, 1, 31)),
	    22);
	assert_int_equal(calendar_count(&school, day_from_civil(2024, 2, 1),
			     day_from_civil(2024, 2, 29)),
	    16);
	assert_int_equal(calendar_count(&all, day_from_civil(2024, 1, 1),
			     day_from_civil(2024, 12, 31)),
	    366);
	assert_int_equal(calendar_count(&school, 5, 4), 0);
}

static void
counting_agrees_with_going_day_by_day(void **state)
{
	(void)state;
	for (int32_t first = 19715; first < 19795; first++) {
		int32_t count = 0;

		for (int32_t last = first; last < 19795; last++) {
			count += calendar_is_school_day(&school, last);
			assert_int_equal(calendar_count(&school, first, last),
			    count);
		}
	}
}

static void
calendars_out_of_order_are_refused(void **state)
{
	static const struct day_range backwards[] = { { 5, 4 } };
	static const struct day_range overlap[] = { { 1, 5 }, { 5, 6 } };
	struct calendar calendar = school;
	struct err err = { 0 };

	(void)state;
	assert_true(calendar_check(&calendar, &err));
	calendar.holidays = backwards;
	calendar.holiday_count = 1;
	assert_false(calendar_check(&calendar, &err));
	calendar.holidays = overlap;
	calendar.holiday_count = 2;
	assert_false(calendar_check(&calendar, &err));
	calendar.holiday_count = 0;
	calendar.weekdays = 0;
	assert_false(calendar_check(&calendar, &err));
	calendar.weekdays = 0x80;
	assert_false(calendar_check(&calendar, &err));
}

RUN_TESTS(cmocka_unit_test(weekends_and_holidays_are_no_school_days),
    cmocka_unit_test(months_have_the_right_number_of_school_days),
    cmocka_unit_test(counting_agrees_with_going_day_by_day),
    cmocka_unit_test(calendars_out_of_order_are_refused))
