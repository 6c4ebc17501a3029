/*
 * maker.h - from what was fitted to a model that can be served.
 */
#ifndef TRAINING_MAKER_H
#define TRAINING_MAKER_H

#include "ml/model.h"
#include "services/training/baseline.h"
#include "services/training/search.h"
#include "services/training/seen.h"
#include "services/training/trees.h"

/* What all kinds of model are made with. */
struct makings {
	const struct cohort *cohort; /* borrowed, standardised */
	const struct table *table;   /* borrowed: the cohort before that */
	const struct network_standard *standard;
	const struct seen *seen; /* borrowed: the cohort before that; NULL:
				    no reference is kept */
	uint64_t seed;
	/* Borrowed, (cohort.count) each: held-out logits of every kind; NULL:
	 * there are none. */
	const double *held_out[MODEL_KINDS];
	size_t folds;     /* that these are of */
	bool is_isotonic; /* the scores, over Platt's calibration */
};

/* Calibrated on the held-out logits, with typical steps, interval, golden rows
 * and the reference for drift; the manifest is still empty.  `network` is taken
 * over.  `*model` is the caller's, also when this fails: with ERR_INVALID,
 * where the held-out logits cannot be calibrated. */
MUST_CHECK bool make_network(const struct makings *makings,
    struct network *network, const struct chosen *chosen, struct model **model,
    struct err *err);
MUST_CHECK bool make_logistic(const struct makings *makings,
    const struct fitted *fitted, struct model **model, struct err *err);
/* The trees are taken out of `grown`. */
MUST_CHECK bool make_trees(const struct makings *makings, struct grown *grown,
    struct model **model, struct err *err);

/* The mean of the standardised steps at each place, and of the contexts, as a
 * model reads them (missing is 0); behind the longest sample its last step. */
void typical_student(const struct cohort *cohort, struct baseline *baseline);

#endif
