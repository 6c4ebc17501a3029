/*
 * search.h - which settings, and for how many epochs: asked of the training
 * cohorts alone, by folds over students.
 *
 * Random search (Bergstra and Bengio 2012), then successive halving (Jamieson
 * and Talwalkar 2016) over three rungs: many settings on two folds for a few
 * epochs, the best four on three folds, the best one on all folds.  A rung
 * ranks by the lowest mean validation loss over its epochs; the last one also
 * says after how many epochs to stop, and its held-out logits at that epoch
 * are what calibration is fitted to.
 */
#ifndef TRAINING_SEARCH_H
#define TRAINING_SEARCH_H

#include "base/err.h"
#include "ml/folds.h"
#include "services/training/reporter.h"
#include "services/training/table.h"
#include "services/training/trial.h"

struct lesson {
	const struct cohort *cohort; /* borrowed, standardised */
	const struct table *table;   /* borrowed: the cohort before that */
	const struct folds *folds;   /* borrowed */
	struct reporter *reporter;   /* borrowed */
	uint64_t seed;
	int epochs; /* at most */
	int hidden; /* 0: searched */
};

struct chosen {
	struct trial_settings settings;
	int epochs;
	double loss;    /* mean held-out log loss at that epoch */
	double *logits; /* owned, (cohort.count): held-out */
};

/* Fails with ERR_INVALID when no settings give finite losses. */
MUST_CHECK bool search_network(const struct lesson *lesson,
    struct chosen *chosen, struct err *err);
void chosen_close(struct chosen *chosen);

#endif
