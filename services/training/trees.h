/*
 * trees.h - the boosted trees that every network is held against: on the last
 * step's 42 features and the 4 context inputs as they are, missing being
 * missing.
 *
 * Settings are asked of the training cohorts alone, by the network's own
 * folds over students.  On each fold trees are added until its held-out loss
 * has not become better for a while; of each settings the number of trees is
 * the one with the lowest mean over the folds, and of all settings the best
 * are kept.  They then make the held-out logits, and the trees of all samples.
 */
#ifndef TRAINING_TREES_H
#define TRAINING_TREES_H

#include "base/err.h"
#include "services/training/booster.h"
#include "services/training/search.h"

struct grown {
	struct trees *trees; /* owned: of all samples */
	struct booster_settings settings;
	int count;      /* trees */
	double loss;    /* mean held-out log loss */
	double *logits; /* owned, (cohort.count): held-out */
};

/* `until`: progress at its end. */
MUST_CHECK bool trees_grow(const struct lesson *lesson, double until,
    struct grown *grown, struct err *err);
void grown_close(struct grown *grown);

#endif
