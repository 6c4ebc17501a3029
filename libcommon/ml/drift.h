/*
 * drift.h - has what a model sees moved away from what it learned from?
 *
 * Each column (42 features and the score) of a window is compared with the
 * mixture of reference weeks that its rows belong to (mixture.h):
 *	p       Kolmogorov-Smirnov (kolmogorov.h), a missing value being one
 *	        below all others, on up to DRIFT_ROWS rows of the window drawn
 *	        by lot; corrected over the columns (Benjamini and Hochberg)
 *	effect  population stability index less its bias (stability.h), over
 *	        10 bins by reference quantile, values below and above the
 *	        reference's range, and missing ones
 * A column has drifted when the corrected p is at most `alarms` and the effect
 * is above the column's limit and what the calendar alone may have moved it.
 * The data set has drifted when more than DRIFT_SHARE of its features have.
 *
 * While nothing has moved, Benjamini and Hochberg's correction keeps the chance
 * that any column has a corrected p so small at `alarms`, for independent
 * columns and for positively dependent ones (Benjamini and Yekutieli, 2001):
 * so `alarms` = 1 / N is one false alarm in N checks, at most.  It must not be
 * below REFERENCE_COLUMNS / (KS_DEALS + 1), some 1 / 232: a p that was dealt
 * could not be small enough for a single column.
 */
#ifndef ML_DRIFT_H
#define ML_DRIFT_H

#include <stddef.h>
#include <stdint.h>

#include "ml/kolmogorov.h"
#include "ml/mixture.h"

enum {
	DRIFT_ROWS = 2000,
	DRIFT_LEAST = 30 /* rows: fewer are not enough data */
};
#define DRIFT_SHARE .2

enum drift_verdict { DRIFT_STABLE, DRIFT_DRIFTED, DRIFT_NOT_ENOUGH_DATA };

/* What the model has seen. */
struct drift_window {
	const float *values;  /* borrowed, (count, REFERENCE_COLUMNS), NaN
				 missing */
	const uint16_t *week; /* borrowed, (count): week of the course */
	size_t count;
};

struct drift_limits {
	double alarms;  /* chance of a false alarm in a check, 0 to 1 */
	double feature; /* an effect above it counts */
	double score;   /* likewise, of the score */
	uint64_t seed;
};

struct drift_column {
	enum drift_verdict verdict;
	/* Of use unless there is not enough data: */
	double index;  /* population stability index */
	double effect; /* the same without its bias */
	double limit;  /* what the effect must be above */
	double d;      /* Kolmogorov-Smirnov */
	double p;
	double corrected;
	enum ks_method method;
	/* NaN when all values are missing: */
	double reference_mean, window_mean;
	double reference_missing, window_missing; /* shares */
};

struct drift_finding {
	enum drift_verdict verdict; /* of the data set */
	int judged;                 /* features with enough data */
	int drifted;                /* of them */
	double matched;             /* share of rows with a near week */
	size_t reference_rows;      /* behind p */
	size_t window_rows;
	struct drift_column columns[REFERENCE_COLUMNS];
};

void drift_compare(const struct reference *reference,
    const struct drift_window *window, const struct drift_limits *limits,
    struct drift_finding *finding);

#endif
