/*
 * model.c - from inputs to logit, score, category and interval.
 */
#include "ml/model_inner.h"

#include <math.h>
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

/* 1 / (1 + e^-x): e^x never overflows. */
static double
sigmoid(double x)
{
	double small = exp(-fabs(x));

	return x >= 0 ? 1 / (1 + small) : small / (1 + small);
}

double
model_calibrated(const struct model *model, double logit)
{
	return model->calibration.slope * logit + model->calibration.intercept;
}

double
model_score(const struct model *model, double logit)
{
	return sigmoid(
	    isotonic_apply(&model->isotonic, model_calibrated(model, logit)));
}

enum risk_category
model_category(const struct model *model, double score)
{
	if (score >= model->cuts[2])
		return RISK_CRITICAL;
	if (score >= model->cuts[1])
		return RISK_HIGH;
	return score >= model->cuts[0] ? RISK_MEDIUM : RISK_LOW;
}

const char *
risk_category_name(enum risk_category category)
{
	switch (category) {
	case RISK_LOW:
		return "low";
	case RISK_MEDIUM:
		return "medium";
	case RISK_HIGH:
		return "high";
	case RISK_CRITICAL:
		return "critical";
	}
	must(!"a category");
	return "";
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

/* The logit of a row of last weights. */
static double
last_logit(const float *weights, int width, const float *inputs)
{
	double logit = (double)weights[width];

	for (int i = 0; i < width; i++)
		logit += (double)weights[i] * (double)inputs[i];
	return logit;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Linear between the order statistics (Hyndman and Fan 1996, type 6): of few
 * rows the outer ones stand for their share, which type 7 makes smaller. */
static double
percentile(const double *sorted, int count, double share)
{
	double at = fmax(0, share * (count + 1) - 1);
	int below = (int)at;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] +
	    (at - below) * (sorted[below + 1] - sorted[below]);
}

bool
model_interval(const struct model *model, const float *inputs, double *low,
    double *high)
{
	double scores[MODEL_SPREAD_MAX], score;
	float row[MODEL_WIDTH_MAX + 1];
	int width = model_width(model), count = model->spread_count;

	if (count == 0)
		return false;
	for (int k = 0; k < count; k++)
		scores[k] = model_score(model,
		    last_logit(model->spread + k * (width + 1), width, inputs));
	qsort(scores, (size_t)count, sizeof(scores[0]), compare);
	model_last_row(model, row);
	score = model_score(model, last_logit(row, width, inputs));
	*low = fmin(score, percentile(scores, count, .05));
	*high = fmax(score, percentile(scores, count, .95));
	return true;
}
