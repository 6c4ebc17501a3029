/*
 * spread_test.c - the one-step bootstrap against the delta method.
 *
 * Where the inputs are all 0 only the bias moves, and its bootstrap is that of
 * the log odds of a share: mean the log odds, standard error
 * 1 / sqrt(n p (1 - p)) for n students (Agresti, Categorical Data Analysis,
 * 3.1).  k samples of each student tell no more than one.  What the prior adds
 * is small against that, except where there are no data: a weight whose input
 * is always 0 has the prior's deviation, 1.
 */
#include "services/training/spread.h"

#include <math.h>
#include <string.h>

#include "ml/logistic.h"
#include "tests/support/test.h"

enum { STUDENTS = 400, ADVERSE = 100, COPIES = 3, WIDTH = 2, FOLDS = 5 };

static float inputs[STUDENTS * COPIES * WIDTH];
static uint8_t adverse[STUDENTS * COPIES];
static uint64_t student[STUDENTS * COPIES];
static double logits[STUDENTS * COPIES];

struct moments {
	double mean, deviation;
};

/* Of the bias; `*idle` is the deviation of a weight without inputs. */
static struct moments
measure(const struct spread_question *question, double *idle)
{
	float spread[SPREAD_ROWS * (WIDTH + 1)];
	struct moments of = { 0, 0 };
	double squares = 0;

	assert_true(spread_rows(question, spread));
	for (int b = 0; b < SPREAD_ROWS; b++)
		of.mean +=
		    (double)spread[b * (WIDTH + 1) + WIDTH] / SPREAD_ROWS;
	for (int b = 0; b < SPREAD_ROWS; b++) {
		const float *row = spread + b * (WIDTH + 1);

		of.deviation +=
		    pow((double)row[WIDTH] - of.mean, 2) / (SPREAD_ROWS - 1);
		squares += pow((double)row[0] - .5, 2) / SPREAD_ROWS;
	}
	of.deviation = sqrt(of.deviation);
	*idle = sqrt(squares);
	return of;
}

static struct moments
spread_bias(int copies, struct calibration calibration, double apart,
    bool is_random)
{
	double idle,
	    logit = calibration_invert(&calibration,
		logistic_logit_of((double)ADVERSE / STUDENTS));
	float row[WIDTH + 1] = { .5f, -.5f, (float)logit };
	struct spread_question question = { .count =
						(size_t)(STUDENTS * copies),
		.width = WIDTH,
		.inputs = inputs,
		.adverse = adverse,
		.student = student,
		.logits = logits,
		.row = row,
		.calibration = calibration,
		.folds = FOLDS,
		.is_random = is_random,
		.ridge = 1,
		.seed = 1 };
	struct moments of;

	for (int i = 0; i < STUDENTS * copies; i++) {
		adverse[i] = i % STUDENTS < ADVERSE;
		student[i] = (uint64_t)(i % STUDENTS);
		logits[i] = logit + (i % 2 ? apart : -apart);
	}
	of = measure(&question, &idle);
	if (apart <= 0)
		assert_near(idle * calibration.slope, 1, .3);
	return of;
}

/* 50 rows: the deviation's own error is about 10 %, three times that. */
static void
the_spread_of_a_bias_is_that_of_log_odds(void **state)
{
	double p = (double)ADVERSE / STUDENTS;
	double error = 1 / sqrt(STUDENTS * p * (1 - p));
	struct moments of = spread_bias(1, CALIBRATION_NONE, 0, false);

	(void)state;
	assert_near(of.mean, logistic_logit_of(p), 3 * error / sqrt(50));
	assert_near(of.deviation, error, .3 * error);
}

static void
more_samples_of_the_same_students_tell_no_more(void **state)
{
	struct moments one = spread_bias(1, CALIBRATION_NONE, 0, false);
	struct moments many = spread_bias(COPIES, CALIBRATION_NONE, 0, false);

	(void)state;
	assert_near(many.deviation, one.deviation, .005);
}

static void
the_step_is_taken_before_calibration(void **state)
{
	struct moments plain = spread_bias(1, CALIBRATION_NONE, 0, true);
	struct moments halved =
	    spread_bias(1, (struct calibration){ 2, 0 }, 0, true);

	(void)state;
	assert_near(halved.deviation, plain.deviation / 2, 1e-3);
}

/* Held-out logits that are off by d as often up as down: networks that differ
 * by d have a variance of d^2 / 2 each. */
static void
folds_that_disagree_widen_it(void **state)
{
	double p = (double)ADVERSE / STUDENTS;
	double error = 1 / sqrt(STUDENTS * p * (1 - p)), apart = .3;
	struct moments of = spread_bias(1, CALIBRATION_NONE, apart, true);
	double want = sqrt(error * error + apart * apart / 2);

	(void)state;
	assert_true(want > 2 * error);
	assert_near(of.deviation, want, .3 * want);
}

/* What a share of students lacks a (K - 1)th of the whole's variance: where the
 * bias is all there is, folds are apart by what the bootstrap tells already.
 * Twice as far, and the layers below have three times as much besides. */
static void
of_a_kind_that_students_fix_the_jackknife_is_the_whole(void **state)
{
	double p = (double)ADVERSE / STUDENTS;
	double error = 1 / sqrt(STUDENTS * p * (1 - p));
	double usual = error / sqrt(FOLDS - 1);
	struct moments alone = spread_bias(1, CALIBRATION_NONE, 0, false);
	struct moments same =
	    spread_bias(1, CALIBRATION_NONE, .9 * usual, false);
	struct moments twice =
	    spread_bias(1, CALIBRATION_NONE, 2 * usual, false);

	(void)state;
	assert_near(same.deviation, alone.deviation, .05 * error);
	assert_near(twice.deviation, 2 * error, .05 * error);
}

/* A model that tells everyone the base rate, beside one that tells even from
 * odd students; even ones fare worse where `even` is more than half of those
 * who did. */
static double
deviation_beside_another(int even)
{
	static double other[STUDENTS];
	double idle, logit = logistic_logit_of((double)ADVERSE / STUDENTS);
	float row[WIDTH + 1] = { 0, 0, (float)logit };
	struct spread_question question = { .count = STUDENTS,
		.width = WIDTH,
		.inputs = inputs,
		.adverse = adverse,
		.student = student,
		.logits = logits,
		.row = row,
		.calibration = CALIBRATION_NONE,
		.others = { NULL, other },
		.folds = FOLDS,
		.ridge = 1,
		.seed = 1 };

	for (int i = 0; i < STUDENTS; i++) {
		adverse[i] = i / 2 < (i % 2 == 0 ? even : ADVERSE - even);
		student[i] = (uint64_t)i;
		logits[i] = logit;
		other[i] = logistic_logit_of(i % 2 == 0 ? .4 : .1);
	}
	return measure(&question, &idle).deviation;
}

/* 80 of 200 even ones and 20 of 200 odd ones: all of the distance is ours. */
static void
what_another_kind_knows_better_widens_it(void **state)
{
	double p = (double)ADVERSE / STUDENTS, logit = logistic_logit_of(p);
	double error = 1 / sqrt(STUDENTS * p * (1 - p));
	double apart = (pow(logistic_logit_of(.4) - logit, 2) +
			   pow(logistic_logit_of(.1) - logit, 2)) /
	    2;
	double want = sqrt(error * error + apart);

	(void)state;
	assert_true(want > 5 * error);
	assert_near(deviation_beside_another(80), want, .05 * want);
	/* It sees what is not there, or the contrary of what is. */
	assert_near(deviation_beside_another(50), error, .3 * error);
	assert_near(deviation_beside_another(20), error, .3 * error);
}

RUN_TESTS(cmocka_unit_test(the_spread_of_a_bias_is_that_of_log_odds),
    cmocka_unit_test(more_samples_of_the_same_students_tell_no_more),
    cmocka_unit_test(folds_that_disagree_widen_it),
    cmocka_unit_test(of_a_kind_that_students_fix_the_jackknife_is_the_whole),
    cmocka_unit_test(what_another_kind_knows_better_widens_it),
    cmocka_unit_test(the_step_is_taken_before_calibration))
