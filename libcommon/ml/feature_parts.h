/*
 * feature_parts.h - what features.c hands to the files of the four groups.
 *
 * Every window is 13 whole blocks of one grid of days that begins at
 * first_day: what can be summed is summed once a block.  Private to the
 * feature builder; the definitions are in features.h.
 */
#ifndef ML_FEATURE_PARTS_H
#define ML_FEATURE_PARTS_H

#include "ml/features.h"

enum {
	BLOCK_DAYS = 7,
	WINDOW_DAYS = BLOCK_DAYS * FEATURE_WINDOW_WEEKS,
	BLOCKS_MAX = FEATURE_STEPS + FEATURE_WINDOW_WEEKS - 1,
	GRID_DAYS_MAX = BLOCKS_MAX * BLOCK_DAYS
};

/* The rows of one day, by status; a day without rows is not tracked. */
struct day_tally {
	uint32_t rows;
	uint32_t tardy;
	uint32_t absent;
	uint32_t excused;
};

/* A grade or an incident. */
struct mark {
	uint64_t position;
	int32_t day;
	float value;
	uint16_t code;
	uint8_t detail;
};

/* Ordered by day, then position. */
struct marks {
	struct mark *marks;
	size_t count;
};

struct feature_task {
	const struct feature_subject *subject; /* borrowed: the caller's */
	struct calendar calendar;              /* that counts for the subject */
	int32_t reference_day;                 /* last day of the grid */
	int32_t first_day;                     /* first day of the grid */
	size_t step_count;
	struct day_tally *days; /* (7 * (step_count + 12)) from first_day */
	struct marks grades;    /* of the grid's days */
	struct marks incidents;
	struct arena *arena;
};

/* First and last day of a step's window. */
struct day_range window_of(const struct feature_task *task, size_t step);

/* Narrow [*from, *to) to the marks of a window; both only ever move forward
 * from step to step and begin at 0. */
void window_marks(const struct marks *all, struct day_range window,
    size_t *from, size_t *to);

/* Mean and deviation of a population; both NaN when nothing is there. */
struct spread {
	double mean;
	double std;
};
struct spread spread_of(const double *values, size_t count);
/* Least-squares slope of y over x, which ascends; NaN when all x are the same
 * or there are fewer than 2. */
double slope_of(const double *x, const double *y, size_t count);
/* over / under; NaN when under is 0. */
float ratio(double over, double under);

/* Each fills its group's values of `steps` (step_count, 42). */
void attendance_features(const struct feature_task *task, float *steps);
void grade_features(const struct feature_task *task, float *steps);
void discipline_features(const struct feature_task *task, float *steps);
/* Needs no grid: the four values for the subject on the day. */
void context_features(const struct feature_subject *subject,
    int32_t reference_day, float context[CONTEXT_COUNT]);

#endif
