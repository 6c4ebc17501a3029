/*
 * search.h - which settings, and for how many epochs: asked of the training
 * cohorts alone, by folds over students.
 *
 * Random search (Bergstra and Bengio 2012), then successive halving (Jamieson
 * and Talwalkar 2016) over three rungs:
 *
 *	rung  settings                        folds        epochs
 *	1     all that were drawn             2            6
 *	2     the best third, at least four   3            14
 *	3     the best one                    all          until it stops
 *
 * A rung ranks by the lowest mean validation loss over its epochs.  Who
 * survives goes on where it was: no epoch is learned twice.  The last rung
 * stops early: once half as many epochs as the best one took, and two more,
 * have brought nothing better.  It says after how many epochs to stop, and its
 * held-out logits at that epoch are what calibration is fitted to.
 *
 * So with n settings the search before the last rung costs at most
 * 12 n + 30 max(4, n / 3) epochs of one fold, and all of it is seeded.
 */
#ifndef TRAINING_SEARCH_H
#define TRAINING_SEARCH_H

#include "base/err.h"
#include "ml/folds.h"
#include "services/training/reporter.h"
#include "services/training/table.h"
#include "services/training/trial.h"

enum { CANDIDATES_MOST = 64 };

struct lesson {
	const struct cohort *cohort; /* borrowed, standardised */
	const struct table *table;   /* borrowed: the cohort before that */
	const struct folds *folds;   /* borrowed */
	struct reporter *reporter;   /* borrowed */
	uint64_t seed;
	int epochs;        /* at most */
	int hidden;        /* 0: searched */
	double l2;         /* of the regression that networks correct */
	size_t candidates; /* settings drawn, at most CANDIDATES_MOST; 0: 12,
			      or 4 where the data set is a large one */
	const struct checkpoints *checkpoints; /* borrowed; NULL: none */
	int64_t pause_us;                      /* between two of a trial */
	const unsigned char *samples; /* borrowed: digest of the cohort */
};

struct chosen {
	struct trial_settings settings;
	int epochs;
	double loss;             /* mean held-out log loss at that epoch */
	double *logits;          /* owned, (cohort.count): held-out */
	int tried;               /* epochs until the last rung stopped */
	double *train_losses;    /* owned, (tried): means over the folds, */
	double *held_out_losses; /* infinite where there is none */
};

/* Fails with ERR_INVALID when no settings give finite losses. */
MUST_CHECK bool search_network(const struct lesson *lesson,
    struct chosen *chosen, struct err *err);
void chosen_close(struct chosen *chosen);

#endif
