/*
 * booster_test.c - trees taken out of XGBoost say what it says itself, to the
 * bit, and the same rows and seed grow the same trees.
 */
#include "services/training/booster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "tests/support/test.h"

enum { ROWS = 600, GROWN = 60 };

static const struct booster_settings settings = { 5, .1, 1, 1, .7, .5 };

/* Some inputs tell, some are noise, one in four is missing; of two it tells
 * that they are. */
static void
make_table(struct table *table, unsigned seed)
{
	struct random random;

	random_init(&random, seed, 3);
	*table = (struct table){ .count = ROWS,
		.rows = mem_alloc(ROWS * MODEL_INPUTS, sizeof(float)),
		.adverse = mem_alloc(ROWS, 1) };
	for (size_t i = 0; i < ROWS; i++) {
		float *row = table->rows + i * MODEL_INPUTS;
		double logit;

		for (int k = 0; k < MODEL_INPUTS; k++)
			row[k] = random_below(&random, 4) == 0
			    ? NAN
			    : (float)random_normal(&random);
		row[1] = roundf(row[1]);
		logit = isnan(row[0]) ? 1 : (double)row[0];
		logit += isnan(row[1]) ? -1 : (double)(row[1] * row[1]) - 1;
		table->adverse[i] =
		    random_unit(&random) < 1 / (1 + exp(-2 * logit));
	}
}

static struct booster *
grow(const struct table *learned, const struct table *watched, uint64_t seed)
{
	struct booster *booster;
	struct err err = { 0 };

	if (!booster_new(&booster, &settings, learned, watched, seed, &err))
		fail_msg("%s", err.detail);
	for (int i = 0; i < GROWN; i++)
		if (!booster_grow(booster, &err))
			fail_msg("%s", err.detail);
	return booster;
}

static struct trees *
take(struct booster *booster)
{
	struct trees *trees;
	struct err err = { 0 };

	if (!booster_trees(booster, &trees, &err))
		fail_msg("%s", err.detail);
	return trees;
}

static void
our_trees_give_the_bits_of_xgboost(void **state)
{
	struct table learned, watched;
	struct booster *booster;
	struct trees *trees;
	const float *logits;
	struct err err = { 0 };
	int missing = 0;

	(void)state;
	make_table(&learned, 1);
	make_table(&watched, 2);
	booster = grow(&learned, &watched, 7);
	trees = take(booster);
	assert_int_equal(trees->count, GROWN);
	assert_true(trees->node_count > 10 * GROWN);
	for (int i = 0; i < trees->node_count; i++)
		missing += trees->nodes[i].missing_left;
	assert_true(missing > 0);
	assert_true(booster_logits(booster, &logits, &err));
	for (size_t i = 0; i < ROWS; i++)
		assert_near(
		    trees_logit(trees, watched.rows + i * MODEL_INPUTS, NULL),
		    logits[i], 0);
	trees_free(trees);
	booster_free(booster);
	table_close(&learned);
	table_close(&watched);
}

static void
the_same_seed_grows_the_same_trees(void **state)
{
	struct table learned;
	struct trees *trees[3];

	(void)state;
	make_table(&learned, 1);
	for (size_t i = 0; i < 3; i++) {
		struct booster *booster = grow(&learned, NULL, i < 2 ? 7 : 8);

		trees[i] = take(booster);
		booster_free(booster);
	}
	assert_int_equal(trees[0]->node_count, trees[1]->node_count);
	for (int i = 0; i < trees[0]->node_count; i++) {
		const struct tree_node *a = &trees[0]->nodes[i];
		const struct tree_node *b = &trees[1]->nodes[i];

		assert_int_equal(a->input, b->input);
		assert_near(a->value, b->value, 0);
		assert_int_equal(a->left, b->left);
	}
	assert_true(trees[0]->node_count != trees[2]->node_count ||
	    trees[0]->nodes[0].value != trees[2]->nodes[0].value ||
	    trees[0]->nodes[0].input != trees[2]->nodes[0].input);
	for (size_t i = 0; i < 3; i++)
		trees_free(trees[i]);
	table_close(&learned);
}

static void
settings_that_xgboost_refuses_are_an_error(void **state)
{
	struct booster_settings wrong = settings;
	struct booster *booster;
	struct table learned;
	struct err err = { 0 };

	(void)state;
	make_table(&learned, 1);
	wrong.row_share = 2;
	if (booster_new(&booster, &wrong, &learned, NULL, 1, &err)) {
		assert_false(booster_grow(booster, &err));
		booster_free(booster);
	}
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_non_null(strstr(err.detail, "XGBoost"));
	table_close(&learned);
}

RUN_TESTS(cmocka_unit_test(our_trees_give_the_bits_of_xgboost),
    cmocka_unit_test(the_same_seed_grows_the_same_trees),
    cmocka_unit_test(settings_that_xgboost_refuses_are_an_error))
