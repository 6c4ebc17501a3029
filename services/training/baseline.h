/*
 * baseline.h - the logistic regression that every network is held against:
 * the last step's 42 features and the 4 context inputs, standardised, missing
 * being 0; the penalty is chosen by the network's own folds.
 */
#ifndef TRAINING_BASELINE_H
#define TRAINING_BASELINE_H

#include "base/err.h"
#include "ml/logistic.h"
#include "ml/model.h"
#include "services/training/search.h"

struct fitted {
	struct logistic logistic;
	double l2;
	double loss;    /* mean held-out log loss */
	double *logits; /* owned, (cohort.count): held-out */
};

/* `until`: progress at its end. */
MUST_CHECK bool baseline_fit(const struct lesson *lesson, double until,
    struct fitted *fitted, struct err *err);
void fitted_close(struct fitted *fitted);

/* Mean log loss of logits (cohort.count). */
double held_out_loss(const struct cohort *cohort, const double *logits);

#endif
