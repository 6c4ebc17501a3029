/*
 * bootstrap.h - how far chance alone moves a measure or a difference.
 *
 * What is drawn again is the student with all samples of that student, never
 * a single row: rows of one student resemble each other (the cluster
 * bootstrap: Davison and Hinkley, Bootstrap Methods, 1997, 3.8).  A resample
 * draws as many students as there are, with replacement.  Intervals are
 * percentile intervals (Efron and Tibshirani, 1993, ch. 13), quantiles by
 * linear interpolation (type 7 of Hyndman and Fan, 1996).
 *
 * Students are drawn in the order of their ids, so the result depends on seed
 * and samples, not on the order of rows.  Resamples in which a measure is
 * undefined are left out of that measure's interval and counted.
 */
#ifndef ML_BOOTSTRAP_H
#define ML_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ml/measures.h"

struct bootstrap_plan {
	uint64_t seed;
	size_t resamples; /* at least 40; 1,000 is usual */
};

struct resampled_interval {
	double low;
	double high;
	size_t resamples; /* it rests on; 0: low and high are NaN */
};

struct measures_report {
	size_t students;
	struct measures measures; /* of the samples themselves */
	struct resampled_interval interval[MEASURE_COUNT]; /* 95 %, two-sided */
};

/* Measures with intervals.  Fails with ERR_INVALID as ranking_init does, and
 * when there is no sample. */
MUST_CHECK bool bootstrap_measures(const struct scored *samples,
    const struct bootstrap_plan *plan, struct measures_report *report,
    struct err *err);

/* Two models on the very same samples; all arrays borrowed. */
struct paired {
	size_t count;
	const double *champion;   /* (count), score */
	const double *challenger; /* (count), score */
	const uint8_t *adverse;   /* (count) */
	const uint64_t *student;  /* (count) */
	const uint16_t *week;     /* (count), reference week of the sample */
};

/* What each of the two measures, and how far they are apart. */
struct measures_twice {
	size_t students;
	struct measures champion;
	struct measures challenger;
	/* 95 %, two-sided, of the challenger's less the champion's. */
	struct resampled_interval difference[MEASURE_COUNT];
};

/* Weeks are not read: all samples count alike.  Fails with ERR_INVALID as
 * ranking_init does, and when there is no sample. */
MUST_CHECK bool bootstrap_measures_twice(const struct paired *paired,
    const struct bootstrap_plan *plan, struct measures_twice *report,
    struct err *err);

/* Of the challenger minus the champion: below 0 the challenger is better. */
struct difference {
	size_t students;
	size_t weeks;
	double mean; /* of the weekly means, each week counting once */
	double standard_error; /* deviation of the resampled means */
	double upper;          /* one-sided 95 % bound: the 95th percentile */
};

/* Difference in log loss.  Fails with ERR_INVALID when a score is no
 * probability or there are fewer than two students. */
MUST_CHECK bool bootstrap_log_loss_difference(const struct paired *paired,
    const struct bootstrap_plan *plan, struct difference *difference,
    struct err *err);

/* Groups may overlap: gender and age band are both asked in one call. */
struct group_mask {
	const char *name;      /* borrowed: "disability=yes" */
	const uint8_t *member; /* borrowed, (count): 1, the sample is in it */
};

/* Those whose scores are below the cut are not offered help. */
struct served_cuts {
	double champion;
	double challenger;
};

enum { GROUP_MIN_ADVERSE = 50 };

struct group_rise {
	const char *name;        /* borrowed from the mask */
	size_t adverse_students; /* students with an adverse outcome */
	bool tested;             /* enough of them; else the rest is NaN */
	double champion_rate;    /* false-negative rates, averaged over weeks */
	double challenger_rate;
	double rise;
	double standard_error;
	double p_value; /* of "the rise is at most the margin", Holm-adjusted */
	double lower;   /* one-sided bound at the level Holm gives the group */
};

/*
 * The rise in false-negative rate of each group, tested against `margin` at
 * a family-wise 5 % (Holm, 1979): groups in order of their p-values, the i-th
 * of m (from 0) at level .05 / (m - i), until one is not significant; later
 * ones keep that level, so `lower` > margin exactly where Holm rejects.
 * p-values are normal with the bootstrap's standard error (percentiles at
 * .05 / 20 would rest on a handful of resamples).  rises: (count).
 */
struct rise_question {
	const struct group_mask *group; /* borrowed, (count) */
	size_t count;
	struct served_cuts cuts;
	double margin; /* .05 */
};

MUST_CHECK bool bootstrap_group_rises(const struct paired *paired,
    const struct rise_question *question, const struct bootstrap_plan *plan,
    struct group_rise *rises, struct err *err);

/*
 * The same test of another difference: the challenger's false-negative rate in
 * a group less that of everyone else, both averaged over weeks.  The champion
 * is not read; `champion_rate` is that of the others, `rise` the gap.  A group
 * is tested when there are enough of the others too.
 */
MUST_CHECK bool bootstrap_group_gaps(const struct paired *paired,
    const struct rise_question *question, const struct bootstrap_plan *plan,
    struct group_rise *gaps, struct err *err);

#endif
