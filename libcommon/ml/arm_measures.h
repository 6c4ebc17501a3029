/*
 * arm_measures.h - how the arms of an experiment do, and how far each is from
 * the control.
 *
 * Intervals are of the cluster bootstrap (bootstrap.h): students are drawn
 * from all arms together, so one who is on two arms by two enrollments counts
 * in both as often.  They hold for one look: whoever looks again and again and
 * stops at the first difference finds one by chance (Armitage, McPherson and
 * Rowe, 1969).
 *
 * Of scores whose outcome is known: Brier, log loss, AUROC and ECE as in
 * measures.h, and
 *   calibration gap      mean score less share of adverse outcomes
 *   false-negative rate  of adverse outcomes, the share without an alert
 * Of all scores:
 *   alert rate           share with an alert
 */
#ifndef ML_ARM_MEASURES_H
#define ML_ARM_MEASURES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	ARM_LEAST = 20, /* students; of a false-negative rate, with an adverse
			 * outcome */
	ARM_OUTCOME_UNKNOWN = 2
};

enum arm_measure {
	ARM_BRIER,
	ARM_LOG_LOSS,
	ARM_AUROC,
	ARM_ECE,
	ARM_CALIBRATION_GAP,
	ARM_FALSE_NEGATIVES,
	ARM_ALERTS,
	ARM_MEASURES
};

/* Scores of all arms; all arrays borrowed, (count). */
struct arm_samples {
	size_t count;
	size_t arms;            /* at least 1; 0 is the control */
	const uint8_t *arm;     /* below arms */
	const double *score;    /* probability */
	const uint8_t *outcome; /* 0, 1 adverse, ARM_OUTCOME_UNKNOWN */
	const uint8_t *alert;   /* 1: staff was told to look */
	const uint64_t *student;
	uint64_t seed;    /* of the draws */
	size_t resamples; /* draws, at least 40 */
};

struct arm_estimate {
	double value;     /* NaN: undefined, or of too few students */
	double low, high; /* 95 %, two-sided; NaN with it */
};

struct arm_measured {
	size_t scores;
	size_t students;
	size_t known; /* scores whose outcome is known */
	size_t known_students;
	size_t adverse_students;
	struct arm_estimate own[ARM_MEASURES];
	struct arm_estimate difference[ARM_MEASURES]; /* less the control's */
};

/* measured: (arms).  Fails with ERR_INVALID as ranking_init does. */
MUST_CHECK bool arms_measure(const struct arm_samples *samples,
    struct arm_measured *measured, struct err *err);

#endif
