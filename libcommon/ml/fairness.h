/*
 * fairness.h - is the model as good for each group as for the others?
 *
 * One call looks at one protected attribute (gender, age band ...) at one
 * reference week or over several.  Per group:
 *   false-positive rate  score at or above the cut among good outcomes
 *   false-negative rate  score below the cut among adverse outcomes
 *   calibration          mean score against observed rate
 *   AUROC
 *   ABROCA               the area between the group's ROC curve and that of
 *                        the others, integral of the absolute difference over
 *                        the false-positive rate (Gardner, Brooks, Baker,
 *                        2019); exact for the piecewise linear curves, ties
 *                        being slopes, not steps
 * ABROCA is never negative: chance alone lifts it in small groups, so it is
 * to be read beside the group's size.  Undefined values are NaN.
 */
#ifndef ML_FAIRNESS_H
#define ML_FAIRNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ml/bootstrap.h"
#include "ml/measures.h"

enum {
	FAIRNESS_MIN_STUDENTS = 20, /* below: "not enough data" */
	FAIRNESS_UNKNOWN = 255,     /* group of a sample that told nothing */
	FAIRNESS_REST = -1          /* compare with all other known groups */
};

struct fairness_question {
	const uint8_t *group; /* borrowed, (samples): below group_count, or
				 FAIRNESS_UNKNOWN, which is left out */
	size_t group_count;   /* at most FAIRNESS_UNKNOWN */
	double cut;           /* the served cut, on the score */
	int reference;        /* a group, or FAIRNESS_REST */
};

struct group_fairness {
	size_t count; /* samples */
	size_t students;
	bool enough; /* false: what follows is NaN */
	double base_rate;
	double false_positive_rate;
	double false_negative_rate;
	double mean_score;
	double calibration_gap; /* mean score - base rate */
	double log_loss;
	double auroc;
	double abroca; /* NaN too where the reference is not enough data; of
			  the reference group itself 0 */
};

/* groups: (group_count).  `samples` need students.  Fails with ERR_INVALID
 * when a score is no probability. */
MUST_CHECK bool fairness_measure(const struct scored *samples,
    const struct fairness_question *question, struct group_fairness *groups,
    struct err *err);

/* The area between two ROC curves; NaN when one has a single class. */
double fairness_abroca(const struct ranking *a, const struct ranking *b);

/* The same of two weightings of one ranking, (count) by place in it. */
double fairness_abroca_weighted(const struct ranking *ranking,
    const uint32_t *a, const uint32_t *b);

/* How far chance alone moves what is measured of a group: 95 % intervals, by
 * students drawn again (bootstrap.h).  Of a group that is not enough data all
 * are NaN; of ABROCA the whole interval lies above 0, as it cannot be less. */
struct group_intervals {
	struct resampled_interval false_positive_rate;
	struct resampled_interval false_negative_rate;
	struct resampled_interval calibration_gap;
	struct resampled_interval auroc;
	struct resampled_interval abroca;
};

/* groups, as fairness_measure left them, and intervals: (group_count).  Fails
 * as fairness_measure does. */
MUST_CHECK bool fairness_bootstrap(const struct scored *samples,
    const struct fairness_question *question, const struct bootstrap_plan *plan,
    const struct group_fairness *groups, struct group_intervals *intervals,
    struct err *err);

#endif
