/*
 * seen.h - what the training samples looked like before they were
 * standardised: the reference that drift is measured from.
 *
 * Of each sample that a prediction would have been given for, the last step,
 * since that is what a prediction is stored with; and the held-out score, since
 * a score of a sample that was learned from is too good to compare with.
 */
#ifndef TRAINING_SEEN_H
#define TRAINING_SEEN_H

#include "ml/model.h"
#include "services/training/cohort.h"

struct seen {
	size_t count;
	size_t *sample; /* owned, (count): places in the cohort */
	uint16_t *week; /* owned, (count) */
	float *values;  /* owned, (count, REFERENCE_COLUMNS) */
};

/* Of a cohort that is not standardised yet. */
void seen_take(struct seen *seen, const struct cohort *cohort);
void seen_close(struct seen *seen);

/* With the scores that `model` makes of the held-out `logits` (cohort.count),
 * rounded as served; NULL when nothing was seen. */
struct reference *seen_reference(const struct seen *seen,
    const struct model *model, const double *logits, uint64_t seed);

#endif
