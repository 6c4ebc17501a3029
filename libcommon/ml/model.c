/*
 * model.c - from inputs to logit, score, category, interval and reasons.
 */
#include "ml/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"

enum { ROW = NETWORK_MAX_STEPS * NETWORK_INPUTS };

struct model_scratch {
	struct network_scratch *network; /* owned; NULL: logistic */
	struct explainer *explainer;     /* owned; NULL: logistic, or none */
};

struct model *
model_new(const struct network_shape *shape)
{
	struct model *m = mem_alloc(1, sizeof(*m));

	m->kind = shape ? MODEL_NETWORK : MODEL_LOGISTIC;
	m->network = shape ? network_new(shape) : NULL;
	for (int i = 0; i < MODEL_INPUTS; i++)
		m->standard.deviation[i] = 1;
	m->calibration = CALIBRATION_NONE;
	for (int i = 0; i < MODEL_CUTS; i++)
		m->cuts[i] = .25 * (i + 1);
	m->manifest = mem_text("{}");
	atomic_init(&m->references, 1);
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

void
model_set_manifest(struct model *model, const char *manifest)
{
	must(strlen(manifest) <= MODEL_MANIFEST_MAX);
	free(model->manifest);
	model->manifest = mem_text(manifest);
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

int
model_width(const struct model *model)
{
	return model->network ? network_shape(model->network)->fusion
			      : MODEL_INPUTS;
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

/* Input i of a logistic model, standardised. */
static float
last_input(const struct model *m, const struct network_row *row, int i,
    bool is_standardised)
{
	const float *last = row->steps + (row->step_count - 1) * NETWORK_INPUTS;
	float deviation = m->standard.deviation[i];
	float value =
	    i < NETWORK_INPUTS ? last[i] : row->context[i - NETWORK_INPUTS];

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
			float x = last_input(m, row, i, batch->is_standardised);

			logit += (double)m->weights[i] * (double)x;
			if (output->fused)
				output->fused[k * MODEL_INPUTS + (size_t)i] = x;
		}
		if (output->logits)
			output->logits[k] = (float)logit;
		for (int t = 0; output->attention && t < NETWORK_MAX_STEPS; t++)
			output->attention[k * NETWORK_MAX_STEPS + (size_t)t] =
			    t == row->step_count - 1;
	}
}

void
model_logits(const struct model *model, struct model_scratch *scratch,
    const struct network_batch *batch, const struct network_output *output)
{
	if (model->kind == MODEL_LOGISTIC)
		run_logistic(model, batch, output);
	else
		network_forward(model->network, scratch->network, batch,
		    output);
}

/* 1 / (1 + e^-x): e^x never overflows. */
static double
sigmoid(double x)
{
	double small = exp(-fabs(x));

	return x >= 0 ? 1 / (1 + small) : small / (1 + small);
}

static double
calibrated(const struct model *model, double logit)
{
	return model->calibration.slope * logit + model->calibration.intercept;
}

double
model_score(const struct model *model, double logit)
{
	return sigmoid(calibrated(model, logit));
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

/* The logit of a row of last weights, or of the model's own (NULL). */
static double
last_logit(const struct model *m, const float *weights, const float *inputs)
{
	int width = model_width(m);
	double logit;

	if (weights) {
		logit = (double)weights[width];
	} else if (m->network) {
		const struct network_weights *w = network_known(m->network);

		weights = w->tensor[TENSOR_LOGIT];
		logit = (double)w->tensor[TENSOR_LOGIT_BIAS][0];
	} else {
		weights = m->weights;
		logit = (double)m->intercept;
	}
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

/* Linear between the order statistics (Hyndman and Fan 1996, type 7). */
static double
percentile(const double *sorted, int count, double share)
{
	double at = share * (count - 1);
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
	int width = model_width(model), count = model->spread_count;

	if (count == 0)
		return false;
	for (int k = 0; k < count; k++)
		scores[k] = model_score(model,
		    last_logit(model, model->spread + k * (width + 1), inputs));
	qsort(scores, (size_t)count, sizeof(scores[0]), compare);
	score = model_score(model, last_logit(model, NULL, inputs));
	*low = fmin(score, percentile(scores, count, .05));
	*high = fmax(score, percentile(scores, count, .95));
	return true;
}

/* The integral of a constant gradient: weight times the way. */
static void
explain_logistic(const struct model *m, const struct network_row *row,
    struct explanation *e)
{
	double logit = (double)m->intercept, way = 0, context_way = 0;
	float here[MODEL_INPUTS], typical[MODEL_INPUTS];

	for (int i = 0; i < MODEL_INPUTS; i++)
		here[i] = last_input(m, row, i, false);
	memcpy(typical,
	    m->baseline.steps + (row->step_count - 1) * NETWORK_INPUTS,
	    NETWORK_INPUTS * sizeof(float));
	baseline_context(&m->baseline, here + NETWORK_INPUTS,
	    typical + NETWORK_INPUTS);
	*e = (struct explanation){ .is_complete = true };
	for (int i = 0; i < MODEL_INPUTS; i++) {
		bool is_step = i < NETWORK_INPUTS;
		double weight = (double)m->weights[i];
		double part = weight * ((double)here[i] - (double)typical[i]);
		int group = (i >= NETWORK_ATTENDANCE) +
		    (i >= NETWORK_ATTENDANCE + NETWORK_GRADES);

		logit += weight * (double)here[i];
		way += part;
		if (is_step) {
			e->features[i] = (float)part;
			e->groups[group] += (float)part;
		} else {
			e->context[i - NETWORK_INPUTS] = (float)part;
			context_way += part;
		}
	}
	e->logit = (float)logit;
	e->baseline_logit = (float)(logit - way);
	e->context_logit = (float)(logit - way + context_way);
}

static void
scale(float *parts, int count, double slope)
{
	for (int i = 0; i < count; i++)
		parts[i] = (float)(slope * (double)parts[i]);
}

void
model_explain(const struct model *model, struct model_scratch *scratch,
    const struct network_row *row, struct explanation *e)
{
	double slope = model->calibration.slope;

	if (model->kind == MODEL_LOGISTIC)
		explain_logistic(model, row, e);
	else
		explain(scratch->explainer, model->network, &model->baseline,
		    row, slope, e);
	scale(e->features, NETWORK_INPUTS, slope);
	scale(e->context, NETWORK_CONTEXT, slope);
	scale(e->groups, NETWORK_GROUPS, slope);
	scale(&e->unexplained, 1, slope);
	e->logit = (float)calibrated(model, (double)e->logit);
	e->baseline_logit = (float)calibrated(model, (double)e->baseline_logit);
	e->context_logit = (float)calibrated(model, (double)e->context_logit);
}

bool
model_check_golden(const struct model *model, struct err *err)
{
	const struct golden *g = &model->golden;
	struct model_scratch *scratch = model_scratch_new(model, false);
	struct network_batch batch = { g->rows, (size_t)g->count, false };
	float logits[MODEL_GOLDEN_MAX];
	int wrong = 0;

	model_logits(model, scratch, &batch,
	    &(struct network_output){ .logits = logits });
	model_scratch_free(scratch);
	for (int i = 0; i < g->count; i++)
		if (!(fabsf(logits[i] - g->logits[i]) <= g->tolerance))
			wrong++;
	return wrong == 0 ||
	    err_set(err, ERR_INVALID,
		"model file: %d of %d golden rows do not come out", wrong,
		g->count);
}
