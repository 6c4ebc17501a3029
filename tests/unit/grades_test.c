/* grades_test.c - features 14 to 28 against sums done by hand. */
#include "ml/features.h"

#include <math.h>

#include "tests/support/story.h"
#include "tests/support/test.h"

static void
grades_are_as_computed_by_hand(void **state)
{
	static const double want[15] = { 2.36, 59, 26.5329983, 20, 90,
		-8.9705882, 0.4497118, 0.4, 55, -4, 55, 40, 50, 52.5, 5 };
	struct story *story = *state;
	int core_homework = fact_grade_detail(ASSESSMENT_HOMEWORK, COURSE_CORE);

	story_add(story, FACT_GRADE, 3, core_homework, 85);
	story_add(story, FACT_GRADE, 10,
	    fact_grade_detail(ASSESSMENT_TEST, COURSE_CORE), 60);
	story_add(story, FACT_GRADE, 17,
	    fact_grade_detail(ASSESSMENT_TEST, COURSE_ELECTIVE), 40);
	story_add(story, FACT_GRADE, 24, 0, 90);
	story_add(story, FACT_GRADE, 24, core_homework, 20);
	check_values(story_build(story, 34), 14, want, 15);
}

static void
grades_of_one_day_have_no_trend_and_later_positions_are_recent(void **state)
{
	struct story *story = *state;
	const float *values;

	/* day 10 as a number of weeks is not exact: the slope must not be
	 * noise over noise */
	for (int i = 0; i < 3; i++)
		story_add(story, FACT_GRADE, 10, 0, (float)(70 + i));
	values = story_build(story, 34);
	assert_true(isnan(values[FEATURE_GRADE_TREND]));
	assert_near(values[FEATURE_RECENT_PERFORMANCE], 72, 0);
}

RUN_TESTS(STORY(grades_are_as_computed_by_hand),
    STORY(grades_of_one_day_have_no_trend_and_later_positions_are_recent))
