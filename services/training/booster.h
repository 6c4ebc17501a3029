/*
 * booster.h - boosted trees, grown by XGBoost (Chen and Guestrin 2016,
 * arXiv:1603.02754) through its C interface, and taken out of it.
 *
 * Log loss is boosted from the log odds of the rows learned from; thresholds
 * are looked for among the bins of a histogram.  Everything left to chance
 * comes from the seed, and each booster uses one thread, so the same rows
 * give the same trees; several may work at once in several threads.
 *
 * Only the process that trains links XGBoost.  What it grew becomes trees of
 * our own (ml/trees.h), which add up to its own bits.
 */
#ifndef TRAINING_BOOSTER_H
#define TRAINING_BOOSTER_H

#include "base/err.h"
#include "ml/trees.h"
#include "services/training/table.h"

struct booster_settings {
	int depth;          /* of a tree, at most TREES_DEPTH_MAX */
	double rate;        /* of learning: what is kept of a tree's say */
	double least;       /* curvature (sum of p (1 - p)) a leaf must have */
	double l2;          /* on leaf values */
	double row_share;   /* of rows a tree is grown on */
	double input_share; /* of inputs a tree may ask for */
};

struct booster;

/* `watched` NULL, or a table whose logits are asked for as trees are added. */
MUST_CHECK bool booster_new(struct booster **booster,
    const struct booster_settings *settings, const struct table *learned,
    const struct table *watched, uint64_t seed, struct err *err);
void booster_free(struct booster *booster); /* NULL is nothing */

/* Grow one more tree. */
MUST_CHECK bool booster_grow(struct booster *booster, struct err *err);

/* What all trees say of the rows watched, as XGBoost adds them up; (count),
 * good until the next call. */
MUST_CHECK bool booster_logits(struct booster *booster, const float **logits,
    struct err *err);

/* The trees so far, the caller's. */
MUST_CHECK bool booster_trees(struct booster *booster, struct trees **trees,
    struct err *err);

#endif
