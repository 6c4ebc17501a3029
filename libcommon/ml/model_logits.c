/*
 * model_logits.c - from inputs to logits, by each kind of model.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"
#include "ml/model_inner.h"

struct model_scratch *
model_scratch_new(const struct model *model, bool explains)
{
	struct model_scratch *s = mem_alloc(1, sizeof(*s));

	if (!model->network)
		return s;
	s->network = network_scratch_new(network_shape(model->network), false);
	if (explains)
		s->explainer =
		    explainer_new(network_shape(model->network), EXPLAIN_NODES);
	return s;
}

void
model_scratch_free(struct model_scratch *scratch)
{
	if (!scratch)
		return;
	network_scratch_free(scratch->network);
	explainer_free(scratch->explainer);
	free(scratch);
}

float
model_input(const struct network_row *row, int i)
{
	return i < NETWORK_INPUTS
	    ? row->steps[(row->step_count - 1) * NETWORK_INPUTS + i]
	    : row->context[i - NETWORK_INPUTS];
}

float
model_standard_input(const struct model *m, const struct network_row *row,
    int i, bool is_standardised)
{
	float deviation = m->standard.deviation[i];
	float value = model_input(row, i);

	if (!is_standardised)
		value = (value - m->standard.mean[i]) *
		    (deviation == 0 ? 1 : 1 / deviation);
	return isnan(value) ? 0 : value;
}

static void
run_logistic(const struct model *m, const struct network_batch *batch,
    const struct network_output *output)
{
	for (size_t k = 0; k < batch->count; k++) {
		const struct network_row *row = &batch->rows[k];
		double logit = (double)m->intercept;

		for (int i = 0; i < MODEL_INPUTS; i++) {
			float x = model_standard_input(m, row, i,
			    batch->is_standardised);

			logit += (double)m->weights[i] * (double)x;
			if (output->last)
				output->last[k * MODEL_INPUTS + (size_t)i] = x;
		}
		if (output->logits)
			output->logits[k] = (float)logit;
	}
}

static void
run_trees(const struct model *m, const struct network_batch *batch,
    const struct network_output *output)
{
	must(!batch->is_standardised);
	for (size_t k = 0; k < batch->count; k++) {
		float inputs[MODEL_INPUTS], logit;

		for (int i = 0; i < MODEL_INPUTS; i++)
			inputs[i] = model_input(&batch->rows[k], i);
		logit = trees_logit(m->trees, inputs,
		    output->last ? output->last + k * TREES_STAGES : NULL);
		if (output->logits)
			output->logits[k] = logit;
	}
}

static void
attend_to_last(const struct network_batch *batch, float *attention)
{
	for (size_t k = 0; k < batch->count; k++)
		for (int t = 0; t < NETWORK_MAX_STEPS; t++)
			attention[k * NETWORK_MAX_STEPS + (size_t)t] =
			    t == batch->rows[k].step_count - 1;
}

void
model_logits(const struct model *model, struct model_scratch *scratch,
    const struct network_batch *batch, const struct network_output *output)
{
	switch (model->kind) {
	case MODEL_NETWORK:
		if (model->is_int8)
			network_forward_int8(model->network, scratch->network,
			    batch, output);
		else
			network_forward(model->network, scratch->network, batch,
			    output);
		return;
	case MODEL_LOGISTIC:
		run_logistic(model, batch, output);
		break;
	case MODEL_TREES:
		run_trees(model, batch, output);
		break;
	}
	if (output->attention)
		attend_to_last(batch, output->attention);
}
