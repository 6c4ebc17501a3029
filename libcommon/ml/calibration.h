/*
 * calibration.h - make scores mean what they say (Platt scaling).
 *
 *	calibrated logit = slope * logit + intercept
 *
 * fitted by maximum likelihood on out-of-fold logits, with Platt's targets
 * (N+ + 1) / (N+ + 2) and 1 / (N- + 2) in place of 1 and 0 (Platt,
 * Probabilistic outputs for support vector machines, 1999), by Newton's method
 * with halved steps in the stable form of Lin, Lin and Weng (2007); they fit
 * A = -slope and B = -intercept.  The logits are moved and scaled to [-1, 1]
 * for the fit, so neither their size nor their distance from 0 matters.
 */
#ifndef ML_CALIBRATION_H
#define ML_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct calibration {
	double slope; /* over 0: the ranking never changes */
	double intercept;
};

/* Changes nothing: for a model that is calibrated by itself. */
#define CALIBRATION_NONE ((struct calibration){ 1.0, 0.0 })

/* logit, adverse: (count).  Fails with ERR_INVALID: a logit that is not
 * finite, one class alone, logits that are all equal or differ so little for
 * their size that a calibrated logit would be wrong by 1e-6, no convergence, or
 * a slope of 0 or less (the model ranks the wrong way round). */
MUST_CHECK bool calibration_fit(struct calibration *calibration,
    const double *logit, const uint8_t *adverse, size_t count, struct err *err);

/* Model's logit to calibrated logit, and back. */
double calibration_apply(const struct calibration *calibration, double logit);
double calibration_invert(const struct calibration *calibration,
    double calibrated_logit);

/* Model's logit to risk score, and back; score in (0, 1). */
double calibration_score(const struct calibration *calibration, double logit);
double calibration_logit_of_score(const struct calibration *calibration,
    double score);

#endif
