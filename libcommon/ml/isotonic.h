/*
 * isotonic.h - scores that rise as the held-out outcomes do, where there are
 * enough of them; laid over Platt's calibration (calibration.h).
 *
 * Pool adjacent violators (Ayer et al. 1955; Robertson, Wright and Dykstra
 * 1988, 1.2) over the held-out outcomes in the order of their calibrated
 * logits.  A fit like that is a staircase, so what is kept is smoothed and
 * clipped:
 *	- neighbouring steps are pooled until each holds a fiftieth of the
 *	  samples, and at least 50;
 *	- a step's rate is clipped to 1 / (N- + 2) ... (N+ + 1) / (N+ + 2),
 *	  Platt's own targets, so no score says never or always;
 *	- a step becomes one knot, its mean logit and the logit of its rate;
 *	  between knots the line is straight, and beyond the first and the last
 *	  it goes on with slope 1, as Platt's.
 * So it rises everywhere: who was ahead stays ahead.
 *
 * It changes scores alone.  Explanations stay in Platt's calibrated logits,
 * where parts add up.
 */
#ifndef ML_ISOTONIC_H
#define ML_ISOTONIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { ISOTONIC_KNOTS = 50, ISOTONIC_STUDENTS = 1000 };

struct isotonic {
	int count;                   /* knots; 0: changes nothing */
	float at[ISOTONIC_KNOTS];    /* calibrated logit, rising */
	float value[ISOTONIC_KNOTS]; /* logit of the score there, rising */
};

/* logit, adverse: (count), calibrated and held out.  Fails with ERR_INVALID:
 * fewer than two steps are left, or a logit is not finite. */
MUST_CHECK bool isotonic_fit(struct isotonic *isotonic, const double *logit,
    const uint8_t *adverse, size_t count, struct err *err);

/* Calibrated logit to the logit of the score. */
double isotonic_apply(const struct isotonic *isotonic, double logit);

/* Do the knots rise, are they finite, are there 0 or at least 2? */
bool isotonic_is_valid(const struct isotonic *isotonic);

/* Pool until the means rise: value and weight are (count), in order; how many
 * steps are left in front. */
size_t isotonic_pool(double *value, double *weight, size_t count);

#endif
