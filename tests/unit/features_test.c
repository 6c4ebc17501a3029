/*
 * features_test.c - sequences: their steps, what is missing, and what may not
 * reach them.
 *
 * The values of each group have tests of their own; random histories are
 * compared with another program in tests/contract/test_features.py.
 */
#include "ml/features.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "tests/support/story.h"
#include "tests/support/test.h"

static void
context_is_as_computed_by_hand(void **state)
{
	struct story *story = *state;
	const float *context = story->sequence.context;

	story_build(story, 34);
	assert_near(context[CONTEXT_WEEKS_ELAPSED], 5, 0);
	assert_near(context[CONTEXT_REGISTRATION_LEAD], 10, 0);
	assert_near(context[CONTEXT_PREVIOUS_ATTEMPTS], 1, 0);
	assert_near(context[CONTEXT_CREDIT_LOAD], 0.5, 0);
	story->subject.registered_day = INT32_MIN;
	story->subject.previous_attempts = NAN;
	story->subject.full_load = NAN;
	story_build(story, 34);
	assert_near(context[CONTEXT_WEEKS_ELAPSED], 5, 0);
	for (size_t i = CONTEXT_REGISTRATION_LEAD; i < CONTEXT_COUNT; i++)
		assert_true(isnan(context[i]));
}

static void
without_records_all_but_the_counts_is_missing(void **state)
{
	struct story *story = *state;
	const float *values = story_build(story, 34);

	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		bool is_count = i == FEATURE_TOTAL_DAYS_TRACKED ||
		    i == FEATURE_TOTAL_GRADES_TRACKED ||
		    i == FEATURE_INCIDENT_COUNT ||
		    i == FEATURE_INCIDENT_MONTHLY_RATE ||
		    i == FEATURE_RECENT_INCIDENT_COUNT;

		if (is_count)
			assert_near(values[i], 0, 0);
		else
			assert_true(isnan(values[i]));
	}
}

static void
one_of_a_kind_has_no_slope_and_no_spread(void **state)
{
	struct story *story = *state;
	const float *values;

	story_roll_call(story, 1, "A");
	story_add(story, FACT_GRADE, 9, 0, 0);
	story_incident(story, 9, 3, 1);
	values = story_build(story, 34);
	assert_near(values[FEATURE_ATTENDANCE_STD], 0, 0);
	assert_true(isnan(values[FEATURE_ATTENDANCE_TREND]));
	assert_true(isnan(values[FEATURE_ABSENCE_GAPS_MEAN]));
	assert_true(isnan(values[FEATURE_TARDY_MONDAY_RATIO]));
	assert_near(values[FEATURE_GRADE_STD], 0, 0);
	assert_true(isnan(values[FEATURE_GRADE_TREND]));
	assert_true(isnan(values[FEATURE_GRADE_VOLATILITY]));
	assert_near(values[FEATURE_SEVERITY_STD], 0, 0);
	assert_true(isnan(values[FEATURE_SEVERITY_TREND]));
	assert_true(isnan(values[FEATURE_TIME_BETWEEN_MEAN]));
	assert_true(isnan(values[FEATURE_TYPE_DIVERSITY]));
	story_incident(story, 10, 3, 1);
	values = story_build(story, 34);
	assert_near(values[FEATURE_TIME_BETWEEN_MIN], 1, 0);
	assert_true(isnan(values[FEATURE_INCIDENT_ACCELERATION]));
	assert_true(isnan(values[FEATURE_TYPE_DIVERSITY]));
}

static void
windows_reach_back_91_and_27_days(void **state)
{
	struct story *story = *state;
	const float *values;

	story_add(story, FACT_GRADE, 9, 0, 10);
	story_add(story, FACT_GRADE, 10, 0, 50);
	story_incident(story, 73, 1, 1);
	story_incident(story, 74, 1, 1);
	values = story_build(story, 100);
	assert_near(values[FEATURE_TOTAL_GRADES_TRACKED], 1, 0);
	assert_near(values[FEATURE_GRADE_MEAN], 50, 0);
	assert_near(values[FEATURE_INCIDENT_COUNT], 2, 0);
	assert_near(values[FEATURE_RECENT_INCIDENT_COUNT], 1, 0);
}

static void
a_correction_in_march_never_reaches_january(void **state)
{
	struct story *story = *state;
	const int march_5 = 64;
	struct fact *wrong = story_add(story, FACT_GRADE, 9, 0, 90);

	wrong->superseded_day = story->start + march_5;
	story_add(story, FACT_GRADE, 9, 0, 30)->known_day =
	    story->start + march_5;
	assert_near(story_build(story, 30)[FEATURE_GRADE_MEAN], 90, 0);
	assert_near(story_build(story, march_5 - 1)[FEATURE_GRADE_MEAN], 90, 0);
	assert_near(story_build(story, march_5)[FEATURE_GRADE_MEAN], 30, 0);
	/* and a sequence of March shows January as March knows it */
	assert_near(
	    story->sequence.steps[2 * FEATURE_COUNT + FEATURE_GRADE_MEAN], 30,
	    0);
}

static void
what_is_known_or_dated_later_changes_nothing(void **state)
{
	struct story *story = *state;
	float before[5 * FEATURE_COUNT];

	story_roll_call(story, 0, "PPAPP");
	story_add(story, FACT_GRADE, 9, 0, 77);
	story_incident(story, 12, 4, 1);
	story_build(story, 34);
	memcpy(before, story->sequence.steps, sizeof(before));
	story_add(story, FACT_GRADE, 20, 0, 1)->known_day = story->start + 35;
	story_add(story, FACT_ATTENDANCE, 20, ATTENDANCE_ABSENT, 0)->known_day =
	    story->start + 35;
	story_incident(story, 35, 5, 2);
	story->facts.facts[story->facts.count - 1].known_day = story->start;
	story_build(story, 34);
	assert_memory_equal(before, story->sequence.steps, sizeof(before));
	/* the same facts do count a day later */
	story_build(story, 35);
	assert_near(
	    story->sequence.steps[5 * FEATURE_COUNT + FEATURE_INCIDENT_COUNT],
	    2, 0);
}

static void
there_is_a_step_for_each_started_week_up_to_40(void **state)
{
	static const struct {
		int day;
		size_t steps;
	} cases[] = { { -1, 0 }, { 0, 1 }, { 6, 1 }, { 7, 2 }, { 27, 4 },
		{ 272, 39 }, { 273, 40 }, { 400, 40 } };
	struct story *story = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		story_build(story, cases[i].day);
		assert_int_equal(story->sequence.step_count, cases[i].steps);
	}
}

static void
only_the_registered_and_not_withdrawn_are_active(void **state)
{
	struct story *story = *state;

	story_roll_call(story, 0, "PPPPP");
	story->subject.withdrawn_day = story->start + 34;
	story_build(story, 33);
	assert_int_equal(story->sequence.status, FEATURES_READY);
	story_build(story, 34);
	assert_int_equal(story->sequence.status, FEATURES_NOT_ACTIVE);
	assert_int_equal(story->sequence.step_count, 0);
	story->subject.registered_day = story->start + 3;
	story_build(story, 2);
	assert_int_equal(story->sequence.status, FEATURES_NOT_ACTIVE);
	story_build(story, 3);
	assert_int_equal(story->sequence.status, FEATURES_INSUFFICIENT_HISTORY);
}

static void
two_weeks_are_too_little_until_the_fourth_week_ends(void **state)
{
	struct story *story = *state;
	struct feature_sequence *sequence = &story->sequence;

	story_roll_call(story, 0, "PPPPP");
	assert_non_null(story_build(story, 13));
	assert_int_equal(sequence->status, FEATURES_INSUFFICIENT_HISTORY);
	assert_int_equal(sequence->missing, MISSING_WEEKS);
	assert_int_equal(sequence->possible_from_day,
	    day_from_civil(2024, 1, 28));
	assert_string_equal(features_missing_text(sequence, &story->arena),
	    "fewer than 4 weeks have passed since the course start and the "
	    "registration; a score is possible from 2024-01-28");
	story_build(story, 26);
	assert_int_equal(sequence->status, FEATURES_INSUFFICIENT_HISTORY);
	story_build(story, 27);
	assert_int_equal(sequence->status, FEATURES_READY);
	assert_string_equal(features_missing_text(sequence, &story->arena), "");
	/* the later of course start and registration counts */
	story->subject.registered_day = story->start + 10;
	story_build(story, 27);
	assert_int_equal(sequence->possible_from_day, story->start + 37);
}

static void
no_record_at_all_is_too_little_at_any_time(void **state)
{
	struct story *story = *state;
	struct feature_sequence *sequence = &story->sequence;

	story_incident(story, 3, 2, 1);
	story_build(story, 100);
	assert_int_equal(sequence->status, FEATURES_INSUFFICIENT_HISTORY);
	assert_int_equal(sequence->missing, MISSING_RECORDS);
	assert_int_equal(sequence->possible_from_day, story->start + 101);
	story_build(story, 5);
	assert_int_equal(sequence->missing, MISSING_WEEKS | MISSING_RECORDS);
	assert_int_equal(sequence->possible_from_day, story->start + 27);
	story_add(story, FACT_GRADE, 1, 0, 50);
	story_build(story, 100);
	assert_int_equal(sequence->status, FEATURES_READY);
}

static void
the_rows_stand_in_the_order_of_their_groups(void **state)
{
	(void)state;
	assert_int_equal(FEATURE_COUNT, 42);
	assert_int_equal(CONTEXT_COUNT, 4);
	for (size_t i = 0; i < FEATURE_ROWS; i++) {
		const struct feature_row *row = feature_row(i);
		enum feature_group group = i < 14 ? GROUP_ATTENDANCE
		    : i < 29                      ? GROUP_GRADES
		    : i < 42                      ? GROUP_DISCIPLINE
						  : GROUP_CONTEXT;

		assert_int_equal(row->group, group);
		assert_int_equal(feature_index(row->name), i);
		assert_true(row->label[0] && row->help[0] && row->unit[0]);
		assert_int_equal(row->advice[0] != '\0',
		    group != GROUP_CONTEXT);
	}
	assert_int_equal(feature_index("absence_friday_ratio"), 5);
	assert_int_equal(feature_index("no_such_feature"), FEATURE_ROWS);
	assert_string_equal(feature_group_name(GROUP_GRADES), "grades");
}

RUN_TESTS(STORY(context_is_as_computed_by_hand),
    STORY(without_records_all_but_the_counts_is_missing),
    STORY(one_of_a_kind_has_no_slope_and_no_spread),
    STORY(windows_reach_back_91_and_27_days),
    STORY(a_correction_in_march_never_reaches_january),
    STORY(what_is_known_or_dated_later_changes_nothing),
    STORY(there_is_a_step_for_each_started_week_up_to_40),
    STORY(only_the_registered_and_not_withdrawn_are_active),
    STORY(two_weeks_are_too_little_until_the_fourth_week_ends),
    STORY(no_record_at_all_is_too_little_at_any_time),
    cmocka_unit_test(the_rows_stand_in_the_order_of_their_groups))
