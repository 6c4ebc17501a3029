/* clock_test.c - days, dates and RFC 3339. */
#include "base/clock.h"

#include "base/must.h"
#include "tests/support/test.h"

static void
days_are_counted_from_1970(void **state)
{
	(void)state;
	assert_int_equal(day_from_civil(1970, 1, 1), 0);
	assert_int_equal(day_from_civil(2000, 3, 1), 11017);
	assert_int_equal(day_from_civil(2026, 11, 21), 20778);
}

static void
every_day_of_three_centuries_survives_the_round_trip(void **state)
{
	int32_t last = day_from_civil(2199, 12, 31);
	char text[DAY_TEXT_SIZE];
	int32_t back;

	(void)state;
	for (int32_t day = day_from_civil(1900, 1, 1); day <= last; day++) {
		day_print(day, text);
		assert_true(day_parse(text, &back));
		assert_int_equal(back, day);
	}
}

static void
the_first_oulad_day_is_a_saturday(void **state)
{
	(void)state;
	assert_int_equal(day_of_week(day_from_civil(2013, 2, 2)), 5);
	assert_int_equal(day_of_week(day_from_civil(2013, 10, 5)), 5);
	assert_int_equal(day_of_week(-1), 2);
}

static void
times_are_read_with_offset_and_fraction(void **state)
{
	int64_t time;

	(void)state;
	assert_true(clock_parse("1970-01-02T01:00:00.5+01:00", &time));
	assert_int_equal(time, DAY_US + SECOND_US / 2);
	assert_true(clock_parse("1969-12-31T23:59:59Z", &time));
	assert_int_equal(time, -SECOND_US);
}

static void
what_is_no_time_is_refused(void **state)
{
	static const char *const wrong[] = { "", "2026-02-29", "20225-01-01",
		"2026-13-01", "2026-1-1", "2026-01-01x", "1899-12-31" };
	static const char *const wrong_times[] = { "2026-01-01",
		"2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
		"2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00" };
	int64_t time;
	int32_t day;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(day_parse(wrong[i], &day));
	for (size_t i = 0; i < ARRAY_SIZE(wrong_times); i++)
		assert_false(clock_parse(wrong_times[i], &time));
}

static void
times_are_printed_in_utc(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	clock_print(-SECOND_US, text);
	assert_string_equal(text, "1969-12-31T23:59:59Z");
	clock_print(DAY_US + 250000, text);
	assert_string_equal(text, "1970-01-02T00:00:00.250000Z");
}

RUN_TESTS(cmocka_unit_test(days_are_counted_from_1970),
    cmocka_unit_test(every_day_of_three_centuries_survives_the_round_trip),
    cmocka_unit_test(the_first_oulad_day_is_a_saturday),
    cmocka_unit_test(times_are_read_with_offset_and_fraction),
    cmocka_unit_test(what_is_no_time_is_refused),
    cmocka_unit_test(times_are_printed_in_utc))
