/*
 * model.c - how a model is made, filled and shared.
 */
#include "ml/model_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

enum { ROW = NETWORK_MAX_STEPS * NETWORK_INPUTS };

static struct model *
make(enum model_kind kind)
{
	struct model *m = mem_alloc(1, sizeof(*m));

	m->kind = kind;
	for (int i = 0; i < MODEL_INPUTS; i++)
		m->standard.deviation[i] = 1;
	m->calibration = CALIBRATION_NONE;
	for (int i = 0; i < MODEL_CUTS; i++)
		m->cuts[i] = .25 * (i + 1);
	m->manifest = mem_text("{}");
	atomic_init(&m->references, 1);
	return m;
}

struct model *
model_new(const struct network_shape *shape)
{
	struct model *m = make(shape ? MODEL_NETWORK : MODEL_LOGISTIC);

	m->network = shape ? network_new(shape) : NULL;
	return m;
}

struct model *
model_new_trees(struct trees *trees)
{
	struct model *m = make(MODEL_TREES);

	m->trees = trees;
	return m;
}

static void
close_golden(struct golden *golden)
{
	free(golden->rows);
	free(golden->steps);
	free(golden->context);
	free(golden->logits);
	*golden = (struct golden){ 0 };
}

struct model *
model_ref(struct model *model)
{
	atomic_fetch_add(&model->references, 1);
	return model;
}

void
model_unref(struct model *model)
{
	if (!model || atomic_fetch_sub(&model->references, 1) > 1)
		return;
	network_free(model->network);
	trees_free(model->trees);
	close_golden(&model->golden);
	free(model->spread);
	reference_free(model->reference);
	free(model->manifest);
	free(model);
}

void
model_set_standard(struct model *model, const struct network_standard *standard)
{
	model->standard = *standard;
	if (model->network)
		network_set_standard(model->network, standard);
}

void
model_set_spread(struct model *model, const float *spread, int count)
{
	size_t values = (size_t)count * (size_t)(model_width(model) + 1);

	must(count >= 0 && count <= MODEL_SPREAD_MAX);
	free(model->spread);
	model->spread = mem_alloc(values + 1, sizeof(float));
	memcpy(model->spread, spread, values * sizeof(float));
	model->spread_count = count;
}

bool
model_set_manifest(struct model *model, const char *manifest, struct err *err)
{
	if (strlen(manifest) > MODEL_MANIFEST_MAX)
		return err_set(err, ERR_INVALID,
		    "the manifest has %zu bytes, %d are the most",
		    strlen(manifest), MODEL_MANIFEST_MAX);
	free(model->manifest);
	model->manifest = mem_text(manifest);
	return true;
}

void
model_set_golden(struct model *model, const struct network_row *rows, int count,
    float tolerance)
{
	struct golden *g = &model->golden;
	size_t n = (size_t)count;
	struct model_scratch *scratch = model_scratch_new(model, false);

	must(count >= 1 && count <= MODEL_GOLDEN_MAX);
	close_golden(g);
	g->rows = mem_alloc(n, sizeof(*g->rows));
	g->steps = mem_alloc(n * ROW, sizeof(float));
	g->context = mem_alloc(n * NETWORK_CONTEXT, sizeof(float));
	g->logits = mem_alloc(n, sizeof(float));
	g->count = count;
	g->tolerance = tolerance;
	for (size_t i = 0; i < n; i++) {
		float *steps = g->steps + i * ROW;
		float *context = g->context + i * NETWORK_CONTEXT;
		size_t used = (size_t)rows[i].step_count * NETWORK_INPUTS;

		memcpy(steps, rows[i].steps, used * sizeof(float));
		memcpy(context, rows[i].context,
		    NETWORK_CONTEXT * sizeof(float));
		g->rows[i] =
		    (struct network_row){ steps, context, rows[i].step_count };
	}
	model_logits(model, scratch,
	    &(struct network_batch){ g->rows, n, false },
	    &(struct network_output){ .logits = g->logits });
	model_scratch_free(scratch);
}

const char *
model_kind_name(enum model_kind kind)
{
	switch (kind) {
	case MODEL_NETWORK:
		return "network";
	case MODEL_LOGISTIC:
		return "logistic";
	case MODEL_TREES:
		return "trees";
	}
	must(!"a kind of model");
	return "";
}

int
model_width(const struct model *model)
{
	switch (model->kind) {
	case MODEL_NETWORK:
		return network_width(network_shape(model->network));
	case MODEL_LOGISTIC:
		return MODEL_INPUTS;
	case MODEL_TREES:
		return TREES_STAGES;
	}
	must(!"a kind of model");
	return 0;
}

void
model_last_row(const struct model *model, float *row)
{
	size_t width = (size_t)model_width(model);
	const struct network_weights *known;

	switch (model->kind) {
	case MODEL_NETWORK:
		known = network_known(model->network);
		memcpy(row, known->tensor[TENSOR_LOGIT],
		    (width - NETWORK_DIRECT) * sizeof(float));
		memcpy(row + width - NETWORK_DIRECT,
		    known->tensor[TENSOR_DIRECT],
		    NETWORK_DIRECT * sizeof(float));
		row[width] = known->tensor[TENSOR_LOGIT_BIAS][0];
		return;
	case MODEL_LOGISTIC:
		memcpy(row, model->weights, width * sizeof(float));
		row[width] = model->intercept;
		return;
	case MODEL_TREES:
		for (size_t i = 0; i < width; i++)
			row[i] = 1;
		row[width] = model->trees->bias;
		return;
	}
}
