/*
 * manifest.h - what a model file says of itself, as JSON: where it comes
 * from, how it was made, how it does.  Nothing in it depends on when or by
 * which job it was made, so the same data and seed give the same file.
 *
 * It has its model's figures over all weeks, and of groups with enough data as
 * many as MANIFEST_GROUPS_SIZE has room for; the report has every week and
 * group.  So whatever a question may ask, it stays under MODEL_MANIFEST_MAX.
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

enum { MANIFEST_GROUPS_SIZE = 100000 /* bytes, the last one aside */ };

struct provenance {
	const struct work_question *question; /* borrowed */
	const struct model_report *report;    /* borrowed; its version and
						 verdict are not read */
	const struct chosen *chosen;          /* of a network, else NULL */
	const struct fitted *fitted;          /* of a logistic one, else NULL */
	const struct grown *grown;            /* of trees, else NULL */
};

void manifest_write(const struct model *model,
    const struct provenance *provenance, struct buf *out);

#endif
