/*
 * trees_test.c - trees answer, explain and refuse; Shapley values against all
 * subsets of inputs, and against a published example.
 */
#include "ml/trees.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "tests/support/sample_trees.h"
#include "tests/support/test.h"

enum { INPUTS = 7, SUBSETS = 1 << INPUTS, ROWS = 200 };

/* fever = input 0, cough = input 1: 80 where both are there, 0 else; and the
 * same with 10 more for cough alone.  Lundberg, Erion, Lee 2018,
 * arXiv:1802.03888, figure 1: 40 and 40, and 40 and 50. */
static void
the_published_example_of_fever_and_cough(void **state)
{
	struct trees *trees = trees_new(2, 8);
	static const struct tree_node nodes[] = {
		{ 0, .5f, false, 1 },
		{ TREE_LEAF, 0, false, 0 },
		{ 1, .5f, false, 3 },
		{ TREE_LEAF, 0, false, 0 },
		{ TREE_LEAF, 80, false, 0 },
		{ 1, .5f, false, 6 },
		{ TREE_LEAF, 0, false, 0 },
		{ TREE_LEAF, 10, false, 0 },
	};
	static const float ill[] = { 1, 1 }, well[] = { 0, 0 };
	double shares[2] = { 0, 0 };

	(void)state;
	memcpy(trees->nodes, nodes, sizeof(nodes));
	trees->root[1] = 5;
	assert_null(trees_fault(trees, 2));
	assert_near(trees_logit(trees, ill, NULL), 90, 0);
	assert_near(trees_logit(trees, well, NULL), 0, 0);
	trees_shapley(trees, ill, well, shares);
	assert_near(shares[0], 40, 1e-12);
	assert_near(shares[1], 50, 1e-12);
	trees_free(trees);
}

static void
draw_row(struct random *random, float *row)
{
	for (int i = 0; i < INPUTS; i++)
		row[i] = random_below(random, 5) == 0
		    ? NAN
		    : (float)random_normal(random);
}

/* Shapley's formula over all subsets of inputs. */
static void
brute_force(const struct trees *trees, const float *here, const float *typical,
    double *shares)
{
	double value[SUBSETS];
	float mixed[INPUTS];

	for (unsigned set = 0; set < SUBSETS; set++) {
		for (int i = 0; i < INPUTS; i++)
			mixed[i] = set >> i & 1 ? here[i] : typical[i];
		value[set] = (double)trees_logit(trees, mixed, NULL);
	}
	for (int i = 0; i < INPUTS; i++) {
		shares[i] = 0;
		for (unsigned set = 0; set < SUBSETS; set++) {
			int size = __builtin_popcount(set);
			double weight =
			    tgamma(size + 1) * tgamma(INPUTS - size);

			if (!(set >> i & 1))
				shares[i] += weight / tgamma(INPUTS + 1) *
				    (value[set | 1u << i] - value[set]);
		}
	}
}

static void
shapley_values_are_those_of_all_subsets(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 5, 1);
	for (unsigned k = 0; k < ROWS; k++) {
		struct trees *trees = sample_trees(k, INPUTS);
		float here[INPUTS], typical[INPUTS];
		double got[INPUTS] = { 0 }, want[INPUTS], sum = 0;

		draw_row(&random, here);
		draw_row(&random, typical);
		trees_shapley(trees, here, typical, got);
		brute_force(trees, here, typical, want);
		for (int i = 0; i < INPUTS; i++) {
			assert_near(got[i], want[i], 2e-6);
			sum += got[i];
		}
		assert_near(sum,
		    (double)trees_logit(trees, here, NULL) -
			(double)trees_logit(trees, typical, NULL),
		    2e-6);
		trees_free(trees);
	}
}

static void
what_is_missing_goes_where_the_node_says(void **state)
{
	struct trees *trees = trees_new(1, 3);
	static const float missing[] = { NAN }, below[] = { -1 }, at[] = { 0 };

	(void)state;
	trees->bias = .25f;
	trees->nodes[0] = (struct tree_node){ 0, 0, true, 1 };
	trees->nodes[1] = (struct tree_node){ TREE_LEAF, 1, false, 0 };
	trees->nodes[2] = (struct tree_node){ TREE_LEAF, 2, false, 0 };
	assert_near(trees_logit(trees, below, NULL), 1.25, 0);
	assert_near(trees_logit(trees, at, NULL), 2.25, 0);
	assert_near(trees_logit(trees, missing, NULL), 1.25, 0);
	trees->nodes[0].missing_left = false;
	assert_near(trees_logit(trees, missing, NULL), 2.25, 0);
	trees_free(trees);
}

static void
stages_add_up_to_the_logit(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 6, 1);
	for (unsigned k = 0; k < 20; k++) {
		struct trees *trees = sample_trees(k, INPUTS);
		float row[INPUTS], stages[TREES_STAGES];
		double sum = (double)trees->bias;
		float logit;

		draw_row(&random, row);
		logit = trees_logit(trees, row, stages);
		for (int i = 0; i < TREES_STAGES; i++)
			sum += (double)stages[i];
		assert_near(sum, logit, 1e-5);
		trees_free(trees);
	}
}

static void
refuse(const struct trees *trees, const char *why)
{
	const char *fault = trees_fault(trees, INPUTS);

	assert_non_null(fault);
	if (strstr(fault, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", fault, why);
}

static void
trees_that_cannot_be_are_refused(void **state)
{
	struct trees *trees = sample_trees(3, INPUTS);
	struct tree_node *first = &trees->nodes[0], node = *first;

	(void)state;
	assert_null(trees_fault(trees, INPUTS));
	assert_int_not_equal(node.input, TREE_LEAF);
	first->input = INPUTS;
	refuse(trees, "input that is not there");
	first->input = -2;
	refuse(trees, "input that is not there");
	*first = node;
	first->value = NAN;
	refuse(trees, "not finite");
	*first = node;
	first->left = 0;
	refuse(trees, "child that is not there");
	first->left = trees->node_count;
	refuse(trees, "child that is not there");
	first->left = node.left + 1;
	refuse(trees, "parent");
	first->input = TREE_LEAF;
	refuse(trees, "without a parent");
	*first = node;
	trees->root[1] = trees->node_count;
	refuse(trees, "without a parent");
	trees->root[1] = 0;
	refuse(trees, "one behind the other");
	trees_free(trees);
}

/* A chain: every left child asks again. */
static void
trees_that_are_too_deep_are_refused(void **state)
{
	enum { QUESTIONS = TREES_DEPTH_MAX + 1 };
	struct trees *trees = trees_new(1, 2 * QUESTIONS + 1);

	(void)state;
	for (int i = 0; i < trees->node_count; i++)
		trees->nodes[i] = (struct tree_node){ TREE_LEAF, 1, false, 0 };
	for (int i = 0; i < QUESTIONS; i++)
		trees->nodes[i == 0 ? 0 : 2 * i - 1] =
		    (struct tree_node){ 0, 0, false, 2 * i + 1 };
	refuse(trees, "too deep");
	trees->nodes[2 * QUESTIONS - 3].input = TREE_LEAF;
	trees->node_count -= 2;
	assert_null(trees_fault(trees, INPUTS));
	trees_free(trees);
}

RUN_TESTS(cmocka_unit_test(the_published_example_of_fever_and_cough),
    cmocka_unit_test(shapley_values_are_those_of_all_subsets),
    cmocka_unit_test(what_is_missing_goes_where_the_node_says),
    cmocka_unit_test(stages_add_up_to_the_logit),
    cmocka_unit_test(trees_that_cannot_be_are_refused),
    cmocka_unit_test(trees_that_are_too_deep_are_refused))
