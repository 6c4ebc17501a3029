/*
 * measures_test.c - every measure against values from numpy 1.24: AUROC by all
 * pairs, average precision threshold by threshold, the Brier parts by sums
 * over bins, weights by repeating rows.
 */
#include "ml/measures.h"

#include <math.h>

#include "tests/support/trial.h"

enum { COUNT = 24 };

static const double scores[COUNT] = { .9, .8, .8, .7, .6, .6, .6, .5, .4, .35,
	.3, .3, .25, .2, .2, .15, .1, .1, .05, .02, .02, .01, 1, 0 };
static const uint8_t outcomes[COUNT] = { 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0,
	0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0 };

static const struct scored samples = { COUNT, scores, outcomes, NULL };

static const double plain[MEASURE_COUNT] = {
	[MEASURE_BASE_RATE] = 10 / 24.0,
	[MEASURE_AUROC] = 0.7857142857142857,
	[MEASURE_AUPRC] = 0.7382430069930069,
	[MEASURE_LOG_LOSS] = 0.5966875133142694,
	[MEASURE_BRIER] = 0.18837083333333335,
	[MEASURE_RELIABILITY] = 0.022788194444444437,
	[MEASURE_RESOLUTION] = 0.07747291666666664,
	[MEASURE_UNCERTAINTY] = 0.24305555555555552,
	[MEASURE_ECE] = 0.11541666666666665,
	[MEASURE_PRECISION_TOP_5] = 1,
	[MEASURE_PRECISION_TOP_10] = 0.8333333333333334,
	[MEASURE_PRECISION_TOP_20] = 0.8,
	[MEASURE_RECALL_TOP_5] = 0.2,
	[MEASURE_RECALL_TOP_10] = 0.25,
	[MEASURE_RECALL_TOP_20] = 0.4,
};

/* Each row counts row * 7 % 4 times. */
static const double weighted[MEASURE_COUNT] = {
	[MEASURE_BASE_RATE] = 14 / 36.0,
	[MEASURE_AUROC] = 0.8668831168831169,
	[MEASURE_AUPRC] = 0.7745447409733125,
	[MEASURE_LOG_LOSS] = 0.4228270950432066,
	[MEASURE_BRIER] = 0.13988055555555556,
	[MEASURE_RELIABILITY] = 0.05439305555555555,
	[MEASURE_RESOLUTION] = 0.15216682098765436,
	[MEASURE_UNCERTAINTY] = 0.23765432098765435,
	[MEASURE_ECE] = 0.18194444444444444,
	[MEASURE_PRECISION_TOP_5] = 1,
	[MEASURE_PRECISION_TOP_10] = 0.8,
	[MEASURE_PRECISION_TOP_20] = 0.75,
	[MEASURE_RECALL_TOP_5] = 0.14285714285714285,
	[MEASURE_RECALL_TOP_10] = 0.2285714285714286,
	[MEASURE_RECALL_TOP_20] = 0.42857142857142855,
};

static void
check_all(const struct measures *got, const double *want)
{
	for (enum measure m = 0; m < MEASURE_COUNT; m++)
		assert_near(got->value[m], want[m], 1e-12);
}

static void
every_measure_agrees_with_numpy(void **state)
{
	struct measures measures;
	struct err err;

	(void)state;
	assert_true(measures_of(&samples, &measures, &err));
	assert_int_equal(measures.count, COUNT);
	check_all(&measures, plain);
}

static void
a_weight_is_a_repeated_row(void **state)
{
	struct measures measures;
	struct ranking ranking;
	uint32_t weight[COUNT];
	struct err err;

	(void)state;
	assert_true(ranking_init(&ranking, &samples, &err));
	for (size_t i = 0; i < COUNT; i++)
		weight[i] = (uint32_t)(ranking.row[i] * 7 % 4);
	measures_take(&ranking, weight, &measures);
	assert_int_equal(measures.count, 36);
	check_all(&measures, weighted);
	assert_near(measures_auroc(&ranking, weight), weighted[MEASURE_AUROC],
	    1e-12);
	assert_near(measures_auprc(&ranking, weight), weighted[MEASURE_AUPRC],
	    1e-12);
	assert_near(measures_log_loss(&ranking, NULL), plain[MEASURE_LOG_LOSS],
	    1e-12);
	ranking_close(&ranking);
}

static void
the_order_of_rows_does_not_matter(void **state)
{
	uint8_t outcome[COUNT];
	struct measures measures;
	double score[COUNT];
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		score[i] = scores[(i * 5 + 3) % COUNT];
		outcome[i] = outcomes[(i * 5 + 3) % COUNT];
	}
	assert_true(measures_of(&(struct scored){ COUNT, score, outcome, NULL },
	    &measures, &err));
	check_all(&measures, plain);
}

/* Two scores, each filling whole bins: Murphy's own decomposition by hand.
 * .2: 1 of 5 adverse; .8: 3 of 5.  Reliability .5 * .2^2 = .02. */
static void
the_brier_parts_are_murphys_when_bins_hold_one_value(void **state)
{
	static const double score[] = { .2, .2, .2, .2, .2, .8, .8, .8, .8,
		.8 };
	static const uint8_t outcome[] = { 1, 0, 0, 0, 0, 1, 1, 1, 0, 0 };
	struct measures measures;
	struct err err;

	(void)state;
	assert_true(measures_of(&(struct scored){ 10, score, outcome, NULL },
	    &measures, &err));
	assert_near(measures.value[MEASURE_RELIABILITY], 0.02, 1e-12);
	assert_near(measures.value[MEASURE_RESOLUTION], 0.04, 1e-12);
	assert_near(measures.value[MEASURE_UNCERTAINTY], 0.24, 1e-12);
	assert_near(measures.value[MEASURE_BRIER], 0.22, 1e-12);
	assert_near(measures.value[MEASURE_ECE], 0.1, 1e-12);
}

static void
log_loss_is_clipped(void **state)
{
	(void)state;
	assert_near(measure_log_loss(0, true), 15 * log(10), 1e-9);
	assert_near(measure_log_loss(1, false), 15 * log(10), 1e-3);
	assert_near(measure_log_loss(0.25, false), log(4 / 3.0), 1e-15);
}

static void
what_is_undefined_is_not_a_number(void **state)
{
	static const uint8_t good[COUNT] = { 0 };
	struct measures measures;
	struct err err;

	(void)state;
	assert_true(measures_of(&(struct scored){ COUNT, scores, good, NULL },
	    &measures, &err));
	assert_true(isnan(measures.value[MEASURE_AUROC]));
	assert_true(isnan(measures.value[MEASURE_RECALL_TOP_10]));
	assert_near(measures.value[MEASURE_PRECISION_TOP_10], 0, 0);
	assert_true(measures_of(&(struct scored){ 0, NULL, NULL, NULL },
	    &measures, &err));
	assert_true(isnan(measures.value[MEASURE_LOG_LOSS]));
}

static void
scores_that_are_no_probabilities_are_refused(void **state)
{
	static const double wrong[] = { 1.01, -0.01, NAN };
	static const uint8_t outcome[] = { 0, 2 };
	struct measures measures;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_false(
		    measures_of(&(struct scored){ 1, &wrong[i], outcome, NULL },
			&measures, &err));
	assert_false(measures_of(&(struct scored){ 2, scores, outcome, NULL },
	    &measures, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_string_equal(measure_slug(MEASURE_LOG_LOSS), "log_loss");
	assert_string_equal(measure_title(MEASURE_AUPRC), "Average precision");
}

/* The bins of tests/support/trial.h, by numpy. */
static void
bins_say_what_was_said_and_what_came(void **state)
{
	struct score_bin bins[MEASURES_BINS];
	struct ranking ranking;
	struct scored asked;
	struct trial trial;
	struct err err;

	(void)state;
	trial_fill(&trial);
	asked =
	    (struct scored){ trial.count, trial.score, trial.adverse, NULL };
	assert_true(ranking_init(&ranking, &asked, &err));
	measures_bins(&ranking, NULL, bins);
	ranking_close(&ranking);
	assert_near(bins[0].count, 109, 0);
	assert_near(bins[0].mean_score, 0.7705855066487991, 1e-12);
	assert_near(bins[0].rate, 1, 0);
	assert_near(bins[2].count, 104, 0);
	assert_near(bins[2].mean_score, 0.547207216940363, 1e-12);
	assert_near(bins[2].rate, 0.41346153846153844, 1e-12);
	assert_near(bins[9].mean_score, 0.04773762526571515, 1e-12);
	/* A single tie fills one bin. */
	asked.count = 2;
	trial.score[1] = trial.score[0];
	assert_true(ranking_init(&ranking, &asked, &err));
	measures_bins(&ranking, NULL, bins);
	ranking_close(&ranking);
	assert_near(bins[5].count, 2, 0);
	assert_true(isnan(bins[4].rate));
}

RUN_TESTS(cmocka_unit_test(every_measure_agrees_with_numpy),
    cmocka_unit_test(a_weight_is_a_repeated_row),
    cmocka_unit_test(the_order_of_rows_does_not_matter),
    cmocka_unit_test(the_brier_parts_are_murphys_when_bins_hold_one_value),
    cmocka_unit_test(log_loss_is_clipped),
    cmocka_unit_test(what_is_undefined_is_not_a_number),
    cmocka_unit_test(scores_that_are_no_probabilities_are_refused),
    cmocka_unit_test(bins_say_what_was_said_and_what_came))
