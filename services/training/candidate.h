/*
 * candidate.h - settings that are tried, and how they did on each fold.
 */
#ifndef TRAINING_CANDIDATE_H
#define TRAINING_CANDIDATE_H

#include "services/training/search.h"

struct candidate;

/* A candidate on a fold: it may go on for more epochs. */
struct fold_run {
	const struct candidate *candidate; /* borrowed */
	struct fold_view view;             /* owned inside, once it has begun */
	size_t fold;
	int epochs;
	double *losses;       /* owned, (epochs): validation; infinite: none */
	double *train_losses; /* owned, (epochs); infinite: none */
	float *logits;        /* owned, (epochs, view.validation_count) */
	struct buf state;     /* owned: of the trial, to go on from */
};

struct candidate {
	const struct lesson *lesson; /* borrowed */
	size_t number;               /* in the order of drawing */
	struct trial_settings settings;
	double loss;           /* lowest mean over folds; infinite: none */
	int epochs;            /* where that was; 0: nowhere */
	struct fold_run *runs; /* owned, (lesson.folds) */
};

void candidate_init(struct candidate *candidate, const struct lesson *lesson,
    size_t number, const struct trial_settings *settings);
void candidate_close(struct candidate *candidate); /* once or twice */

/* Its run on a fold, made ready to learn until `epochs`.  The candidate does
 * not move until that is done. */
struct fold_run *candidate_run(struct candidate *candidate, size_t fold,
    int epochs);
/* A crew_task: runs is an array of `struct fold_run *`. */
void fold_run_learn(void *runs, size_t task);

/* Where the mean of the first `folds` runs is lowest, within `epochs`. */
void candidate_judge(struct candidate *candidate, size_t folds, int epochs);

/* Mean over all folds, epoch by epoch; infinite where a fold has none.
 * (epochs), as many as each run was made ready for. */
void candidate_curve(const struct candidate *candidate, double *train,
    double *held_out);

/* Of all folds, at its best epoch: (cohort.count). */
void candidate_logits(const struct candidate *candidate, double *logits);

#endif
