/*
 * resample.h - what every bootstrap here shares: drawing students, numbers
 * about what came out, and means by week.  For the bootstraps of libcommon/ml
 * alone; bootstrap.h is the contract.
 */
#ifndef ML_RESAMPLE_H
#define ML_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "ml/bootstrap.h"
#include "ml/students.h"

/* Chance, and how often it has drawn each student this time. */
struct draw {
	struct random random;
	size_t students;
	uint32_t *times; /* owned, (students) */
};

void draw_init(struct draw *draw, const struct bootstrap_plan *plan,
    size_t students);
void draw_again(struct draw *draw);
void draw_close(struct draw *draw);

/* Sort the finite values to the front and count them. */
size_t resample_sort(double *value, size_t count);
/* sorted: (count), count > 0; type 7. */
double resample_quantile(const double *sorted, size_t count, double share);
/* The two-sided 95 % interval of the finite values, which are sorted. */
struct resampled_interval resample_interval(double *value, size_t count);
/* With count - 1 below; NaN for fewer than two. */
double resample_deviation(const double *value, size_t count);

/* Paired samples, with students and weeks as small numbers. */
struct panel {
	const struct paired *paired; /* borrowed */
	struct students students;
	uint16_t *week; /* owned, (count), from 0 on */
	size_t weeks;
};

MUST_CHECK bool panel_init(struct panel *panel, const struct paired *paired,
    struct err *err);
void panel_close(struct panel *panel);

/* A value for some of the samples, to be averaged by week. */
struct series {
	size_t count;
	uint32_t *student; /* owned, (count) */
	uint16_t *week;    /* owned, (count) */
	double *value;     /* owned, (count) */
	size_t weeks;
	double *sum;    /* owned, (weeks), scratch */
	double *weight; /* owned, (weeks), scratch */
};

void series_init(struct series *series, const struct panel *panel);
void series_close(struct series *series);
void series_add(struct series *series, const struct panel *panel, size_t row,
    double value);

/* The mean of the means of those weeks that have a sample.  `times` is how
 * often each student counts; NULL: once. */
double series_mean(struct series *series, const uint32_t *times);

/* Resampled means, sorted; `kept` is how many are defined.  free() it. */
double *resample_series(struct series *series, size_t students,
    const struct bootstrap_plan *plan, size_t *kept);

#endif
