/*
 * quantised.c - the test's samples scored by 8-bit weights too.
 */
#include "services/training/quantised.h"

static double *
score_small(const struct model *model, const struct cohort *test,
    struct arena *arena)
{
	float *logits = arena_array(arena, test->count + 1, sizeof(float));
	double *scores = arena_array(arena, test->count + 1, sizeof(double));
	struct network_scratch *scratch =
	    network_scratch_new(network_shape(model->network), false);

	network_quantise(model->network);
	network_forward_int8(model->network, scratch,
	    &(struct network_batch){ test->rows, test->count, false },
	    &(struct network_output){ .logits = logits });
	network_scratch_free(scratch);
	for (size_t i = 0; i < test->count; i++)
		scores[i] = model_score(model, (double)logits[i]);
	return scores;
}

static void
add_row(struct model_report *report, const char *group,
    const struct quantisation *found)
{
	report->int8[report->int8_count++] = (struct int8_report){
		.group = group,
		.n = (int64_t)found->count,
		.worst = found->worst,
		.mean = found->mean,
		.agreement = found->agreement,
	};
}

void
quantised_assess(const struct contender *contender, const struct cohort *test,
    const struct groups *groups, struct arena *arena,
    struct model_report *report)
{
	struct model *model = contender->model;
	struct quantised_scores scores = { contender->scores, NULL,
		test->count };
	struct group_mask *masks;
	struct quantisation found;
	size_t count;

	if (model->kind != MODEL_NETWORK)
		return;
	scores.small = score_small(model, test, arena);
	groups_masks(groups, test, arena, &masks, &count);
	report->int8 = arena_array(arena, count + 1, sizeof(*report->int8));
	model->quantisation = quantisation_measure(model, &scores, NULL);
	add_row(report, "all", &model->quantisation);
	for (size_t i = 0; i < count; i++) {
		found = quantisation_measure(model, &scores, masks[i].member);
		if (found.count >= QUANTISATION_LEAST)
			add_row(report, masks[i].name, &found);
		quantisation_include(&model->quantisation, &found);
	}
	model_include_golden(model, &model->quantisation);
	report->has_int8_passes = true;
	report->int8_passes = quantisation_passes(&model->quantisation);
}
