/*
 * bootstrap_test.c - intervals and bounds against numpy 1.24.
 *
 * The samples are those of tests/support/trial.h.  The values named are those
 * of an independent bootstrap (other random numbers; 20,000 resamples for the
 * difference, 4,000 for the intervals) and of the linearised cluster-robust
 * standard error; tolerances are a few times what 2,000 resamples leave to
 * chance.
 */
#include "ml/bootstrap.h"

#include <math.h>
#include <string.h>

#include "base/must.h"
#include "tests/support/trial.h"

static const struct bootstrap_plan plan = { .seed = 7, .resamples = 2000 };

static struct paired
pair(const struct trial *trial)
{
	return (struct paired){ trial->count, trial->champion,
		trial->challenger, trial->adverse, trial->student,
		trial->week };
}

static struct scored
score(const struct trial *trial)
{
	return (struct scored){ trial->count, trial->score, trial->adverse,
		trial->student };
}

static void
intervals_agree_with_an_independent_bootstrap(void **state)
{
	struct measures_report report;
	struct trial trial;
	struct scored samples;
	struct err err;

	(void)state;
	trial_fill(&trial);
	samples = score(&trial);
	assert_true(bootstrap_measures(&samples, &plan, &report, &err));
	assert_int_equal(report.students, TRIAL_STUDENTS);
	assert_near(report.measures.value[MEASURE_AUROC], 0.8324474165523548,
	    1e-12);
	assert_near(report.interval[MEASURE_AUROC].low, 0.81017, 0.004);
	assert_near(report.interval[MEASURE_AUROC].high, 0.85437, 0.004);
	assert_near(report.interval[MEASURE_LOG_LOSS].low, 0.47300, 0.004);
	assert_near(report.interval[MEASURE_LOG_LOSS].high, 0.51542, 0.004);
	for (enum measure m = 0; m < MEASURE_COUNT; m++)
		assert_int_equal(report.interval[m].resamples, 2000);
}

static void
the_seed_decides_and_the_order_of_rows_does_not(void **state)
{
	struct bootstrap_plan other = { .seed = 8, .resamples = 2000 };
	struct measures_report first, second, third;
	struct trial trial, mirror;
	struct scored samples;
	struct err err;

	(void)state;
	trial_fill(&trial);
	mirror = trial;
	for (size_t i = 0; i < trial.count; i++) {
		size_t j = trial.count - 1 - i;

		mirror.score[i] = trial.score[j];
		mirror.adverse[i] = trial.adverse[j];
		mirror.student[i] = trial.student[j];
	}
	samples = score(&trial);
	assert_true(bootstrap_measures(&samples, &plan, &first, &err));
	assert_true(bootstrap_measures(&samples, &other, &third, &err));
	samples = score(&mirror);
	assert_true(bootstrap_measures(&samples, &plan, &second, &err));
	assert_near(first.interval[MEASURE_AUROC].low,
	    second.interval[MEASURE_AUROC].low, 0);
	assert_true(first.interval[MEASURE_AUROC].low !=
	    third.interval[MEASURE_AUROC].low);
}

/* Copies of a row tell nothing new when they are the same student's, so the
 * interval must not shrink (by 1 / sqrt 2 it would). */
static void
repeated_rows_of_a_student_do_not_shrink_the_interval(void **state)
{
	static double doubled[2 * TRIAL_MOST];
	static uint8_t adverse[2 * TRIAL_MOST];
	static uint64_t student[2 * TRIAL_MOST];
	struct measures_report once, twice;
	struct trial trial;
	struct scored samples;
	struct err err;

	(void)state;
	trial_fill(&trial);
	for (size_t i = 0; i < 2 * trial.count; i++) {
		doubled[i] = trial.score[i / 2];
		adverse[i] = trial.adverse[i / 2];
		student[i] = trial.student[i / 2];
	}
	samples = score(&trial);
	assert_true(bootstrap_measures(&samples, &plan, &once, &err));
	samples = (struct scored){ 2 * trial.count, doubled, adverse, student };
	assert_true(bootstrap_measures(&samples, &plan, &twice, &err));
	assert_near(once.interval[MEASURE_BRIER].low,
	    twice.interval[MEASURE_BRIER].low, 1e-12);
	assert_near(once.interval[MEASURE_AUROC].high,
	    twice.interval[MEASURE_AUROC].high, 1e-12);
}

static void
the_paired_difference_agrees_with_numpy(void **state)
{
	struct difference difference;
	struct trial trial;
	struct paired paired;
	struct err err;

	(void)state;
	trial_fill(&trial);
	paired = pair(&trial);
	assert_true(
	    bootstrap_log_loss_difference(&paired, &plan, &difference, &err));
	assert_int_equal(difference.students, TRIAL_STUDENTS);
	assert_int_equal(difference.weeks, TRIAL_WEEKS);
	assert_near(difference.mean, 0.0016264142316214144, 1e-14);
	assert_near(difference.standard_error, 0.001861, 0.0001);
	assert_near(difference.upper, 0.004680, 0.0003);
}

/* The differences by numpy, their intervals by the independent bootstrap of
 * 4,000 resamples. */
static void
differences_of_measures_agree_with_numpy(void **state)
{
	static const struct {
		enum measure measure;
		double champion, challenger, low, high;
	} known[] = {
		{ MEASURE_AUROC, 0.77644890260631, 0.775759459304984, -0.005524,
		    0.004180 },
		{ MEASURE_LOG_LOSS, 0.5547012531193268, 0.5563276673509482,
		    -0.001929, 0.005332 },
		{ MEASURE_BRIER, 0.1894351442719073, 0.1898188067948772,
		    -0.001227, 0.002024 },
		{ MEASURE_ECE, 0.12988139825218478, 0.12464398668331257,
		    -0.018996, 0.010177 },
	};
	struct measures_twice report;
	struct trial trial;
	struct paired paired;
	struct err err;

	(void)state;
	trial_fill(&trial);
	paired = pair(&trial);
	assert_true(bootstrap_measures_twice(&paired, &plan, &report, &err));
	assert_int_equal(report.students, TRIAL_STUDENTS);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		enum measure m = known[i].measure;
		double width = known[i].high - known[i].low;

		assert_near(report.champion.value[m], known[i].champion, 1e-9);
		assert_near(report.challenger.value[m], known[i].challenger,
		    1e-9);
		assert_near(report.difference[m].low, known[i].low, width / 12);
		assert_near(report.difference[m].high, known[i].high,
		    width / 12);
	}
	/* A model beside itself, under the same draws. */
	paired.challenger = trial.champion;
	assert_true(bootstrap_measures_twice(&paired, &plan, &report, &err));
	assert_near(report.difference[MEASURE_ECE].low, 0, 0);
	assert_near(report.difference[MEASURE_ECE].high, 0, 0);
}

static void
equal_models_differ_by_nothing(void **state)
{
	struct difference difference;
	struct trial trial;
	struct paired paired;
	struct err err;

	(void)state;
	trial_fill(&trial);
	paired = pair(&trial);
	paired.challenger = trial.champion;
	assert_true(
	    bootstrap_log_loss_difference(&paired, &plan, &difference, &err));
	assert_near(difference.mean, 0, 0);
	assert_near(difference.standard_error, 0, 0);
	assert_near(difference.upper, 0, 0);
}

/* Standard errors linearised in numpy; p and bounds by hand from them: with a
 * margin of -.01, z = 2.39 (even), 1.40 (third), 3.00 (all), p = .0084,
 * .0801, .0014, so Holm's: all 3 * .0014, even 2 * .0084, third .0801. */
static void
rises_by_group_agree_with_numpy_and_holm(void **state)
{
	static uint8_t member[4][TRIAL_MOST];
	struct group_mask masks[] = { { "even", member[0] },
		{ "third", member[1] }, { "few", member[2] },
		{ "all", member[3] } };
	struct rise_question question = { masks, 4, { 0.5, 0.5 }, -0.01 };
	struct group_rise rises[4];
	struct trial trial;
	struct paired paired;
	struct err err;

	(void)state;
	trial_fill(&trial);
	for (size_t i = 0; i < trial.count; i++) {
		member[0][i] = trial.student[i] % 2 == 0;
		member[1][i] = trial.student[i] % 3 == 0;
		member[2][i] = trial.student[i] < 100;
		member[3][i] = 1;
	}
	paired = pair(&trial);
	assert_true(
	    bootstrap_group_rises(&paired, &question, &plan, rises, &err));
	assert_int_equal(rises[0].adverse_students, 80);
	assert_int_equal(rises[1].adverse_students, 53);
	assert_int_equal(rises[2].adverse_students, 40);
	assert_false(rises[2].tested);
	assert_true(isnan(rises[2].lower));
	assert_near(rises[0].champion_rate, 0.3364583333333333, 1e-12);
	assert_near(rises[0].rise, 0.014583333333333332, 1e-12);
	assert_near(rises[1].rise, 0.006944444444444444, 1e-12);
	assert_near(rises[0].challenger_rate - rises[0].champion_rate,
	    rises[0].rise, 1e-12);
	assert_near(rises[0].standard_error, 0.01028, 0.0006);
	assert_near(rises[1].standard_error, 0.01207, 0.0007);
	assert_near(rises[3].standard_error, 0.00797, 0.0005);
	assert_near(rises[3].p_value, 3 * 0.00136, 0.003);
	assert_near(rises[0].p_value, 2 * 0.0084, 0.007);
	assert_near(rises[1].p_value, 0.0801, 0.02);
	/* z of .05/3, .05/2, .05: 2.1280, 1.9600, 1.6449. */
	assert_near(rises[3].lower,
	    rises[3].rise - 2.12804523 * rises[3].standard_error, 1e-8);
	assert_near(rises[0].lower,
	    rises[0].rise - 1.95996398 * rises[0].standard_error, 1e-8);
	assert_near(rises[1].lower,
	    rises[1].rise - 1.64485363 * rises[1].standard_error, 1e-8);
	assert_true(rises[3].lower > -0.01 && rises[0].lower > -0.01);
	assert_true(rises[1].lower < -0.01);
}

/* Students with even numbers are scored lower; rates, and the standard error
 * of their difference, by an independent bootstrap of 4,000 resamples. */
static void
gaps_between_groups_agree_with_numpy(void **state)
{
	static uint8_t member[3][TRIAL_MOST];
	struct group_mask masks[] = { { "even", member[0] },
		{ "all", member[1] }, { "few", member[2] } };
	struct rise_question question = { masks, 3, { 0.5, 0.5 }, 0.15 };
	struct group_rise gaps[3];
	struct trial trial;
	struct paired paired;
	struct err err;

	(void)state;
	trial_fill(&trial);
	for (size_t i = 0; i < trial.count; i++) {
		member[0][i] = trial.student[i] % 2 == 0;
		member[1][i] = 1;
		member[2][i] = trial.student[i] < 100;
		trial.challenger[i] *= member[0][i] ? 0.6 : 1;
	}
	paired = pair(&trial);
	assert_true(
	    bootstrap_group_gaps(&paired, &question, &plan, gaps, &err));
	assert_near(gaps[0].challenger_rate, 0.9166666666666666, 1e-12);
	assert_near(gaps[0].champion_rate, 0.35, 1e-12);
	assert_near(gaps[0].rise, 0.5666666666666667, 1e-12);
	assert_near(gaps[0].standard_error, 0.03501, 0.002);
	assert_near(gaps[0].lower, 0.50907, 0.004);
	assert_true(gaps[0].p_value < 1e-9);
	/* There is nobody beside all, and of few too little is known. */
	assert_false(gaps[1].tested);
	assert_false(gaps[2].tested);
}

static void
what_cannot_be_resampled_is_refused(void **state)
{
	struct measures_report report;
	struct measures_twice twice;
	struct difference difference;
	struct trial trial;
	struct scored samples;
	struct paired paired;
	struct err err;

	(void)state;
	trial_fill(&trial);
	paired = pair(&trial);
	paired.count = 2; /* of one student */
	trial.student[1] = trial.student[0];
	assert_false(
	    bootstrap_log_loss_difference(&paired, &plan, &difference, &err));
	paired = pair(&trial);
	trial.challenger[5] = NAN;
	assert_false(
	    bootstrap_log_loss_difference(&paired, &plan, &difference, &err));
	assert_false(bootstrap_measures_twice(&paired, &plan, &twice, &err));
	paired.count = 0;
	assert_false(bootstrap_measures_twice(&paired, &plan, &twice, &err));
	samples = score(&trial);
	samples.count = 0;
	assert_false(bootstrap_measures(&samples, &plan, &report, &err));
	assert_int_equal(err.code, ERR_INVALID);
}

RUN_TESTS(cmocka_unit_test(intervals_agree_with_an_independent_bootstrap),
    cmocka_unit_test(the_seed_decides_and_the_order_of_rows_does_not),
    cmocka_unit_test(repeated_rows_of_a_student_do_not_shrink_the_interval),
    cmocka_unit_test(the_paired_difference_agrees_with_numpy),
    cmocka_unit_test(differences_of_measures_agree_with_numpy),
    cmocka_unit_test(equal_models_differ_by_nothing),
    cmocka_unit_test(rises_by_group_agree_with_numpy_and_holm),
    cmocka_unit_test(gaps_between_groups_agree_with_numpy),
    cmocka_unit_test(what_cannot_be_resampled_is_refused))
