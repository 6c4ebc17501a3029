/*
 * isotonic_test.c - pooling against the example of R's isoreg, and against the
 * max-min formula (Robertson, Wright and Dykstra 1988, 1.4.4), which pools
 * nothing; what comes of it is smooth, clipped and rising.
 */
#include "ml/isotonic.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"
#include "ml/logistic.h"
#include "tests/support/test.h"

/* isoreg(c(1, 0, 4, 3, 3, 5, 4, 2, 0)): .5 twice, 3 seven times. */
static void
pooling_gives_what_isoreg_gives(void **state)
{
	double value[] = { 1, 0, 4, 3, 3, 5, 4, 2, 0 };
	double weight[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };

	(void)state;
	assert_int_equal(isotonic_pool(value, weight, 9), 2);
	assert_near(value[0], .5, 1e-15);
	assert_near(weight[0], 2, 0);
	assert_near(value[1], 3, 1e-15);
	assert_near(weight[1], 7, 0);
}

enum { PLACES = 40 };

/* The largest over a <= i of the smallest over b >= i of the mean of a..b. */
static double
max_min(const double *value, const double *weight, int i)
{
	double best = -HUGE_VAL;

	for (int a = 0; a <= i; a++) {
		double least = HUGE_VAL;

		for (int b = i; b < PLACES; b++) {
			double sum = 0, total = 0;

			for (int k = a; k <= b; k++) {
				sum += weight[k] * value[k];
				total += weight[k];
			}
			least = fmin(least, sum / total);
		}
		best = fmax(best, least);
	}
	return best;
}

static void
pooling_is_the_max_min_formula(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 1, 2);
	for (int round = 0; round < 20; round++) {
		double value[PLACES], weight[PLACES], was[PLACES], of[PLACES];
		size_t left, step = 0;
		double seen = 0, until = 0;

		for (int i = 0; i < PLACES; i++) {
			was[i] = value[i] = i * .03 + random_normal(&random);
			of[i] = weight[i] = 1 + random_below(&random, 5);
		}
		left = isotonic_pool(value, weight, PLACES);
		for (int i = 0; i < PLACES; i++) {
			if (seen >= until)
				until += weight[step++];
			assert_true(step <= left);
			assert_near(value[step - 1], max_min(was, of, i),
			    1e-12);
			seen += of[i];
		}
	}
}

enum { SAMPLES = 20000 };

struct sample {
	double logit[SAMPLES];
	uint8_t adverse[SAMPLES];
};

/* A planted curve that no line in logits is: the true rate is that of the
 * logit, halved above 0. */
static double
true_rate(double logit)
{
	return logit > 0 ? .5 + (logistic_probability(logit) - .5) / 2
			 : logistic_probability(logit);
}

static struct sample *
plant(uint64_t seed)
{
	struct sample *s = mem_alloc(1, sizeof(*s));
	struct random random;

	random_init(&random, seed, 4);
	for (size_t i = 0; i < SAMPLES; i++) {
		s->logit[i] = 2 * random_normal(&random);
		s->adverse[i] = random_unit(&random) < true_rate(s->logit[i]);
	}
	return s;
}

static void
a_planted_curve_is_found(void **state)
{
	struct sample *s = plant(3);
	struct isotonic isotonic;
	struct err err = { 0 };

	(void)state;
	assert_true(
	    isotonic_fit(&isotonic, s->logit, s->adverse, SAMPLES, &err));
	assert_true(isotonic_is_valid(&isotonic));
	for (double logit = -3; logit < 3; logit += .1)
		assert_near(
		    logistic_probability(isotonic_apply(&isotonic, logit)),
		    true_rate(logit), .05);
	free(s);
}

static void
who_was_ahead_stays_ahead_and_nobody_is_certain(void **state)
{
	struct sample *s = plant(5);
	struct isotonic isotonic;
	struct err err = { 0 };
	double last = -HUGE_VAL;

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++)
		if (fabs(s->logit[i]) > 1)
			s->adverse[i] = s->logit[i] > 0;
	assert_true(
	    isotonic_fit(&isotonic, s->logit, s->adverse, SAMPLES, &err));
	for (double logit = -12; logit < 12; logit += .003) {
		double now = isotonic_apply(&isotonic, logit);

		assert_true(now > last);
		last = now;
	}
	for (int i = 0; i < isotonic.count; i++) {
		double rate = logistic_probability((double)isotonic.value[i]);

		assert_true(rate > 1.0 / SAMPLES && rate < 1 - 1.0 / SAMPLES);
	}
	free(s);
}

static void
without_knots_nothing_changes(void **state)
{
	struct isotonic none = { 0 };

	(void)state;
	assert_true(isotonic_is_valid(&none));
	assert_near(isotonic_apply(&none, -1.25), -1.25, 0);
}

static void
what_makes_no_two_steps_is_refused(void **state)
{
	struct sample *s = plant(7);
	struct isotonic isotonic = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_false(isotonic_fit(&isotonic, s->logit, s->adverse, 90, &err));
	assert_int_equal(err.code, ERR_INVALID);
	err_clear(&err);
	s->logit[17] = NAN;
	assert_false(
	    isotonic_fit(&isotonic, s->logit, s->adverse, SAMPLES, &err));
	free(s);
}

RUN_TESTS(cmocka_unit_test(pooling_gives_what_isoreg_gives),
    cmocka_unit_test(pooling_is_the_max_min_formula),
    cmocka_unit_test(a_planted_curve_is_found),
    cmocka_unit_test(who_was_ahead_stays_ahead_and_nobody_is_certain),
    cmocka_unit_test(without_knots_nothing_changes),
    cmocka_unit_test(what_makes_no_two_steps_is_refused))
