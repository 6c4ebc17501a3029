/*
 * explain_test.c - quadrature against known nodes, Shapley values against a
 * game worked by hand, completeness of integrated gradients.
 */
#include "ml/explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "ml/features.h"
#include "ml/optimiser.h"
#include "tests/support/network_reference.h"
#include "tests/support/test.h"

/* Abramowitz and Stegun, table 25.4, n = 5, moved from (-1, 1) to (0, 1). */
static void
nodes_are_those_of_the_published_table(void **state)
{
	double nodes[5], weights[5];

	(void)state;
	explain_nodes(5, nodes, weights);
	assert_near(nodes[0], (1 - .906179845938664) / 2, 1e-14);
	assert_near(nodes[1], (1 - .538469310105683) / 2, 1e-14);
	assert_near(nodes[2], .5, 1e-14);
	assert_near(nodes[4], (1 + .906179845938664) / 2, 1e-14);
	assert_near(weights[0], .236926885056189 / 2, 1e-14);
	assert_near(weights[3], .478628670499366 / 2, 1e-14);
	assert_near(weights[2], .568888888888889 / 2, 1e-14);
}

static void
fifty_nodes_integrate_degree_99_exactly(void **state)
{
	double nodes[50], weights[50], sum = 0;

	(void)state;
	explain_nodes(50, nodes, weights);
	for (int i = 0; i < 50; i++)
		sum += weights[i] * pow(nodes[i], 99);
	assert_near(sum, .01, 1e-15);
}

/* The glove game: player 0 has a left glove, 1 and 2 a right one each; a pair
 * is worth 1.  Shapley values 2/3, 1/6, 1/6 (worked out in any textbook). */
static void
the_glove_game_is_shared_as_in_the_textbook(void **state)
{
	const float values[8] = { 0, 0, 0, 1, 0, 1, 0, 1 };
	float shares[3];

	(void)state;
	explain_shapley(values, shares);
	assert_near(shares[0], 2 / 3., 1e-7);
	assert_near(shares[1], 1 / 6., 1e-7);
	assert_near(shares[2], 1 / 6., 1e-7);
}

static void
random_baseline(struct baseline *baseline, unsigned seed)
{
	struct random random;

	random_init(&random, seed, 3);
	for (int i = 0; i < NETWORK_MAX_STEPS * NETWORK_INPUTS; i++)
		baseline->steps[i] = (float)(random_normal(&random) / 4);
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		baseline->context[i] = (float)(random_normal(&random) / 4);
}

/* Features and context. */
static double
sum_of(const struct explanation *e)
{
	double sum = 0;

	for (int i = 0; i < NETWORK_INPUTS; i++)
		sum += (double)e->features[i];
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		sum += (double)e->context[i];
	return sum;
}

static void
check_explanations(const struct network *network)
{
	const struct network_shape *shape = network_shape(network);
	struct explainer *explainer = explainer_new(shape, EXPLAIN_NODES);
	struct network_scratch *scratch = network_scratch_new(shape, false);
	struct network_row *rows = random_rows(12, 17);
	struct baseline baseline;

	random_baseline(&baseline, 9);
	for (int k = 0; k < 12; k++) {
		struct network_batch batch = { &rows[k], 1, false };
		struct explanation e;
		double groups = 0;
		float logit;

		explain(explainer, network, &baseline, &rows[k], 1, &e);
		network_forward(network, scratch, &batch,
		    &(struct network_output){ .logits = &logit });
		assert_near(e.logit, logit, 0);
		for (int i = 0; i < NETWORK_GROUPS; i++)
			groups += (double)e.groups[i];
		double moved = (double)(e.logit - e.baseline_logit);
		assert_near(sum_of(&e), moved, fmax(1e-3, .01 * fabs(moved)));
		assert_near(groups, e.logit - e.context_logit, 1e-5);
	}
	random_rows_free(rows);
	network_scratch_free(scratch);
	explainer_free(explainer);
}

static void
explanations_add_up_with_random_weights(void **state)
{
	struct network_shape shape = network_shape_default();
	struct network *network = random_network(&shape, 23);

	(void)state;
	check_explanations(network);
	network_free(network);
}

/* Trained until sure of itself: logits far apart, gates saturated. */
static void
explanations_add_up_with_trained_weights(void **state)
{
	enum { ROWS = 64 };
	struct network_shape shape = { 16, 4, 32 };
	struct optimiser_settings settings = optimiser_settings_default();
	struct network *network = random_network(&shape, 29);
	struct network_scratch *scratch = network_scratch_new(&shape, true);
	struct network_row *rows = random_rows(ROWS, 31);
	float labels[ROWS];
	struct network_weights gradient;
	struct optimiser optimiser;

	(void)state;
	for (int i = 0; i < ROWS; i++)
		labels[i] =
		    rows[i]
			.steps[(rows[i].step_count - 1) * NETWORK_INPUTS + 20] >
		    0;
	settings.rate = .02;
	optimiser_init(&optimiser, &shape, &settings);
	network_weights_init(&gradient, &shape);
	for (int t = 0; t < 60; t++) {
		memset(gradient.data, 0, gradient.count * sizeof(float));
		network_backward(network, scratch,
		    &(struct network_batch){ rows, ROWS, false },
		    &(struct network_targets){ .labels = labels }, ROWS,
		    &gradient);
		optimiser_step(&optimiser, &gradient, network_weights(network));
		network_pack(network);
	}
	check_explanations(network);
	network_weights_close(&gradient);
	optimiser_close(&optimiser);
	random_rows_free(rows);
	network_scratch_free(scratch);
	network_free(network);
}

/* Every weight of a random network times `factor`: the gates shut and open
 * within a small part of the way. */
static struct network *
steep_network(double factor)
{
	struct network_shape shape = network_shape_default();
	struct network *network = random_network(&shape, 23);
	struct network_weights *weights = network_weights(network);

	for (size_t i = 0; i < weights->count; i++)
		weights->data[i] *= (float)factor;
	network_pack(network);
	return network;
}

static void
nodes_are_doubled_until_explanations_add_up(void **state)
{
	struct network *network = steep_network(2.25);
	struct explainer *explainer =
	    explainer_new(network_shape(network), EXPLAIN_NODES);
	struct network_row *rows = random_rows(12, 17);
	struct baseline baseline;
	int times[EXPLAIN_NODES_MAX + 1] = { 0 };

	(void)state;
	check_explanations(network);
	random_baseline(&baseline, 9);
	for (int k = 0; k < 12; k++) {
		struct explanation e;

		explain(explainer, network, &baseline, &rows[k], 1, &e);
		assert_true(e.is_complete);
		times[e.nodes]++;
	}
	assert_true(times[50] > 0 && times[100] > 0 && times[200] > 0);
	assert_int_equal(times[50] + times[100] + times[200], 12);
	/* The same miss is a larger one where a logit counts more. */
	for (int k = 0; k < 12; k++) {
		struct explanation e, scaled;

		explain(explainer, network, &baseline, &rows[k], 1, &e);
		explain(explainer, network, &baseline, &rows[k], 1e-3, &scaled);
		assert_true(scaled.nodes <= e.nodes);
	}
	random_rows_free(rows);
	explainer_free(explainer);
	network_free(network);
}

static void
an_explanation_that_does_not_add_up_says_by_how_much(void **state)
{
	struct network *network = steep_network(5);
	struct explainer *explainer =
	    explainer_new(network_shape(network), EXPLAIN_NODES);
	struct network_row *rows = random_rows(12, 17);
	struct baseline baseline;
	int incomplete = 0;

	(void)state;
	random_baseline(&baseline, 9);
	for (int k = 0; k < 12; k++) {
		struct explanation e;
		double way;

		explain(explainer, network, &baseline, &rows[k], 1, &e);
		way = (double)(e.logit - e.baseline_logit);
		assert_near(sum_of(&e) + (double)e.unexplained, way,
		    1e-3 * (1 + fabs(way)));
		assert_int_equal(e.is_complete,
		    fabs((double)e.unexplained) <= fmax(1e-3, .01 * fabs(way)));
		if (!e.is_complete) {
			assert_int_equal(e.nodes, EXPLAIN_NODES_MAX);
			incomplete++;
		}
	}
	assert_true(incomplete > 0);
	random_rows_free(rows);
	explainer_free(explainer);
	network_free(network);
}

static void
who_is_the_baseline_has_nothing_to_explain(void **state)
{
	struct network_shape shape = network_shape_default();
	struct network *network = network_new(&shape);
	struct explainer *explainer = explainer_new(&shape, 20);
	struct baseline baseline;
	struct network_row row = { baseline.steps, baseline.context, 12 };
	struct explanation e;

	(void)state;
	network_randomise(network, 3);
	random_baseline(&baseline, 4);
	explain(explainer, network, &baseline, &row, 1, &e);
	for (int i = 0; i < NETWORK_INPUTS; i++)
		assert_true(e.features[i] == 0);
	for (int i = 0; i < NETWORK_GROUPS; i++)
		assert_true(e.groups[i] == 0);
	assert_true(e.logit == e.baseline_logit);
	explainer_free(explainer);
	network_free(network);
}

/* Who is typical in all but the week of the course. */
static void
the_week_of_the_course_explains_nothing(void **state)
{
	struct network_shape shape = network_shape_default();
	struct network *network = network_new(&shape);
	struct explainer *explainer = explainer_new(&shape, 20);
	struct baseline baseline;
	float context[NETWORK_CONTEXT];
	struct network_row row = { baseline.steps, context, 12 };
	struct explanation e, late;

	(void)state;
	network_randomise(network, 5);
	random_baseline(&baseline, 6);
	memcpy(context, baseline.context, sizeof(context));
	explain(explainer, network, &baseline, &row, 1, &e);
	context[CONTEXT_WEEKS_ELAPSED] += 2;
	explain(explainer, network, &baseline, &row, 1, &late);
	assert_true(late.logit != e.logit);
	assert_true(late.baseline_logit == late.logit);
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		assert_true(late.context[i] == 0);
	explainer_free(explainer);
	network_free(network);
}

RUN_TESTS(cmocka_unit_test(nodes_are_those_of_the_published_table),
    cmocka_unit_test(fifty_nodes_integrate_degree_99_exactly),
    cmocka_unit_test(the_glove_game_is_shared_as_in_the_textbook),
    cmocka_unit_test(explanations_add_up_with_random_weights),
    cmocka_unit_test(explanations_add_up_with_trained_weights),
    cmocka_unit_test(nodes_are_doubled_until_explanations_add_up),
    cmocka_unit_test(an_explanation_that_does_not_add_up_says_by_how_much),
    cmocka_unit_test(who_is_the_baseline_has_nothing_to_explain),
    cmocka_unit_test(the_week_of_the_course_explains_nothing))
