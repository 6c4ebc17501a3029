/*
 * model_arithmetic.c - which arithmetic a network's logits come by, and whether
 * the golden rows come out by it.
 */
#include <math.h>

#include "ml/kernels.h"
#include "ml/model_inner.h"

static void
run_golden(const struct model *model, float logits[MODEL_GOLDEN_MAX])
{
	const struct golden *g = &model->golden;
	struct model_scratch *scratch = model_scratch_new(model, false);

	model_logits(model, scratch,
	    &(struct network_batch){ g->rows, (size_t)g->count, false },
	    &(struct network_output){ .logits = logits });
	model_scratch_free(scratch);
}

bool
model_check_golden(const struct model *model, struct err *err)
{
	const struct golden *g = &model->golden;
	float logits[MODEL_GOLDEN_MAX];
	int wrong = 0;

	run_golden(model, logits);
	for (int i = 0; i < g->count; i++)
		if (!(fabsf(logits[i] - g->logits[i]) <= g->tolerance))
			wrong++;
	return wrong == 0 ||
	    err_set(err, ERR_INVALID,
		"model file: %d of %d golden rows do not come out", wrong,
		g->count);
}

void
model_include_golden(struct model *model, struct quantisation *worst)
{
	const struct golden *g = &model->golden;
	double exact[MODEL_GOLDEN_MAX], small[MODEL_GOLDEN_MAX];
	struct quantised_scores scores = { exact, small, (size_t)g->count };
	struct quantisation found;
	float logits[MODEL_GOLDEN_MAX];
	bool was_int8 = model->is_int8;

	network_quantise(model->network);
	model->is_int8 = true;
	run_golden(model, logits);
	model->is_int8 = was_int8;
	for (int i = 0; i < g->count; i++) {
		exact[i] = model_score(model, (double)g->logits[i]);
		small[i] = model_score(model, (double)logits[i]);
	}
	found = quantisation_measure(model, &scores, NULL);
	quantisation_include(worst, &found);
}

/* The file says so, and the golden rows bear it out on this machine. */
static bool
is_int8_near(struct model *model)
{
	struct quantisation worst = model->quantisation;

	if (!quantisation_passes(&worst))
		return false;
	model_include_golden(model, &worst);
	return quantisation_passes(&worst);
}

bool
model_set_arithmetic(struct model *model, const char *kernels, bool wants_int8,
    struct err *err)
{
	if (!model->network)
		return true;
	model->is_int8 = false;
	if (kernels && *kernels) {
		const struct kernels *set = kernels_find(kernels);

		if (!set)
			return err_set(err, ERR_INVALID,
			    "this machine has no kernels named %s", kernels);
		network_use(model->network, set);
		if (!model_check_golden(model, err))
			return false;
	}
	model->is_int8 = wants_int8 && is_int8_near(model);
	return true;
}
