/*
 * features_test.c - each of the 46 values against sums done by hand, and what
 * may not reach a sequence.
 *
 * Most stories begin on Monday 2024-01-01 and end on Sunday 2024-02-04, the
 * 35th day: 5 steps.  Random histories are compared with another program in
 * tests/contract/test_features.py.
 */
#include "ml/features.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "tests/support/test.h"

struct story {
	struct arena arena;
	struct feature_subject subject;
	struct fact_list facts;
	struct feature_sequence sequence;
	uint64_t position;
	int32_t start;
};

static const struct day_range holiday = { 19723 + 22, 19723 + 22 };

static int
begin(void **state)
{
	static struct story story;

	memset(&story, 0, sizeof(story));
	arena_init(&story.arena, 1 << 16);
	story.facts.arena = &story.arena;
	story.start = day_from_civil(2024, 1, 1);
	story.subject = (struct feature_subject){
		.course_start_day = story.start,
		.course_end_day = INT32_MAX,
		.registered_day = story.start - 10,
		.withdrawn_day = INT32_MAX,
		.attendance_from = FROM_ROLL_CALL,
		.tracked_from = 1,
		.tracked_until = 0,
		.calendar = { CALENDAR_MONDAY_TO_FRIDAY, &holiday, 1 },
		.pass_mark = 60,
		.previous_attempts = 1,
		.credits = 60,
		.full_load = 120,
	};
	*state = &story;
	return 0;
}

static int
finish(void **state)
{
	struct story *story = *state;

	arena_close(&story->arena);
	return 0;
}

/* Days are counted from the story's start. */
static struct fact *
add(struct story *story, enum fact_kind kind, int day, int detail, float value)
{
	struct fact fact = {
		.position = ++story->position,
		.occurred_day = story->start + day,
		.known_day = story->start + day,
		.superseded_day = FACT_DAY_NEVER,
		.value = value,
		.kind = (uint8_t)kind,
		.detail = (uint8_t)detail,
	};

	assert_true(facts_insert(&story->facts, &fact));
	return &story->facts.facts[story->facts.count - 1];
}

/* One row a letter from a day on: P present, T tardy, A absent, E excused,
 * a blank for a day without rows. */
static void
roll_call(struct story *story, int day, const char *rows)
{
	for (; *rows; rows++, day++)
		if (*rows != ' ')
			add(story, FACT_ATTENDANCE, day,
			    (int)(strchr("PTAE", *rows) - "PTAE"), 0);
}

static void
incident(struct story *story, int day, float severity, uint16_t type)
{
	add(story, FACT_INCIDENT, day, 0, severity)->code = type;
}

/* The last step's values on a day. */
static const float *
build(struct story *story, int day)
{
	struct feature_sequence *out = &story->sequence;

	features_build(&story->subject, story->facts.facts, story->facts.count,
	    story->start + day, &story->arena, out);
	if (out->step_count == 0)
		return NULL;
	return out->steps + (out->step_count - 1) * FEATURE_COUNT;
}

static void
check_values(const float *got, size_t from, const double *want, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (isnan(want[i]) != isnan(got[from + i]))
			fail_msg("feature %zu is %g", from + i,
			    (double)got[from + i]);
		if (!isnan(want[i]))
			assert_near(got[from + i], want[i], 1e-5);
	}
}

static void
attendance_is_as_counted_by_hand(void **state)
{
	/* Attended 5 + 3 + 4 + 2 + 4.5 of 24 days.  Spells: 7 and 8; 18, 21
	 * and 23 across a weekend and the holiday on 22; 28, half a day. */
	static const double want[14] = { 18.5 / 24, 4.5 / 24, 2.0 / 24,
		1.0 / 24, 2.5 / 5.5, 1 / 5.5, 3, 4.5, 0, 0.5, 0.76, 0.1854724,
		-0.03, 24 };
	struct story *story = *state;

	roll_call(story, 0, "PPPPP");
	roll_call(story, 7, "AETPP");
	roll_call(story, 14, "PPPPA");
	roll_call(story, 21, "A APT");
	roll_call(story, 28, "APPPP");
	roll_call(story, 28, "P");
	check_values(build(story, 34), 0, want, 14);
	assert_int_equal(story->sequence.status, FEATURES_READY);
	assert_int_equal(story->sequence.step_count, 5);
	/* the first step saw its own week only */
	assert_near(story->sequence.steps[FEATURE_TOTAL_DAYS_TRACKED], 5, 0);
	assert_near(story->sequence.steps[FEATURE_ATTENDANCE_RATE], 1, 0);
}

static void
grades_are_as_computed_by_hand(void **state)
{
	static const double want[15] = { 2.36, 59, 26.5329983, 20, 90,
		-8.9705882, 0.4497118, 0.4, 55, -4, 55, 40, 50, 52.5, 5 };
	struct story *story = *state;
	int core_homework = fact_grade_detail(ASSESSMENT_HOMEWORK, COURSE_CORE);

	add(story, FACT_GRADE, 3, core_homework, 85);
	add(story, FACT_GRADE, 10,
	    fact_grade_detail(ASSESSMENT_TEST, COURSE_CORE), 60);
	add(story, FACT_GRADE, 17,
	    fact_grade_detail(ASSESSMENT_TEST, COURSE_ELECTIVE), 40);
	add(story, FACT_GRADE, 24, 0, 90);
	add(story, FACT_GRADE, 24, core_homework, 20);
	check_values(build(story, 34), 14, want, 15);
}

static void
discipline_is_as_computed_by_hand(void **state)
{
	static const double want[13] = { 4, 4.0 / 91 * 30, 3.5, 5, 1.1180340,
		0.8, 6, 2, 4, 0.75, 3, 4, 0.5 };
	struct story *story = *state;

	incident(story, 2, 2, 7);
	incident(story, 12, 4, 8);
	incident(story, 18, 3, 7);
	incident(story, 20, 5, 9);
	check_values(build(story, 34), 29, want, 13);
}

static void
context_is_as_computed_by_hand(void **state)
{
	struct story *story = *state;
	const float *context = story->sequence.context;

	build(story, 34);
	assert_near(context[CONTEXT_WEEKS_ELAPSED], 5, 0);
	assert_near(context[CONTEXT_REGISTRATION_LEAD], 10, 0);
	assert_near(context[CONTEXT_PREVIOUS_ATTEMPTS], 1, 0);
	assert_near(context[CONTEXT_CREDIT_LOAD], 0.5, 0);
	story->subject.registered_day = INT32_MIN;
	story->subject.previous_attempts = NAN;
	story->subject.full_load = NAN;
	build(story, 34);
	assert_near(context[CONTEXT_WEEKS_ELAPSED], 5, 0);
	for (size_t i = CONTEXT_REGISTRATION_LEAD; i < CONTEXT_COUNT; i++)
		assert_true(isnan(context[i]));
}

static void
without_records_all_but_the_counts_is_missing(void **state)
{
	struct story *story = *state;
	const float *values = build(story, 34);

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

	roll_call(story, 1, "A");
	add(story, FACT_GRADE, 9, 0, 0);
	incident(story, 9, 3, 1);
	values = build(story, 34);
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
	incident(story, 10, 3, 1);
	values = build(story, 34);
	assert_near(values[FEATURE_TIME_BETWEEN_MIN], 1, 0);
	assert_true(isnan(values[FEATURE_INCIDENT_ACCELERATION]));
	assert_true(isnan(values[FEATURE_TYPE_DIVERSITY]));
}

static void
grades_of_one_day_have_no_trend_and_later_positions_are_recent(void **state)
{
	struct story *story = *state;
	const float *values;

	/* day 10 as a number of weeks is not exact: the slope must not be
	 * noise over noise */
	for (int i = 0; i < 3; i++)
		add(story, FACT_GRADE, 10, 0, (float)(70 + i));
	values = build(story, 34);
	assert_true(isnan(values[FEATURE_GRADE_TREND]));
	assert_near(values[FEATURE_RECENT_PERFORMANCE], 72, 0);
}

static void
windows_reach_back_91_and_27_days(void **state)
{
	struct story *story = *state;
	const float *values;

	add(story, FACT_GRADE, 9, 0, 10);
	add(story, FACT_GRADE, 10, 0, 50);
	incident(story, 73, 1, 1);
	incident(story, 74, 1, 1);
	values = build(story, 100);
	assert_near(values[FEATURE_TOTAL_GRADES_TRACKED], 1, 0);
	assert_near(values[FEATURE_GRADE_MEAN], 50, 0);
	assert_near(values[FEATURE_INCIDENT_COUNT], 2, 0);
	assert_near(values[FEATURE_RECENT_INCIDENT_COUNT], 1, 0);
}

static void
a_school_day_without_rows_breaks_a_run(void **state)
{
	struct story *story = *state;
	const float *values;

	roll_call(story, 1, "A A");
	/* Saturday, no school: counts as a day, not in a run */
	roll_call(story, 5, "A");
	values = build(story, 34);
	assert_near(values[FEATURE_ABSENCE_CONSECUTIVE_DAYS], 1, 0);
	assert_near(values[FEATURE_ABSENCE_GAPS_MEAN], 1, 0);
	assert_near(values[FEATURE_TOTAL_DAYS_TRACKED], 3, 0);
}

static void
less_than_half_a_day_is_no_missed_day(void **state)
{
	struct story *story = *state;
	const float *values;

	roll_call(story, 1, "A");
	roll_call(story, 1, "P");
	roll_call(story, 1, "P");
	values = build(story, 34);
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
	roll_call(story, 0, "AAAAA"); /* of no use here */
	add(story, FACT_ACTIVITY, -3, 0, 5);
	add(story, FACT_ACTIVITY, 0, 0, 1);
	add(story, FACT_ACTIVITY, 1, 0, 3);
	add(story, FACT_ACTIVITY, 1, 0, 3);
	add(story, FACT_ACTIVITY, 2, 0, 0); /* no clicks are no activity */
	add(story, FACT_ACTIVITY, 3, 0, 9);
	add(story, FACT_ACTIVITY, 12, 0, 9); /* behind the feed's end */
	values = build(story, 34);
	assert_near(values[FEATURE_TOTAL_DAYS_TRACKED], 10, 0);
	assert_near(values[FEATURE_ATTENDANCE_RATE], 0.3, 1e-6);
	assert_near(values[FEATURE_ABSENCE_RATE], 0.7, 1e-6);
	assert_near(values[FEATURE_ABSENCE_CONSECUTIVE_DAYS], 6, 0);
	assert_near(values[FEATURE_ABSENCE_GAPS_MEAN], 1, 0);
	story->subject.course_end_day = story->start + 4;
	assert_near(build(story, 34)[FEATURE_TOTAL_DAYS_TRACKED], 5, 0);
}

static void
silence_is_absence_with_a_feed_and_missing_without(void **state)
{
	struct story *story = *state;
	const float *values;

	story->subject.attendance_from = FROM_ACTIVITY;
	values = build(story, 34);
	assert_true(isnan(values[FEATURE_ATTENDANCE_RATE]));
	assert_true(isnan(values[FEATURE_ABSENCE_CONSECUTIVE_DAYS]));
	assert_int_equal(story->sequence.missing, MISSING_RECORDS);
	story->subject.tracked_from = story->start;
	story->subject.tracked_until = story->start + 100;
	values = build(story, 34);
	assert_int_equal(story->sequence.status, FEATURES_READY);
	assert_near(values[FEATURE_ABSENCE_RATE], 1, 0);
	assert_near(values[FEATURE_ABSENCE_CONSECUTIVE_DAYS], 35, 0);
}

static void
a_correction_in_march_never_reaches_january(void **state)
{
	struct story *story = *state;
	const int march_5 = 64;
	struct fact *wrong = add(story, FACT_GRADE, 9, 0, 90);

	wrong->superseded_day = story->start + march_5;
	add(story, FACT_GRADE, 9, 0, 30)->known_day = story->start + march_5;
	assert_near(build(story, 30)[FEATURE_GRADE_MEAN], 90, 0);
	assert_near(build(story, march_5 - 1)[FEATURE_GRADE_MEAN], 90, 0);
	assert_near(build(story, march_5)[FEATURE_GRADE_MEAN], 30, 0);
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

	roll_call(story, 0, "PPAPP");
	add(story, FACT_GRADE, 9, 0, 77);
	incident(story, 12, 4, 1);
	build(story, 34);
	memcpy(before, story->sequence.steps, sizeof(before));
	add(story, FACT_GRADE, 20, 0, 1)->known_day = story->start + 35;
	add(story, FACT_ATTENDANCE, 20, ATTENDANCE_ABSENT, 0)->known_day =
	    story->start + 35;
	incident(story, 35, 5, 2);
	story->facts.facts[story->facts.count - 1].known_day = story->start;
	build(story, 34);
	assert_memory_equal(before, story->sequence.steps, sizeof(before));
	/* the same facts do count a day later */
	build(story, 35);
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
		build(story, cases[i].day);
		assert_int_equal(story->sequence.step_count, cases[i].steps);
	}
}

static void
only_the_registered_and_not_withdrawn_are_active(void **state)
{
	struct story *story = *state;

	roll_call(story, 0, "PPPPP");
	story->subject.withdrawn_day = story->start + 34;
	build(story, 33);
	assert_int_equal(story->sequence.status, FEATURES_READY);
	build(story, 34);
	assert_int_equal(story->sequence.status, FEATURES_NOT_ACTIVE);
	assert_int_equal(story->sequence.step_count, 0);
	story->subject.registered_day = story->start + 3;
	build(story, 2);
	assert_int_equal(story->sequence.status, FEATURES_NOT_ACTIVE);
	build(story, 3);
	assert_int_equal(story->sequence.status, FEATURES_INSUFFICIENT_HISTORY);
}

static void
two_weeks_are_too_little_until_the_fourth_week_ends(void **state)
{
	struct story *story = *state;
	struct feature_sequence *sequence = &story->sequence;

	roll_call(story, 0, "PPPPP");
	assert_non_null(build(story, 13));
	assert_int_equal(sequence->status, FEATURES_INSUFFICIENT_HISTORY);
	assert_int_equal(sequence->missing, MISSING_WEEKS);
	assert_int_equal(sequence->possible_from_day,
	    day_from_civil(2024, 1, 28));
	assert_string_equal(features_missing_text(sequence, &story->arena),
	    "fewer than 4 weeks have passed since the course start and the "
	    "registration; a score is possible from 2024-01-28");
	build(story, 26);
	assert_int_equal(sequence->status, FEATURES_INSUFFICIENT_HISTORY);
	build(story, 27);
	assert_int_equal(sequence->status, FEATURES_READY);
	assert_string_equal(features_missing_text(sequence, &story->arena), "");
	/* the later of course start and registration counts */
	story->subject.registered_day = story->start + 10;
	build(story, 27);
	assert_int_equal(sequence->possible_from_day, story->start + 37);
}

static void
no_record_at_all_is_too_little_at_any_time(void **state)
{
	struct story *story = *state;
	struct feature_sequence *sequence = &story->sequence;

	incident(story, 3, 2, 1);
	build(story, 100);
	assert_int_equal(sequence->status, FEATURES_INSUFFICIENT_HISTORY);
	assert_int_equal(sequence->missing, MISSING_RECORDS);
	assert_int_equal(sequence->possible_from_day, story->start + 101);
	build(story, 5);
	assert_int_equal(sequence->missing, MISSING_WEEKS | MISSING_RECORDS);
	assert_int_equal(sequence->possible_from_day, story->start + 27);
	add(story, FACT_GRADE, 1, 0, 50);
	build(story, 100);
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

#define TELL(name) cmocka_unit_test_setup_teardown(name, begin, finish)

RUN_TESTS(TELL(attendance_is_as_counted_by_hand),
    TELL(grades_are_as_computed_by_hand),
    TELL(discipline_is_as_computed_by_hand),
    TELL(context_is_as_computed_by_hand),
    TELL(without_records_all_but_the_counts_is_missing),
    TELL(one_of_a_kind_has_no_slope_and_no_spread),
    TELL(grades_of_one_day_have_no_trend_and_later_positions_are_recent),
    TELL(windows_reach_back_91_and_27_days),
    TELL(a_school_day_without_rows_breaks_a_run),
    TELL(less_than_half_a_day_is_no_missed_day),
    TELL(activity_tells_attendance_where_there_is_no_roll_call),
    TELL(silence_is_absence_with_a_feed_and_missing_without),
    TELL(a_correction_in_march_never_reaches_january),
    TELL(what_is_known_or_dated_later_changes_nothing),
    TELL(there_is_a_step_for_each_started_week_up_to_40),
    TELL(only_the_registered_and_not_withdrawn_are_active),
    TELL(two_weeks_are_too_little_until_the_fourth_week_ends),
    TELL(no_record_at_all_is_too_little_at_any_time),
    cmocka_unit_test(the_rows_stand_in_the_order_of_their_groups))
