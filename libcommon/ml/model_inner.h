/*
 * model_inner.h - what the files of a model share.
 */
#ifndef ML_MODEL_INNER_H
#define ML_MODEL_INNER_H

#include "ml/model.h"

#define MODEL_FORMAT "edupulse-model-1" /* of its file */

/* Input `i` of MODEL_INPUTS: the last step, then the context; as it is. */
float model_input(const struct network_row *row, int i);
/* The same as a logistic model reads it: standardised (unless the row is),
 * missing being 0. */
float model_standard_input(const struct model *model,
    const struct network_row *row, int i, bool is_standardised);

struct model_scratch {
	struct network_scratch *network; /* owned; NULL: no network */
	struct explainer *explainer;     /* owned; NULL: no network, or none */
};

double model_calibrated(const struct model *model, double logit);

#endif
