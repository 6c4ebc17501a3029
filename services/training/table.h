/*
 * table.h - what the models that read no sequence learn from: the last step's
 * 42 features and the 4 context inputs of each sample, a row a sample.
 */
#ifndef TRAINING_TABLE_H
#define TRAINING_TABLE_H

#include "ml/model.h"
#include "services/training/trial.h"

struct table {
	size_t count;
	float *rows;      /* owned, (count, MODEL_INPUTS) */
	uint8_t *adverse; /* owned, (count) */
};

/* All samples of a cohort, or some, as they stand in it: with NaN, or
 * standardised. */
void table_init(struct table *table, const struct cohort *cohort);
void table_of(struct table *table, const struct cohort *cohort,
    const struct subset *subset);
/* Some rows of another. */
void table_take(struct table *table, const struct table *from,
    const struct subset *subset);
void table_close(struct table *table);

#endif
