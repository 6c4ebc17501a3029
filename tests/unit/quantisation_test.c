/*
 * quantisation_test.c - how far scores move by 8-bit weights, counted by hand,
 * and which models may be served by them.
 */
#include "ml/quantisation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ml/model.h"
#include "tests/support/network_reference.h"
#include "tests/support/sample_model.h"
#include "tests/support/test.h"

/* Cuts at .25, .5, .75: the second of these crosses one. */
static void
changes_are_those_counted_by_hand(void **state)
{
	static const double exact[] = { .10, .249, .60, .90 };
	static const double small[] = { .104, .251, .60, .898 };
	static const uint8_t member[] = { 1, 0, 1, 1 };
	struct quantised_scores scores = { exact, small, 4 };
	struct model *model = sample_logistic_model(1);
	struct quantisation all = quantisation_measure(model, &scores, NULL);
	struct quantisation some = quantisation_measure(model, &scores, member);

	(void)state;
	assert_int_equal(all.count, 4);
	assert_near(all.worst, .004, 1e-12);
	assert_near(all.mean, .008 / 4, 1e-12);
	assert_near(all.agreement, .75, 0);
	assert_int_equal(some.count, 3);
	assert_near(some.mean, .002, 1e-12);
	assert_near(some.agreement, 1, 0);
	model_unref(model);
}

static void
each_limit_refuses_alone(void **state)
{
	struct quantisation good = { .01, .002, .995, 1 }, q = good;

	(void)state;
	assert_true(quantisation_passes(&good));
	q.worst = .0101;
	assert_false(quantisation_passes(&q));
	q = good;
	q.mean = .00201;
	assert_false(quantisation_passes(&q));
	q = good;
	q.agreement = .9949;
	assert_false(quantisation_passes(&q));
	q = good;
	q.count = 0;
	assert_false(quantisation_passes(&q));
}

static void
a_group_counts_as_far_as_its_size_allows(void **state)
{
	const struct quantisation all = { .002, .0004, .999, 5000 };
	struct quantisation large = { .001, .0005, .99, 200 };
	struct quantisation small = { .003, .0006, .98, 199 };
	struct quantisation tiny = { .004, .004, .9, 19 };
	struct quantisation worst = all;

	(void)state;
	quantisation_include(&worst, &tiny);
	assert_near(worst.worst, .004, 0);
	assert_near(worst.mean, .0004, 0);
	quantisation_include(&worst, &small);
	assert_near(worst.mean, .0006, 0);
	assert_near(worst.agreement, .999, 0);
	quantisation_include(&worst, &large);
	assert_near(worst.agreement, .99, 0);
	assert_int_equal(worst.count, 5000);
}

/* A row's logits by both arithmetics, straight from the network. */
struct pair {
	float exact, small;
};

static struct pair
logits_of(struct model *model, struct network_batch *batch)
{
	struct network_scratch *scratch =
	    network_scratch_new(network_shape(model->network), false);
	struct pair pair;

	network_quantise(model->network);
	network_forward(model->network, scratch, batch,
	    &(struct network_output){ .logits = &pair.exact });
	network_forward_int8(model->network, scratch, batch,
	    &(struct network_output){ .logits = &pair.small });
	network_scratch_free(scratch);
	assert_true(pair.exact != pair.small);
	return pair;
}

static float
served_logit(struct model *model, struct network_batch *batch)
{
	struct model_scratch *scratch = model_scratch_new(model, false);
	float logit;

	model_logits(model, scratch, batch,
	    &(struct network_output){ .logits = &logit });
	model_scratch_free(scratch);
	return logit;
}

static void
a_model_is_served_by_int8_only_when_it_passes_and_is_asked_to(void **state)
{
	struct model *model = sample_network_model(1);
	struct network_row *rows = random_rows(1, 3);
	struct network_batch batch = { rows, 1, false };
	struct pair pair = logits_of(model, &batch);
	struct err err = { 0 };

	(void)state;
	assert_true(model_set_arithmetic(model, "", true, &err));
	assert_true(model->is_int8);
	assert_true(served_logit(model, &batch) == pair.small);
	assert_true(model_set_arithmetic(model, NULL, false, &err));
	assert_true(served_logit(model, &batch) == pair.exact);
	model->quantisation.mean = .01;
	assert_true(model_set_arithmetic(model, "", true, &err));
	assert_false(model->is_int8);
	assert_true(served_logit(model, &batch) == pair.exact);
	random_rows_free(rows);
	model_unref(model);
}

/* What the file was measured by is not what this machine computes. */
static void
golden_rows_that_stray_by_int8_leave_it_to_f32(void **state)
{
	struct model *model = sample_network_model(1);
	struct quantisation worst = model->quantisation;
	struct err err = { 0 };

	(void)state;
	model_include_golden(model, &worst);
	assert_true(quantisation_passes(&worst));
	model->golden.logits[0] += .2f;
	assert_true(model_set_arithmetic(model, "", true, &err));
	assert_false(model->is_int8);
	model_include_golden(model, &worst);
	assert_true(worst.worst > .01);
	model->golden.logits[0] = NAN;
	assert_true(model_set_arithmetic(model, "", true, &err));
	assert_false(model->is_int8);
	model_unref(model);
}

static void
explanations_stay_f32(void **state)
{
	struct model *model = sample_network_model(1);
	struct model_scratch *scratch = model_scratch_new(model, true);
	struct network_row *rows = random_rows(1, 3);
	struct explanation before, after;
	struct err err = { 0 };

	(void)state;
	model_explain(model, scratch, rows, &before);
	assert_true(model_set_arithmetic(model, "", true, &err));
	model_explain(model, scratch, rows, &after);
	assert_true(before.logit == after.logit);
	assert_true(before.features[3] == after.features[3]);
	model_scratch_free(scratch);
	random_rows_free(rows);
	model_unref(model);
}

static void
kernels_that_are_not_there_are_refused(void **state)
{
	struct model *model = sample_network_model(1);
	struct err err = { 0 };

	(void)state;
	assert_false(model_set_arithmetic(model, "abacus", true, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.detail, "abacus"));
	assert_true(model_set_arithmetic(model, "scalar", true, &err));
	assert_string_equal(network_kernels(model->network), "scalar");
	model_unref(model);
}

RUN_TESTS(cmocka_unit_test(changes_are_those_counted_by_hand),
    cmocka_unit_test(each_limit_refuses_alone),
    cmocka_unit_test(a_group_counts_as_far_as_its_size_allows),
    cmocka_unit_test(
	a_model_is_served_by_int8_only_when_it_passes_and_is_asked_to),
    cmocka_unit_test(golden_rows_that_stray_by_int8_leave_it_to_f32),
    cmocka_unit_test(explanations_stay_f32),
    cmocka_unit_test(kernels_that_are_not_there_are_refused))
