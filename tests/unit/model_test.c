/*
 * model_test.c - what all kinds of model answer.
 */
#include "ml/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/network_reference.h"
#include "tests/support/sample_model.h"
#include "tests/support/test.h"

/* sigma(1.25 * .8 - .1) = sigma(.9), from a table of the logistic function. */
static void
scores_are_calibrated(void **state)
{
	struct model *model = sample_logistic_model(1);

	(void)state;
	assert_near(model_score(model, .8), .710949502625, 1e-12);
	assert_near(model_score(model, .08), .5, 1e-12);
	assert_true(model_score(model, -1e9) == 0);
	assert_true(model_score(model, 1e9) == 1);
	model_unref(model);
}

static void
a_score_on_a_cut_has_reached_it(void **state)
{
	struct model *model = model_new(NULL);

	(void)state;
	assert_int_equal(model_category(model, 0), RISK_LOW);
	assert_int_equal(model_category(model, .2499999), RISK_LOW);
	assert_int_equal(model_category(model, .25), RISK_MEDIUM);
	assert_int_equal(model_category(model, .5), RISK_HIGH);
	assert_int_equal(model_category(model, .75), RISK_CRITICAL);
	assert_int_equal(model_category(model, 1), RISK_CRITICAL);
	assert_string_equal(risk_category_name(RISK_MEDIUM), "medium");
	model_unref(model);
}

static void
logistic_regression_reads_the_last_step_and_the_context(void **state)
{
	struct model *model = model_new(NULL);
	struct model_scratch *scratch = model_scratch_new(model, false);
	float steps[3 * NETWORK_INPUTS], context[] = { 1, 2, NAN, 4 };
	struct network_row row = { steps, context, 3 };
	float logit, inputs[MODEL_INPUTS], attention[NETWORK_MAX_STEPS];
	struct network_output output = { &logit, inputs, attention };

	(void)state;
	for (int i = 0; i < 3 * NETWORK_INPUTS; i++)
		steps[i] = i < 2 * NETWORK_INPUTS ? 1e6f : 3;
	steps[2 * NETWORK_INPUTS + 1] = NAN;
	model->weights[0] = .5f;
	model->weights[1] = 100;
	model->weights[NETWORK_INPUTS] = 2;
	model->weights[NETWORK_INPUTS + 2] = 100;
	model->intercept = -1;
	model->standard.mean[0] = 1;
	model->standard.deviation[0] = 4;
	model->standard.deviation[NETWORK_INPUTS] = 0;
	model_logits(model, scratch, &(struct network_batch){ &row, 1, false },
	    &output);
	assert_near(logit, -1 + .5 * (3 - 1) / 4 + 2 * 1, 1e-6);
	assert_near(inputs[0], .5, 0);
	assert_near(inputs[1], 0, 0);
	assert_near(attention[2], 1, 0);
	assert_near(attention[1], 0, 0);
	model_scratch_free(scratch);
	model_unref(model);
}

static void
the_network_model_gives_the_networks_logit(void **state)
{
	struct model *model = sample_network_model(2);
	struct model_scratch *scratch = model_scratch_new(model, false);
	struct network_row *rows = random_rows(3, 5);
	struct network_batch batch = { rows, 3, false };
	float logits[3], last[3 * MODEL_WIDTH_MAX];
	struct network_output output = { .logits = logits, .last = last };
	float row[MODEL_WIDTH_MAX + 1];

	(void)state;
	model_logits(model, scratch, &batch, &output);
	model_last_row(model, row);
	for (int k = 0; k < 3; k++) {
		double sum = (double)row[model_width(model)];

		for (int i = 0; i < model_width(model); i++)
			sum += (double)row[i] *
			    (double)last[k * model_width(model) + i];
		assert_near(logits[k], sum, 2e-6);
	}
	random_rows_free(rows);
	model_scratch_free(scratch);
	model_unref(model);
}

/* The same inputs as the regression, but NaN where nothing is known. */
static void
trees_read_the_last_step_and_the_context_as_they_are(void **state)
{
	struct trees *trees = trees_new(2, 6);
	struct model *model = model_new_trees(trees);
	struct model_scratch *scratch = model_scratch_new(model, false);
	float steps[2 * NETWORK_INPUTS] = { 0 }, context[] = { 1, 2, NAN, 4 };
	struct network_row row = { steps, context, 2 };
	float logit, stages[TREES_STAGES], attention[NETWORK_MAX_STEPS];
	struct network_output output = { &logit, stages, attention };
	struct network_standard standard = { .mean = { 7 } };

	(void)state;
	steps[NETWORK_INPUTS + 3] = 5;
	trees->bias = -1;
	trees->root[1] = 3;
	trees->nodes[0] = (struct tree_node){ 3, 5, false, 1 };
	trees->nodes[3] = (struct tree_node){ NETWORK_INPUTS + 2, 0, true, 4 };
	for (int i = 0; i < 6; i++)
		if (i % 3 != 0)
			trees->nodes[i] = (struct tree_node){ TREE_LEAF,
				(float)(1 << i), false, 0 };
	model_set_standard(model, &standard);
	model_logits(model, scratch, &(struct network_batch){ &row, 1, false },
	    &output);
	/* 5 is not below 5: right; missing: left */
	assert_near(logit, -1 + 4 + 16, 0);
	assert_near(stages[0], 4, 0);
	assert_near(stages[TREES_STAGES / 2], 16, 0);
	assert_near(attention[1], 1, 0);
	assert_near(attention[0], 0, 0);
	model_scratch_free(scratch);
	model_unref(model);
}

/* What is as it is typically explains nothing, and nor does the week. */
static void
a_typical_student_has_no_reasons_in_trees(void **state)
{
	struct model *model = sample_trees_model(9);
	struct model_scratch *scratch = model_scratch_new(model, true);
	const struct network_standard *standard = &model->standard;
	float steps[NETWORK_INPUTS], context[NETWORK_CONTEXT];
	struct network_row row = { steps, context, 1 };
	struct explanation e;

	(void)state;
	for (int i = 0; i < NETWORK_INPUTS; i++)
		steps[i] = standard->mean[i] +
		    model->baseline.steps[i] * standard->deviation[i];
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		context[i] = standard->mean[NETWORK_INPUTS + i] +
		    model->baseline.context[i] *
			standard->deviation[NETWORK_INPUTS + i];
	context[0] = 30; /* weeks elapsed */
	model_explain(model, scratch, &row, &e);
	for (int i = 0; i < NETWORK_INPUTS; i++)
		assert_near(e.features[i], 0, 0);
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		assert_near(e.context[i], 0, 0);
	assert_near(e.logit, e.baseline_logit, 0);
	model_scratch_free(scratch);
	model_unref(model);
}

/* Biases 0, .1 ... 2 and no weights: percentiles 5 and 95 of type 6 lie at
 * ranks .05 * 22 and .95 * 22 of the scores, a tenth from the outermost. */
static void
the_interval_is_the_middle_of_the_bootstrap(void **state)
{
	struct model *model = model_new(NULL);
	float spread[21][MODEL_INPUTS + 1] = { { 0 } };
	float inputs[MODEL_INPUTS] = { 0 };
	double low, high;

	(void)state;
	assert_false(model_interval(model, inputs, &low, &high));
	for (int k = 0; k < 21; k++)
		spread[(k * 8) % 21][MODEL_INPUTS] = (float)k / 10;
	model_set_spread(model, spread[0], 21);
	model->intercept = 1;
	assert_true(model_interval(model, inputs, &low, &high));
	assert_near(low, .9 * .5 + .1 / (1 + exp(-.1)), 1e-7);
	assert_near(high, .9 / (1 + exp(-2)) + .1 / (1 + exp(-1.9)), 1e-7);
	model->intercept = 3;
	assert_true(model_interval(model, inputs, &low, &high));
	assert_near(high, model_score(model, 3), 0);
	model_unref(model);
}

static void
check_explanations(struct model *model)
{
	struct model_scratch *scratch = model_scratch_new(model, true);
	struct network_row *rows = random_rows(6, 6);

	for (int k = 0; k < 6; k++) {
		struct network_batch batch = { &rows[k], 1, false };
		struct explanation e;
		double sum = 0, groups = 0;
		float logit;

		model_logits(model, scratch, &batch,
		    &(struct network_output){ .logits = &logit });
		model_explain(model, scratch, &rows[k], &e);
		assert_near(e.logit, 1.25 * (double)logit - .1, 1e-6);
		for (int i = 0; i < NETWORK_INPUTS; i++)
			sum += (double)e.features[i];
		for (int i = 0; i < NETWORK_CONTEXT; i++)
			sum += (double)e.context[i];
		for (int i = 0; i < NETWORK_GROUPS; i++)
			groups += (double)e.groups[i];
		double way = (double)(e.logit - e.baseline_logit);
		assert_near(sum, way, fmax(1e-3, .01 * fabs(way)));
		assert_near(groups, e.logit - e.context_logit, 1e-5);
	}
	random_rows_free(rows);
	model_scratch_free(scratch);
}

static void
explanations_add_up_to_the_calibrated_logit(void **state)
{
	struct model *network = sample_network_model(3);
	struct model *logistic = sample_logistic_model(4);
	struct model *trees = sample_trees_model(4);

	(void)state;
	check_explanations(network);
	check_explanations(logistic);
	check_explanations(trees);
	/* also beneath isotonic scores: parts add up in Platt's logits */
	network->isotonic = logistic->isotonic = trees->isotonic =
	    (struct isotonic){ .count = 2,
		    .at = { -1, 1 },
		    .value = { -3, .5f } };
	check_explanations(network);
	check_explanations(logistic);
	check_explanations(trees);
	model_unref(trees);
	model_unref(network);
	model_unref(logistic);
}

static void
a_shared_model_lives_until_the_last_reference(void **state)
{
	struct model *model = sample_network_model(5);
	struct model *other = model_ref(model);
	struct err err = { 0 };

	(void)state;
	model_unref(model);
	assert_true(model_check_golden(other, &err));
	model_unref(other);
	model_unref(NULL);
}

static void
a_manifest_that_is_too_long_is_an_error(void **state)
{
	static char text[MODEL_MANIFEST_MAX + 2];
	struct model *model = sample_logistic_model(1);
	struct err err = { 0 };

	(void)state;
	memset(text, ' ', MODEL_MANIFEST_MAX);
	assert_true(model_set_manifest(model, text, &err));
	text[MODEL_MANIFEST_MAX] = ' ';
	assert_false(model_set_manifest(model, text, &err));
	assert_int_equal(err.code, ERR_INVALID);
	model_unref(model);
}

RUN_TESTS(cmocka_unit_test(a_manifest_that_is_too_long_is_an_error),
    cmocka_unit_test(scores_are_calibrated),
    cmocka_unit_test(a_score_on_a_cut_has_reached_it),
    cmocka_unit_test(logistic_regression_reads_the_last_step_and_the_context),
    cmocka_unit_test(the_network_model_gives_the_networks_logit),
    cmocka_unit_test(trees_read_the_last_step_and_the_context_as_they_are),
    cmocka_unit_test(a_typical_student_has_no_reasons_in_trees),
    cmocka_unit_test(the_interval_is_the_middle_of_the_bootstrap),
    cmocka_unit_test(explanations_add_up_to_the_calibrated_logit),
    cmocka_unit_test(a_shared_model_lives_until_the_last_reference))
