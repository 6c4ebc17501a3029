/*
 * folds.h - k-fold splits in which a student is never on both sides.
 *
 * Every sample of a student goes to one fold.  Students are dealt like cards,
 * those with an adverse outcome first, so folds hold equally many of both
 * kinds (within one); the order of dealing is that of a seeded hash of the
 * student (random_at), so neither the order of rows nor other students' names
 * tell who sits together.
 */
#ifndef ML_FOLDS_H
#define ML_FOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { FOLDS_MAX = 50 };

struct folds {
	size_t count; /* samples */
	size_t folds; /* k */
	uint8_t *of;  /* owned, (count): the fold of each sample */
};

/* Rows in ascending order; owned. */
struct fold_view {
	size_t train_count;
	size_t validation_count;
	size_t *train;      /* (train_count) */
	size_t *validation; /* (validation_count) */
};

struct folds_plan {
	uint64_t seed;
	size_t folds; /* 2 ... FOLDS_MAX */
};

/* student, adverse: (count).  A student is of the adverse kind when any
 * sample is.  Fails with ERR_INVALID for fewer students than folds or a
 * number of folds out of range. */
MUST_CHECK bool folds_init(struct folds *folds, const uint64_t *student,
    const uint8_t *adverse, size_t count, const struct folds_plan *plan,
    struct err *err);
void folds_close(struct folds *folds);

/* Fold `held_out` is for validation, all others are for training. */
void fold_view_init(struct fold_view *view, const struct folds *folds,
    size_t held_out);
void fold_view_close(struct fold_view *view);

#endif
