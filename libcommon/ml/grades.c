/*
 * grades.c - features 14 to 28: level, spread, direction and kind of scores.
 */
#include <math.h>

#include "ml/feature_parts.h"

/* The grades of all windows, laid out for the arithmetic over parts. */
struct grades {
	const struct mark *marks;
	double *week;  /* (count) day / 7 */
	double *score; /* (count) */
};

static void
lay_out(const struct feature_task *task, struct grades *all)
{
	const struct marks *marks = &task->grades;

	all->marks = marks->marks;
	all->week = arena_array(task->arena, marks->count, sizeof(double));
	all->score = arena_array(task->arena, marks->count, sizeof(double));
	for (size_t i = 0; i < marks->count; i++) {
		int32_t day = marks->marks[i].day - task->first_day;

		all->week[i] = (double)day / BLOCK_DAYS;
		all->score[i] = (double)marks->marks[i].value;
	}
}

static void
fill_level(const struct grades *all, size_t from, size_t to, double pass_mark,
    float *values)
{
	size_t count = to - from;
	struct spread spread = spread_of(all->score + from, count);
	double lowest = NAN;
	double highest = NAN;
	size_t failed = 0;

	for (size_t i = from; i < to; i++) {
		lowest = fmin(lowest, all->score[i]);
		highest = fmax(highest, all->score[i]);
		failed += all->score[i] < pass_mark;
	}
	values[FEATURE_GPA_CURRENT] = (float)(spread.mean / 25);
	values[FEATURE_GRADE_MEAN] = (float)spread.mean;
	values[FEATURE_GRADE_STD] = (float)spread.std;
	values[FEATURE_GRADE_MIN] = (float)lowest;
	values[FEATURE_GRADE_MAX] = (float)highest;
	values[FEATURE_GRADE_VOLATILITY] = ratio(spread.std, spread.mean);
	values[FEATURE_FAILING_RATE] = ratio((double)failed, (double)count);
	values[FEATURE_TOTAL_GRADES_TRACKED] = (float)count;
}

static void
fill_direction(const struct grades *all, size_t from, size_t to, float *values)
{
	size_t count = to - from;
	size_t latest = (3 * count + 9) / 10;
	double mean = spread_of(all->score + from, count).mean;
	double recent = spread_of(all->score + to - latest, latest).mean;

	values[FEATURE_GRADE_TREND] =
	    (float)slope_of(all->week + from, all->score + from, count);
	values[FEATURE_RECENT_PERFORMANCE] = (float)recent;
	values[FEATURE_PERFORMANCE_CHANGE] = (float)(recent - mean);
}

/* Sum and number of the scores of one kind. */
struct kind {
	double sum;
	double count;
};

static void
fill_kinds(const struct grades *all, size_t from, size_t to, float *values)
{
	struct kind course[COURSE_ELECTIVE + 1] = { 0 };
	struct kind assessment[ASSESSMENT_HOMEWORK + 1] = { 0 };

	for (size_t i = from; i < to; i++) {
		uint8_t detail = all->marks[i].detail;
		struct kind *in_course = &course[fact_grade_course(detail)];
		struct kind *in_assessment =
		    &assessment[fact_grade_assessment(detail)];

		in_course->sum += all->score[i];
		in_course->count++;
		in_assessment->sum += all->score[i];
		in_assessment->count++;
	}
	values[FEATURE_CORE_SUBJECT_MEAN] =
	    ratio(course[COURSE_CORE].sum, course[COURSE_CORE].count);
	values[FEATURE_ELECTIVE_SUBJECT_MEAN] =
	    ratio(course[COURSE_ELECTIVE].sum, course[COURSE_ELECTIVE].count);
	values[FEATURE_TEST_SCORE_MEAN] = ratio(assessment[ASSESSMENT_TEST].sum,
	    assessment[ASSESSMENT_TEST].count);
	values[FEATURE_HOMEWORK_SCORE_MEAN] =
	    ratio(assessment[ASSESSMENT_HOMEWORK].sum,
		assessment[ASSESSMENT_HOMEWORK].count);
}

void
grade_features(const struct feature_task *task, float *steps)
{
	struct grades all;
	size_t from = 0;
	size_t to = 0;

	lay_out(task, &all);
	for (size_t step = 0; step < task->step_count; step++) {
		float *values = steps + step * FEATURE_COUNT;

		window_marks(&task->grades, window_of(task, step), &from, &to);
		fill_level(&all, from, to, (double)task->subject->pass_mark,
		    values);
		fill_direction(&all, from, to, values);
		fill_kinds(&all, from, to, values);
	}
}
