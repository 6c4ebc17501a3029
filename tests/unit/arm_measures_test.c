/*
 * arm_measures_test.c - an arm by itself as bootstrap.h has it, the same arm
 * twice, the textbook's standard error of a share, and how often an interval
 * of a difference holds.
 */
#include "ml/arm_measures.h"

#include <string.h>

#include "base/random.h"
#include "ml/bootstrap.h"
#include "tests/support/trial.h"

enum { RESAMPLES = 1000, SEED = 3, MOST = 3000 };

struct world {
	struct arm_samples samples;
	uint8_t arm[MOST], outcome[MOST], alert[MOST];
	double score[MOST];
	uint64_t student[MOST];
};

static void
add(struct world *world, uint8_t arm, double score, uint8_t outcome,
    uint64_t student)
{
	size_t i = world->samples.count++;

	assert_true(i < MOST);
	world->arm[i] = arm;
	world->score[i] = score;
	world->outcome[i] = outcome;
	world->alert[i] = score >= 0.5;
	world->student[i] = student;
}

static void
measure(struct world *world, size_t arms, size_t resamples,
    struct arm_measured *measured)
{
	struct err err = { 0 };

	world->samples.arms = arms;
	world->samples.arm = world->arm;
	world->samples.score = world->score;
	world->samples.outcome = world->outcome;
	world->samples.alert = world->alert;
	world->samples.student = world->student;
	world->samples.seed = SEED;
	world->samples.resamples = resamples;
	if (!arms_measure(&world->samples, measured, &err))
		fail_msg("%s", err.detail);
}

static void
same(const struct arm_estimate *estimate, const struct measures_report *report,
    enum measure measure)
{
	assert_near(estimate->value, report->measures.value[measure], 1e-12);
	assert_near(estimate->low, report->interval[measure].low, 1e-12);
	assert_near(estimate->high, report->interval[measure].high, 1e-12);
}

/* The draws are the same, so the intervals are. */
static void
an_arm_by_itself_is_measured_as_a_model_is(void **state)
{
	static struct world world;
	static struct trial trial;
	struct bootstrap_plan plan = { SEED, RESAMPLES };
	struct measures_report report;
	struct arm_measured measured;
	struct err err = { 0 };

	(void)state;
	memset(&world, 0, sizeof(world));
	trial_fill(&trial);
	for (size_t i = 0; i < trial.count; i++)
		add(&world, 0, trial.score[i], trial.adverse[i],
		    trial.student[i]);
	measure(&world, 1, RESAMPLES, &measured);
	assert_true(
	    bootstrap_measures(&(struct scored){ trial.count, trial.score,
				   trial.adverse, trial.student },
		&plan, &report, &err));
	assert_int_equal(measured.students, report.students);
	assert_int_equal(measured.known, trial.count);
	same(&measured.own[ARM_BRIER], &report, MEASURE_BRIER);
	same(&measured.own[ARM_LOG_LOSS], &report, MEASURE_LOG_LOSS);
	same(&measured.own[ARM_AUROC], &report, MEASURE_AUROC);
	same(&measured.own[ARM_ECE], &report, MEASURE_ECE);
}

/* Students are drawn from all arms together. */
static void
who_is_on_two_arms_alike_makes_no_difference(void **state)
{
	static struct world world;
	static struct trial trial;
	struct arm_measured measured[2];

	(void)state;
	memset(&world, 0, sizeof(world));
	trial_fill(&trial);
	for (size_t i = 0; i < trial.count; i++)
		for (uint8_t arm = 0; arm < 2; arm++)
			add(&world, arm, trial.score[i], trial.adverse[i],
			    trial.student[i]);
	measure(&world, 2, RESAMPLES, measured);
	for (size_t m = 0; m < ARM_MEASURES; m++) {
		assert_true(isfinite(measured[1].own[m].value));
		assert_near(measured[1].difference[m].value, 0, 0);
		assert_near(measured[1].difference[m].low, 0, 0);
		assert_near(measured[1].difference[m].high, 0, 0);
	}
	/* By hand: alerts are scores of .5 and more. */
	assert_true(measured[0].own[ARM_FALSE_NEGATIVES].value > 0);
}

static void
shares_are_counted_as_by_hand(void **state)
{
	static struct world world;
	struct arm_measured measured[2];
	const struct arm_estimate *alerts = &measured[1].own[ARM_ALERTS];
	double error = sqrt(0.3 * 0.7 / 1000);

	(void)state;
	memset(&world, 0, sizeof(world));
	for (uint64_t id = 0; id < 100; id++)
		add(&world, 0, id < 40 ? 0.8 : 0.2, id % 2 == 0, id);
	for (uint64_t id = 0; id < 1000; id++)
		add(&world, 1, id % 10 < 3 ? 0.9 : 0.1, ARM_OUTCOME_UNKNOWN,
		    1000 + id);
	measure(&world, 2, RESAMPLES, measured);
	/* Of 50 adverse outcomes 20 had a score of .8. */
	assert_near(measured[0].own[ARM_FALSE_NEGATIVES].value, 0.6, 1e-12);
	assert_near(measured[0].own[ARM_CALIBRATION_GAP].value, 0.44 - 0.5,
	    1e-12);
	assert_near(measured[0].own[ARM_BRIER].value,
	    (20 * 0.04 + 20 * 0.64 + 30 * 0.64 + 30 * 0.04) / 100, 1e-12);
	assert_int_equal(measured[0].adverse_students, 50);
	/* Of 1,000 students: the normal approximation. */
	assert_near(alerts->value, 0.3, 1e-12);
	assert_near(alerts->low, 0.3 - 1.96 * error, 0.004);
	assert_near(alerts->high, 0.3 + 1.96 * error, 0.004);
	assert_near(measured[1].difference[ARM_ALERTS].value, -0.1, 1e-12);
	/* No outcome is known there: nothing to hold scores against. */
	assert_int_equal(measured[1].known, 0);
	assert_true(isnan(measured[1].own[ARM_BRIER].value));
	assert_true(isnan(measured[1].difference[ARM_BRIER].value));
	assert_true(isnan(measured[1].difference[ARM_BRIER].low));
}

static void
too_few_students_are_not_measured(void **state)
{
	static struct world world;
	struct arm_measured measured[2];

	(void)state;
	memset(&world, 0, sizeof(world));
	for (uint64_t id = 0; id < ARM_LEAST; id++)
		for (int week = 0; week < 5; week++)
			add(&world, 0, 0.3 + 0.02 * (double)id, id % 3 == 0,
			    id);
	for (uint64_t id = 0; id + 1 < ARM_LEAST; id++)
		for (int week = 0; week < 5; week++)
			add(&world, 1, 0.4, id % 3 == 0, 100 + id);
	measure(&world, 2, 40, measured);
	assert_int_equal(measured[1].known, 5 * (ARM_LEAST - 1));
	assert_int_equal(measured[1].known_students, ARM_LEAST - 1);
	assert_true(isfinite(measured[0].own[ARM_BRIER].value));
	/* Seven of them had an adverse outcome. */
	assert_true(isnan(measured[0].own[ARM_FALSE_NEGATIVES].value));
	assert_true(isnan(measured[1].own[ARM_BRIER].value));
	assert_true(isnan(measured[1].own[ARM_ALERTS].value));
	memset(&world.samples, 0, sizeof(world.samples));
	measure(&world, 2, 40, measured);
	assert_int_equal(measured[0].students, 0);
	assert_true(isnan(measured[0].own[ARM_ALERTS].value));
}

/* Two arms by lot from one world: 19 of 20 intervals hold 0, within four
 * standard deviations of as many trials. */
static void
an_interval_of_a_difference_holds_as_often_as_it_says(void **state)
{
	enum { TRIALS = 300, PUPILS = 120 };
	static struct world world;
	struct arm_measured measured[2];
	struct random random;
	int held = 0;

	(void)state;
	random_init(&random, 11, 0);
	for (int trial = 0; trial < TRIALS; trial++) {
		memset(&world, 0, sizeof(world));
		for (uint64_t id = 0; id < 2 * PUPILS; id++) {
			double risk = random_unit(&random);
			bool is_adverse = random_unit(&random) < risk;

			for (int week = 0; week < 3; week++)
				add(&world, id >= PUPILS, risk, is_adverse, id);
		}
		measure(&world, 2, 200, measured);
		held += measured[1].difference[ARM_BRIER].low <= 0 &&
		    measured[1].difference[ARM_BRIER].high >= 0;
	}
	assert_in_range(held, 285 - 16, 285 + 15);
}

RUN_TESTS(cmocka_unit_test(an_arm_by_itself_is_measured_as_a_model_is),
    cmocka_unit_test(who_is_on_two_arms_alike_makes_no_difference),
    cmocka_unit_test(shares_are_counted_as_by_hand),
    cmocka_unit_test(too_few_students_are_not_measured),
    cmocka_unit_test(an_interval_of_a_difference_holds_as_often_as_it_says))
