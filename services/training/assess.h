/*
 * assess.h - how models do on cohorts they never saw.
 *
 * A target is what counts as the outcome: adverse (any), fail, withdrawn.
 * For one kind alone the samples of the other kind are left out: fail against
 * those who passed.  Scores are always those of an adverse outcome, and beside
 * their log loss stands that of telling everyone the base rate.
 */
#ifndef TRAINING_ASSESS_H
#define TRAINING_ASSESS_H

#include "base/arena.h"
#include "base/err.h"
#include "ml/model.h"
#include "proto/training.h"
#include "services/training/cohort.h"
#include "services/training/reporter.h"

enum { TARGETS = 3, ASSESS_RESAMPLES = 1000 };

/* A model with its scores on the test samples. */
struct contender {
	const char *name;    /* network, logistic, trees, champion */
	struct model *model; /* borrowed */
	double *scores;      /* (count) in the arena */
};

/* Score the samples, which are not standardised. */
void contender_score(struct contender *contender, const struct cohort *test,
    struct arena *arena);

struct assessment {
	const struct cohort *test; /* borrowed, not standardised */
	const double *weeks;       /* borrowed, (week_count), ascending */
	size_t week_count;
	size_t target_count; /* the first so many of TARGETS */
	uint64_t seed;
	struct arena *arena;
	struct reporter *reporter;
};

/* By week and over all weeks, for each target that has both outcomes. */
MUST_CHECK bool assess(const struct assessment *assessment,
    const struct contender *contender, struct evaluation **evaluations,
    size_t *count, struct err *err);

/* Evaluations of several models, `count` of each in the same order, as one
 * array: those of one week and target stand together. */
struct evaluation *assess_side_by_side(struct evaluation *const *found,
    size_t models, size_t count, struct arena *arena, size_t *total);

/* The mean over weeks of one measure of target adverse; NaN: none. */
enum headline { HEADLINE_LOG_LOSS, HEADLINE_AUROC };
double assess_mean(const struct evaluation *evaluations, size_t count,
    enum headline headline);

#endif
