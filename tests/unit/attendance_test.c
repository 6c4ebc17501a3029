/* attendance_test.c - features 0 to 13 against days counted by hand. */
#include "ml/features.h"

#include <math.h>

#include "tests/support/story.h"
#include "tests/support/test.h"

static void
attendance_is_as_counted_by_hand(void **state)
{
	/* Attended 5 + 3 + 4 + 2 + 4.5 of 24 days.  Spells: 7 and 8; 18, 21
	 * and 23 across a weekend and the holiday on 22; 28, half a day. */
	static const double want[14] = { 18.5 / 24, 4.5 / 24, 2.0 / 24,
		1.0 / 24, 2.5 / 5.5, 1 / 5.5, 3, 4.5, 0, 0.5, 0.76, 0.1854724,
		-0.03, 24 };
	struct story *story = *state;

	story_roll_call(story, 0, "PPPPP");
	story_roll_call(story, 7, "AETPP");
	story_roll_call(story, 14, "PPPPA");
	story_roll_call(story, 21, "A APT");
	story_roll_call(story, 28, "APPPP");
	story_roll_call(story, 28, "P");
	check_values(story_build(story, 34), 0, want, 14);
	assert_int_equal(story->sequence.status, FEATURES_READY);
	assert_int_equal(story->sequence.step_count, 5);
	/* the first step saw its own week only */
	assert_near(story->sequence.steps[FEATURE_TOTAL_DAYS_TRACKED], 5, 0);
	assert_near(story->sequence.steps[FEATURE_ATTENDANCE_RATE], 1, 0);
}

static void
a_school_day_without_rows_breaks_a_run(void **state)
{
	struct story *story = *state;
	const float *values;

	story_roll_call(story, 1, "A A");
	/* Saturday, no school: counts as a day, not in a run */
	story_roll_call(story, 5, "A");
	values = story_build(story, 34);
	assert_near(values[FEATURE_ABSENCE_CONSECUTIVE_DAYS], 1, 0);
	assert_near(values[FEATURE_ABSENCE_GAPS_MEAN], 1, 0);
	assert_near(values[FEATURE_TOTAL_DAYS_TRACKED], 3, 0);
}

static void
less_than_half_a_day_is_no_missed_day(void **state)
{
	struct story *story = *state;
	const float *values;

	story_roll_call(story, 1, "A");
	story_roll_call(story, 1, "P");
	story_roll_call(story, 1, "P");
	values = story_build(story, 34);
	assert_near(values[FEATURE_ABSENCE_CONSECUTIVE_DAYS], 0, 0);
	assert_near(values[FEATURE_ABSENCE_RATE], 1.0 / 3, 1e-6);
}

static void
activity_tells_attendance_where_there_is_no_roll_call(void **state)
{
	struct story *story = *state;
	const float *values;

	story->subject.attendance_from = FROM_ACTIVITY;
	story->subject.tracked_from = story->start - 20;
	story->subject.tracked_until = story->start + 9;
	story_roll_call(story, 0, "AAAAA"); /* of no use here */
	story_add(story, FACT_ACTIVITY, -3, 0, 5);
	story_add(story, FACT_ACTIVITY, 0, 0, 1);
	story_add(story, FACT_ACTIVITY, 1, 0, 3);
	story_add(story, FACT_ACTIVITY, 1, 0, 3);
	story_add(story, FACT_ACTIVITY, 2, 0,
	    0); /* no clicks are no activity */
	story_add(story, FACT_ACTIVITY, 3, 0, 9);
	story_add(story, FACT_ACTIVITY, 12, 0, 9); /* behind the feed's end */
	values = story_build(story, 34);
	assert_near(values[FEATURE_TOTAL_DAYS_TRACKED], 10, 0);
	assert_near(values[FEATURE_ATTENDANCE_RATE], 0.3, 1e-6);
	assert_near(values[FEATURE_ABSENCE_RATE], 0.7, 1e-6);
	assert_near(values[FEATURE_ABSENCE_CONSECUTIVE_DAYS], 6, 0);
	assert_near(values[FEATURE_ABSENCE_GAPS_MEAN], 1, 0);
	story->subject.course_end_day = story->start + 4;
	assert_near(story_build(story, 34)[FEATURE_TOTAL_DAYS_TRACKED], 5, 0);
}

static void
silence_is_absence_with_a_feed_and_missing_without(void **state)
{
	struct story *story = *state;
	const float *values;

	story->subject.attendance_from = FROM_ACTIVITY;
	values = story_build(story, 34);
	assert_true(isnan(values[FEATURE_ATTENDANCE_RATE]));
	assert_true(isnan(values[FEATURE_ABSENCE_CONSECUTIVE_DAYS]));
	assert_int_equal(story->sequence.missing, MISSING_RECORDS);
	story->subject.tracked_from = story->start;
	story->subject.tracked_until = story->start + 100;
	values = story_build(story, 34);
	assert_int_equal(story->sequence.status, FEATURES_READY);
	assert_near(values[FEATURE_ABSENCE_RATE], 1, 0);
	assert_near(values[FEATURE_ABSENCE_CONSECUTIVE_DAYS], 35, 0);
}

RUN_TESTS(STORY(attendance_is_as_counted_by_hand),
    STORY(a_school_day_without_rows_breaks_a_run),
    STORY(less_than_half_a_day_is_no_missed_day),
    STORY(activity_tells_attendance_where_there_is_no_roll_call),
    STORY(silence_is_absence_with_a_feed_and_missing_without))
