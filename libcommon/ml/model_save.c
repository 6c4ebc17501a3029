/*
 * model_save.c - a model to bytes.  model_file.c reads them.
 */
#include <stdio.h>

#include "base/must.h"
#include "ml/model_file.h"
#include "ml/model_inner.h"
#include "ml/reference_file.h"
#include "ml/safetensors.h"
#include "ml/trees_file.h"

enum { ROW = NETWORK_MAX_STEPS * NETWORK_INPUTS, NUMBERS_SIZE = 128 };

/* What stands as text, borrowed by the file until it is written. */
struct texts {
	char shape[NUMBERS_SIZE];
	char calibration[NUMBERS_SIZE];
	char cuts[NUMBERS_SIZE];
	char tolerance[NUMBERS_SIZE];
	char int8[NUMBERS_SIZE];
};

static void
print_numbers(char text[NUMBERS_SIZE], const double *numbers, int count)
{
	int size = 0;

	for (int i = 0; i < count; i++)
		size += snprintf(text + size, NUMBERS_SIZE - (size_t)size,
		    "%s%.17g", i == 0 ? "" : ",", numbers[i]);
}

static void
add_network(struct safetensors *to, const struct model *m)
{
	const struct network_weights *known;

	known = network_known(m->network);
	for (enum network_tensor i = 0; i < TENSOR_COUNT; i++) {
		struct network_tensor_row row =
		    network_tensor(network_shape(m->network), i);
		bool is_vector = row.rows == 1;

		safetensors_add(to, row.name, known->tensor[i],
		    is_vector ? row.columns : row.rows,
		    is_vector ? 0 : row.columns);
	}
}

static void
add_weights(struct safetensors *to, const struct model *m,
    const struct tree_tensors *tensors)
{
	switch (m->kind) {
	case MODEL_NETWORK:
		add_network(to, m);
		return;
	case MODEL_LOGISTIC:
		safetensors_add(to, "logistic.weight", m->weights, MODEL_INPUTS,
		    0);
		safetensors_add(to, "logistic.bias", &m->intercept, 1, 0);
		return;
	case MODEL_TREES:
		trees_write(m->trees, tensors, to);
		return;
	}
}

static void
add_golden(struct safetensors *to, const struct golden *g,
    float lengths[MODEL_GOLDEN_MAX])
{
	must(g->count > 0);
	for (int i = 0; i < g->count; i++)
		lengths[i] = (float)g->rows[i].step_count;
	safetensors_add(to, "golden.steps", g->steps, g->count, ROW);
	safetensors_add(to, "golden.context", g->context, g->count,
	    NETWORK_CONTEXT);
	safetensors_add(to, "golden.length", lengths, g->count, 0);
	safetensors_add(to, "golden.logit", g->logits, g->count, 0);
}

static void
add_texts(struct safetensors *to, const struct model *m, struct texts *texts)
{
	const struct quantisation *cost = &m->quantisation;
	double pair[] = { m->calibration.slope, m->calibration.intercept };
	double limit = (double)m->golden.tolerance;
	double costs[] = { cost->worst, cost->mean, cost->agreement,
		(double)cost->count };

	safetensors_add_text(to, "format", MODEL_FORMAT);
	safetensors_add_text(to, "kind", model_kind_name(m->kind));
	if (m->network) {
		const struct network_shape *s = network_shape(m->network);

		snprintf(texts->shape, sizeof(texts->shape), "%d,%d,%d",
		    s->hidden, s->heads, s->fusion);
		safetensors_add_text(to, "shape", texts->shape);
	}
	print_numbers(texts->calibration, pair, 2);
	print_numbers(texts->cuts, m->cuts, MODEL_CUTS);
	print_numbers(texts->tolerance, &limit, 1);
	safetensors_add_text(to, "calibration", texts->calibration);
	safetensors_add_text(to, "cuts", texts->cuts);
	safetensors_add_text(to, "tolerance", texts->tolerance);
	if (cost->count > 0) {
		print_numbers(texts->int8, costs, 4);
		safetensors_add_text(to, "int8", texts->int8);
	}
	safetensors_add_text(to, "manifest", m->manifest);
}

void
model_save(const struct model *model, struct buf *file)
{
	struct safetensors out = { 0 };
	float lengths[MODEL_GOLDEN_MAX];
	struct tree_tensors tensors;
	struct texts texts;

	tree_tensors_init(&tensors, model->trees);
	add_texts(&out, model, &texts);
	add_weights(&out, model, &tensors);
	safetensors_add(&out, "standard.mean", model->standard.mean,
	    MODEL_INPUTS, 0);
	safetensors_add(&out, "standard.deviation", model->standard.deviation,
	    MODEL_INPUTS, 0);
	safetensors_add(&out, "baseline.steps", model->baseline.steps,
	    NETWORK_MAX_STEPS, NETWORK_INPUTS);
	safetensors_add(&out, "baseline.context", model->baseline.context,
	    NETWORK_CONTEXT, 0);
	if (model->isotonic.count > 0) {
		safetensors_add(&out, "isotonic.at", model->isotonic.at,
		    model->isotonic.count, 0);
		safetensors_add(&out, "isotonic.value", model->isotonic.value,
		    model->isotonic.count, 0);
	}
	if (model->spread_count > 0)
		safetensors_add(&out, "spread.weight", model->spread,
		    model->spread_count, model_width(model) + 1);
	add_golden(&out, &model->golden, lengths);
	if (model->reference != NULL)
		reference_write(model->reference, &out);
	safetensors_write(&out, file);
	tree_tensors_close(&tensors);
}
