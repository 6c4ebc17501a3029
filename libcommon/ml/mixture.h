/*
 * mixture.h - which weeks of a reference a window is compared with.
 *
 * Features move with the school's calendar, so a row of the window is compared
 * with the reference week nearest to its own, up to MIXTURE_NEAR weeks away
 * (two equally near ones share it); rows without one with all weeks together.
 * The reference of a whole window is the mixture of its weeks in these
 * proportions.  Weeks with fewer than MIXTURE_LEAST samples do not count.
 *
 * Between two reference weeks a feature that grows with the course lies where
 * neither of them has it.  How far the calendar alone may have moved it is
 * measured in the reference itself: the effect between the two weeks on either
 * side of a row's own (the two nearest ones where it lies outside of all), 0
 * for a row whose very week is there, averaged over the rows.
 */
#ifndef ML_MIXTURE_H
#define ML_MIXTURE_H

#include "ml/reference.h"

enum { MIXTURE_NEAR = 2, MIXTURE_LEAST = 30 };

struct mixture {
	const struct reference *reference; /* borrowed */
	double weight[REFERENCE_WEEKS];    /* add up to 1, or all 0: no week
					      counts */
	double rows;    /* as many samples without weights tell as much */
	double matched; /* share of the window's rows with a near week */
	double movement[REFERENCE_COLUMNS];
};

/* week: (count), of the window's rows. */
void mixture_make(struct mixture *mixture, const struct reference *reference,
    const uint16_t *week, size_t count);

/* A column's counts, adding up to mixture->rows. */
void mixture_counts(const struct mixture *mixture, int column,
    double counts[REFERENCE_SLOTS]);
/* Its mean over what is not missing; NaN when all is. */
double mixture_mean(const struct mixture *mixture, int column);

/* A sample in the mixture's proportions, ascending, missing values as
 * -INFINITY; how many, the same for each column.  (MIXTURE_SAMPLE) */
enum { MIXTURE_SAMPLE = REFERENCE_WEEKS * REFERENCE_SAMPLE };
size_t mixture_sample(const struct mixture *mixture, int column, uint64_t seed,
    float *values);

#endif
