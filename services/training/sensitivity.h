/*
 * sensitivity.h - how results would change if grades had been known sooner.
 *
 * The day on which a mark was returned is an assumption in some data.  How
 * much hangs on it is measured: the logistic regression and the trees are
 * learned and tested anew on the same students, weeks and folds, with features
 * as if grades had been known a number of days sooner.  Only the figures
 * remain: the models knew what nobody could have known, and can never be
 * served.
 */
#ifndef TRAINING_SENSITIVITY_H
#define TRAINING_SENSITIVITY_H

#include "services/training/assess.h"
#include "services/training/work.h"

struct sensitivity {
	struct cohort train;     /* owned, settled by sensitivity_measure */
	struct cohort test;      /* owned, likewise */
	struct evaluation *rows; /* (count) in the arena: target adverse */
	size_t count;
};

/* Fill the rows; fails with ERR_INVALID where the samples do not do. */
MUST_CHECK bool sensitivity_measure(struct sensitivity *sensitivity,
    const struct work_question *question, struct reporter *reporter,
    struct arena *arena, struct err *err);
void sensitivity_close(struct sensitivity *sensitivity);

#endif
