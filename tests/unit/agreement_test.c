/*
 * agreement_test.c - two scores beside each other, against numpy 1.24 and
 * scipy 1.10 (spearmanr, percentile) on the samples of tests/support/trial.h,
 * and by hand.
 */
#include "ml/agreement.h"

#include <math.h>

#include "tests/support/trial.h"

static uint8_t
category(double score)
{
	return (uint8_t)((score >= .25) + (score >= .5) + (score >= .75));
}

static void
compare(const struct trial *trial, struct agreement *agreement)
{
	static uint8_t champion[TRIAL_MOST], challenger[TRIAL_MOST];

	for (size_t i = 0; i < trial->count; i++) {
		champion[i] = category(trial->champion[i]);
		challenger[i] = category(trial->challenger[i]);
	}
	agreement_of(&(struct scored_twice){ trial->count, trial->champion,
			 trial->challenger, champion, challenger },
	    agreement);
}

static void
differences_and_ranks_agree_with_scipy(void **state)
{
	static const uint64_t known[4][4] = { { 165, 6, 0, 0 },
		{ 3, 396, 10, 0 }, { 0, 21, 365, 5 }, { 0, 0, 19, 90 } };
	struct agreement agreement;
	struct trial trial;

	(void)state;
	trial_fill(&trial);
	compare(&trial, &agreement);
	assert_int_equal(agreement.count, 1080);
	assert_near(agreement.mean, -0.0042399084477736026, 1e-12);
	assert_near(agreement.low, -0.05048314606741566, 1e-12);
	assert_near(agreement.median, 0.006314606741573026, 1e-12);
	assert_near(agreement.high, 0.015438202247191057, 1e-12);
	assert_near(agreement.rank, 0.9948732925482643, 1e-12);
	assert_near(agreement.top, 0.8842592592592593, 1e-12);
	assert_near(agreement.same, 0.9407407407407408, 1e-12);
	assert_memory_equal(agreement.categories, known, sizeof(known));
}

/* Eleven different scores for 1,080 samples. */
static void
ties_have_the_mean_rank_and_share_the_edge(void **state)
{
	struct agreement agreement;
	struct trial trial;

	(void)state;
	trial_fill(&trial);
	for (size_t i = 0; i < trial.count; i++) {
		trial.champion[i] = floor(10 * trial.champion[i]) / 10;
		trial.challenger[i] = floor(10 * trial.challenger[i]) / 10;
	}
	compare(&trial, &agreement);
	assert_near(agreement.rank, 0.9802918538123192, 1e-12);
	assert_near(agreement.top, 0.8463201573666689, 1e-12);
}

static void
a_model_agrees_with_itself_and_not_with_its_mirror(void **state)
{
	struct agreement agreement;
	struct trial trial;

	(void)state;
	trial_fill(&trial);
	for (size_t i = 0; i < trial.count; i++)
		trial.challenger[i] = trial.champion[i];
	compare(&trial, &agreement);
	assert_near(agreement.mean, 0, 0);
	assert_near(agreement.high, 0, 0);
	assert_near(agreement.rank, 1, 1e-12);
	assert_near(agreement.top, 1, 1e-12);
	assert_true(agreement.top <= 1);
	assert_near(agreement.same, 1, 0);
	for (size_t i = 0; i < trial.count; i++)
		trial.challenger[i] = 1 - trial.champion[i];
	compare(&trial, &agreement);
	assert_near(agreement.rank, -1, 1e-12);
	assert_near(agreement.top, 0, 0);
}

static void
what_is_undefined_is_not_a_number(void **state)
{
	struct agreement agreement;
	struct trial trial;

	(void)state;
	trial_fill(&trial);
	for (size_t i = 0; i < trial.count; i++) {
		trial.champion[i] = (double)i / 2000;
		trial.challenger[i] = 0.5;
	}
	compare(&trial, &agreement);
	assert_true(isnan(agreement.rank));
	/* 108 of 1,080 belong to a top where all are equal: a tenth each. */
	assert_near(agreement.top, 0.1, 1e-12);
	trial.count = 0;
	compare(&trial, &agreement);
	assert_int_equal(agreement.count, 0);
	assert_true(isnan(agreement.mean) && isnan(agreement.same));
}

static void
the_median_of_an_even_number_lies_between(void **state)
{
	double odd[] = { 5, 1, 3 }, even[] = { 4, 1, 3, 2 };

	(void)state;
	assert_near(agreement_median(odd, 3), 3, 0);
	assert_near(agreement_median(even, 4), 2.5, 0);
}

RUN_TESTS(cmocka_unit_test(differences_and_ranks_agree_with_scipy),
    cmocka_unit_test(ties_have_the_mean_rank_and_share_the_edge),
    cmocka_unit_test(a_model_agrees_with_itself_and_not_with_its_mirror),
    cmocka_unit_test(what_is_undefined_is_not_a_number),
    cmocka_unit_test(the_median_of_an_even_number_lies_between))
