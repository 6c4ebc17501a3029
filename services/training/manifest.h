/*
 * manifest.h - what a model file says of itself, as JSON: where it comes
 * from, how it was made, how it does.  Nothing in it depends on when or by
 * which job it was made, so the same data and seed give the same file.
 */
#ifndef TRAINING_MANIFEST_H
#define TRAINING_MANIFEST_H

#include "base/buf.h"
#include "ml/model.h"
#include "proto/training.h"
#include "services/training/baseline.h"
#include "services/training/search.h"
#include "services/training/trees.h"
#include "services/training/work.h"

struct provenance {
	const struct work_question *question; /* borrowed */
	const struct model_report *report;    /* borrowed; its version and
						 verdict are not read */
	const struct chosen *chosen;          /* of a network, else NULL */
	const struct fitted *fitted;          /* of a logistic one, else NULL */
	const struct grown *grown;            /* of trees, else NULL */
};

/* At most MODEL_MANIFEST_MAX bytes: where figures have no room, first those by
 * week and then the groups are left to the report; `left_out` names them. */
void manifest_write(const struct model *model,
    const struct provenance *provenance, struct buf *out);

#endif
