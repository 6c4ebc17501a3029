/*
 * model_explain.c - why a model of any kind says what it says.
 *
 * The network's reasons are integrated gradients (explain.h).  A logistic
 * model's are the same integral, of a gradient that is constant: weight times
 * the way.  Trees have no gradient; theirs are Shapley values (trees.h).  All
 * compare with the same typical student, and all add up.
 */
#include <string.h>

#include "ml/features.h"
#include "ml/model_inner.h"

enum { SETS = 1 << NETWORK_GROUPS };

/* One number an input: the last step's, then the context's. */
static void
take_shares(const double shares[MODEL_INPUTS], struct explanation *e)
{
	for (int i = 0; i < NETWORK_INPUTS; i++)
		e->features[i] = (float)shares[i];
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		e->context[i] = (float)shares[NETWORK_INPUTS + i];
}

/* Of inputs 0 ... 41. */
static int
group_of(int input)
{
	return (input >= NETWORK_ATTENDANCE) +
	    (input >= NETWORK_ATTENDANCE + NETWORK_GRADES);
}

static void
explain_logistic(const struct model *m, const struct network_row *row,
    struct explanation *e)
{
	double logit = (double)m->intercept, way = 0, context_way = 0;
	float here[MODEL_INPUTS], typical[MODEL_INPUTS];
	double shares[MODEL_INPUTS];

	for (int i = 0; i < MODEL_INPUTS; i++)
		here[i] = model_standard_input(m, row, i, false);
	memcpy(typical,
	    m->baseline.steps + (row->step_count - 1) * NETWORK_INPUTS,
	    NETWORK_INPUTS * sizeof(float));
	baseline_context(&m->baseline, here + NETWORK_INPUTS,
	    typical + NETWORK_INPUTS);
	*e = (struct explanation){ .is_complete = true };
	for (int i = 0; i < MODEL_INPUTS; i++) {
		double weight = (double)m->weights[i];

		shares[i] = weight * ((double)here[i] - (double)typical[i]);
		logit += weight * (double)here[i];
		way += shares[i];
		if (i < NETWORK_INPUTS)
			e->groups[group_of(i)] += (float)shares[i];
		else
			context_way += shares[i];
	}
	take_shares(shares, e);
	e->logit = (float)logit;
	e->baseline_logit = (float)(logit - way);
	e->context_logit = (float)(logit - way + context_way);
}

/* The typical student beside `row`, not standardised. */
static void
typical_inputs(const struct model *m, const struct network_row *row,
    float typical[MODEL_INPUTS])
{
	const float *step =
	    m->baseline.steps + (row->step_count - 1) * NETWORK_INPUTS;

	for (int i = 0; i < MODEL_INPUTS; i++) {
		float deviation = m->standard.deviation[i];
		float value = i < NETWORK_INPUTS
		    ? step[i]
		    : m->baseline.context[i - NETWORK_INPUTS];

		typical[i] = m->standard.mean[i] +
		    value * (deviation == 0 ? 1 : deviation);
	}
	typical[NETWORK_INPUTS + CONTEXT_WEEKS_ELAPSED] =
	    row->context[CONTEXT_WEEKS_ELAPSED];
}

/* Shapley values of the three groups, the context always the student's. */
static void
explain_tree_groups(const struct trees *trees, const float *here,
    const float *typical, struct explanation *e)
{
	float logits[SETS], mixed[MODEL_INPUTS];

	for (unsigned set = 0; set < SETS; set++) {
		memcpy(mixed, here, sizeof(mixed));
		for (int i = 0; i < NETWORK_INPUTS; i++)
			if (!(set >> group_of(i) & 1))
				mixed[i] = typical[i];
		logits[set] = trees_logit(trees, mixed, NULL);
	}
	explain_shapley(logits, e->groups);
	e->logit = logits[SETS - 1];
	e->context_logit = logits[0];
}

static void
explain_trees(const struct model *m, const struct network_row *row,
    struct explanation *e)
{
	float here[MODEL_INPUTS], typical[MODEL_INPUTS];
	double shares[MODEL_INPUTS] = { 0 };

	for (int i = 0; i < MODEL_INPUTS; i++)
		here[i] = model_input(row, i);
	*e = (struct explanation){ .is_complete = true };
	typical_inputs(m, row, typical);
	trees_shapley(m->trees, here, typical, shares);
	take_shares(shares, e);
	explain_tree_groups(m->trees, here, typical, e);
	e->baseline_logit = trees_logit(m->trees, typical, NULL);
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

	switch (model->kind) {
	case MODEL_NETWORK:
		explain(scratch->explainer, model->network, &model->baseline,
		    row, slope, e);
		break;
	case MODEL_LOGISTIC:
		explain_logistic(model, row, e);
		break;
	case MODEL_TREES:
		explain_trees(model, row, e);
		break;
	}
	scale(e->features, NETWORK_INPUTS, slope);
	scale(e->context, NETWORK_CONTEXT, slope);
	scale(e->groups, NETWORK_GROUPS, slope);
	scale(&e->unexplained, 1, slope);
	e->logit = (float)model_calibrated(model, (double)e->logit);
	e->baseline_logit =
	    (float)model_calibrated(model, (double)e->baseline_logit);
	e->context_logit =
	    (float)model_calibrated(model, (double)e->context_logit);
}
