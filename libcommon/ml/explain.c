/*
 * explain.c - integrated gradients and exact group Shapley values.
 */
#include "ml/explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "ml/features.h"

enum { ROW = NETWORK_MAX_STEPS * NETWORK_INPUTS, SETS = 1 << NETWORK_GROUPS };

/* Standardised inputs of one row. */
struct point {
	float steps[ROW];
	float context[NETWORK_CONTEXT];
};

/* How near to complete is enough: of the way, and in calibrated logits. */
#define NEAR_PART  .01
#define NEAR_LOGIT 1e-3

/* Of Gauss-Legendre. */
struct nodes {
	int count;
	double places[EXPLAIN_NODES_MAX];
	double weights[EXPLAIN_NODES_MAX];
};

struct explainer {
	int count; /* nodes that make a batch: those of the first rule */
	struct nodes rules[EXPLAIN_DOUBLINGS + 1];
	struct network_scratch *scratch; /* owned */
	struct network_row *rows;        /* owned (count or SETS + 1) */
	struct point *points;            /* owned (as rows) */
	float *d_steps;                  /* owned (count, 40, 42) */
	float *d_context;                /* owned (count, 4) */
	float logits[EXPLAIN_NODES];
	struct point here;
	float typical[NETWORK_CONTEXT]; /* whom `here` is compared with */
};

struct explainer *
explainer_new(const struct network_shape *shape, int node_count)
{
	struct explainer *e = mem_alloc(1, sizeof(*e));
	size_t rows = node_count > SETS ? (size_t)node_count : SETS + 1;

	must(node_count >= 1 && node_count <= EXPLAIN_NODES);
	e->count = node_count;
	for (int i = 0; i <= EXPLAIN_DOUBLINGS; i++) {
		struct nodes *rule = &e->rules[i];

		rule->count = node_count << i;
		explain_nodes(rule->count, rule->places, rule->weights);
	}
	e->scratch = network_scratch_new(shape, true);
	e->rows = mem_alloc(rows, sizeof(*e->rows));
	e->points = mem_alloc(rows, sizeof(*e->points));
	e->d_steps = mem_alloc(rows * ROW, sizeof(float));
	e->d_context = mem_alloc(rows * NETWORK_CONTEXT, sizeof(float));
	for (size_t i = 0; i < rows; i++) {
		e->rows[i].steps = e->points[i].steps;
		e->rows[i].context = e->points[i].context;
	}
	return e;
}

void
explainer_free(struct explainer *explainer)
{
	if (!explainer)
		return;
	network_scratch_free(explainer->scratch);
	free(explainer->rows);
	free(explainer->points);
	free(explainer->d_steps);
	free(explainer->d_context);
	free(explainer);
}

/* P_n(x) and its derivative, by the recurrence of A. & S. 22.7.10. */
static double
legendre(int n, double x, double *slope)
{
	double before = 1, now = x;

	for (int k = 2; k <= n; k++) {
		double next = ((2 * k - 1) * x * now - (k - 1) * before) / k;

		before = now;
		now = next;
	}
	*slope = n * (x * now - before) / (x * x - 1);
	return now;
}

void
explain_nodes(int count, double *nodes, double *weights)
{
	for (int i = 0; i < count; i++) {
		double x = -cos(M_PI * (i + .75) / (count + .5));
		double slope = 1;

		for (int newton = 0; newton < 8; newton++)
			x -= legendre(count, x, &slope) / slope;
		legendre(count, x, &slope);
		nodes[i] = (x + 1) / 2;
		weights[i] = 1 / ((1 - x * x) * slope * slope);
	}
}

void
explain_shapley(const float values[8], float shares[NETWORK_GROUPS])
{
	static const double weight[] = { 1 / 3., 1 / 6., 1 / 3. };

	for (unsigned g = 0; g < NETWORK_GROUPS; g++) {
		double share = 0;

		for (unsigned set = 0; set < SETS; set++)
			if (!(set >> g & 1))
				share += weight[__builtin_popcount(set)] *
				    ((double)values[set | 1u << g] -
					(double)values[set]);
		shares[g] = (float)share;
	}
}

void
baseline_context(const struct baseline *baseline, const float *context,
    float typical[NETWORK_CONTEXT])
{
	memcpy(typical, baseline->context, sizeof(baseline->context));
	typical[CONTEXT_WEEKS_ELAPSED] = context[CONTEXT_WEEKS_ELAPSED];
}

static void
set_way(struct explainer *e, const struct baseline *baseline,
    const double *places, int steps)
{
	for (int k = 0; k < e->count; k++) {
		struct point *at = &e->points[k];
		float way = (float)places[k];

		e->rows[k].step_count = steps;
		for (int i = 0; i < steps * NETWORK_INPUTS; i++)
			at->steps[i] = baseline->steps[i] +
			    way * (e->here.steps[i] - baseline->steps[i]);
		for (int i = 0; i < NETWORK_CONTEXT; i++)
			at->context[i] = e->typical[i] +
			    way * (e->here.context[i] - e->typical[i]);
	}
}

/* Sum over a batch of weight * gradient, for input `i` of `size` a row. */
static double
mean_gradient(const struct explainer *e, const double *weights,
    const float *gradients, size_t size, size_t i)
{
	double sum = 0;

	for (int k = 0; k < e->count; k++)
		sum += weights[k] * (double)gradients[(size_t)k * size + i];
	return sum;
}

/* Of features, then context. */
struct parts {
	double value[NETWORK_INPUTS + NETWORK_CONTEXT];
};

static void
add_batch(struct explainer *e, const struct baseline *baseline,
    const double *weights, int steps, struct parts *parts)
{
	for (int i = 0; i < steps * NETWORK_INPUTS; i++)
		parts->value[i % NETWORK_INPUTS] +=
		    (double)(e->here.steps[i] - baseline->steps[i]) *
		    mean_gradient(e, weights, e->d_steps, ROW, (size_t)i);
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		parts->value[NETWORK_INPUTS + i] +=
		    (double)(e->here.context[i] - e->typical[i]) *
		    mean_gradient(e, weights, e->d_context, NETWORK_CONTEXT,
			(size_t)i);
}

static void
integrate(struct explainer *e, const struct network *network,
    const struct baseline *baseline, const struct nodes *rule, int steps,
    struct explanation *explanation)
{
	struct network_batch batch = { e->rows, (size_t)e->count, true };
	struct parts parts = { 0 };
	double sum = 0;

	for (int k = 0; k < rule->count; k += e->count) {
		set_way(e, baseline, rule->places + k, steps);
		network_input_gradient(network, e->scratch, &batch, e->d_steps,
		    e->d_context, e->logits);
		add_batch(e, baseline, rule->weights + k, steps, &parts);
	}
	for (int i = 0; i < NETWORK_INPUTS; i++)
		explanation->features[i] = (float)parts.value[i];
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		explanation->context[i] =
		    (float)parts.value[NETWORK_INPUTS + i];
	for (int i = 0; i < NETWORK_INPUTS + NETWORK_CONTEXT; i++)
		sum += parts.value[i];
	explanation->nodes = rule->count;
	explanation->unexplained = (float)((double)explanation->logit -
	    (double)explanation->baseline_logit - sum);
}

static bool
is_near(const struct explanation *explanation, double slope)
{
	double way = fabs(
	    (double)explanation->logit - (double)explanation->baseline_logit);
	double missing = fabs((double)explanation->unexplained);

	return missing <= fmax(NEAR_PART * way, NEAR_LOGIT / slope);
}

static unsigned
group_of(int feature)
{
	if (feature < NETWORK_ATTENDANCE)
		return 0;
	return feature < NETWORK_ATTENDANCE + NETWORK_GRADES ? 1 : 2;
}

/* Rows 0 ... 7: the sets of groups; row 8: the baseline with its context. */
static void
set_groups(struct explainer *e, const struct baseline *baseline, int steps)
{
	for (unsigned set = 0; set <= SETS; set++) {
		struct point *at = &e->points[set];
		bool is_baseline = set == SETS;

		e->rows[set].step_count = steps;
		memcpy(at->context, is_baseline ? e->typical : e->here.context,
		    sizeof(at->context));
		for (int i = 0; i < steps * NETWORK_INPUTS; i++) {
			unsigned group = group_of(i % NETWORK_INPUTS);
			bool is_here = !is_baseline && set >> group & 1;

			at->steps[i] =
			    is_here ? e->here.steps[i] : baseline->steps[i];
		}
	}
}

static void
evaluate_groups(struct explainer *e, const struct network *network,
    const struct baseline *baseline, int steps, struct explanation *explanation)
{
	struct network_batch batch = { e->rows, SETS + 1, true };
	struct network_output output = { .logits = e->logits };

	set_groups(e, baseline, steps);
	network_forward(network, e->scratch, &batch, &output);
	explain_shapley(e->logits, explanation->groups);
	explanation->logit = e->logits[SETS - 1];
	explanation->context_logit = e->logits[0];
	explanation->baseline_logit = e->logits[SETS];
}

void
explain(struct explainer *explainer, const struct network *network,
    const struct baseline *baseline, const struct network_row *row,
    double slope, struct explanation *explanation)
{
	int steps = row->step_count;

	network_standardise(network, row->steps, steps, row->context,
	    explainer->here.steps, explainer->here.context);
	baseline_context(baseline, explainer->here.context, explainer->typical);
	evaluate_groups(explainer, network, baseline, steps, explanation);
	explanation->is_complete = false;
	for (int i = 0; i <= EXPLAIN_DOUBLINGS && !explanation->is_complete;
	     i++) {
		integrate(explainer, network, baseline, &explainer->rules[i],
		    steps, explanation);
		explanation->is_complete = is_near(explanation, slope);
	}
}
