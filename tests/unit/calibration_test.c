/* calibration_test.c - Platt scaling against a Newton fit in numpy 1.24. */
#include "ml/calibration.h"

#include <math.h>

#include "tests/support/test.h"

enum { COUNT = 12 };

static const double logits[COUNT] = { -3, -2.5, -2, -1.5, -1, -.5, 0, .5, 1,
	1.5, 2, 2.5 };
static const uint8_t outcomes[COUNT] = { 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1 };

static void
slope_and_intercept_are_the_maximum_likelihood_ones(void **state)
{
	struct calibration fitted;
	struct err err;

	(void)state;
	assert_true(calibration_fit(&fitted, logits, outcomes, COUNT, &err));
	assert_near(fitted.slope, 0.4404149331434178, 1e-9);
	assert_near(fitted.intercept, -0.24851288049672945, 1e-9);
}

/* Fitting a * x + b instead of x must give the same scores. */
static void
the_fit_does_not_depend_on_the_scale_of_the_logits(void **state)
{
	struct calibration plain, scaled;
	double stretched[COUNT];
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		stretched[i] = 200 * logits[i] - 70;
	assert_true(calibration_fit(&plain, logits, outcomes, COUNT, &err));
	assert_true(calibration_fit(&scaled, stretched, outcomes, COUNT, &err));
	for (size_t i = 0; i < COUNT; i++)
		assert_near(calibration_score(&scaled, stretched[i]),
		    calibration_score(&plain, logits[i]), 1e-9);
}

/* A network that says nearly the same of everybody, far from 0: a double has 9
 * digits left for the differences between 999999.9 and 1000000.1. */
static void
large_logits_that_differ_little_are_calibrated(void **state)
{
	static const double middles[] = { 1e6, -1e6 };
	struct calibration plain, shifted;
	double moved[COUNT];
	struct err err;

	(void)state;
	assert_true(calibration_fit(&plain, logits, outcomes, COUNT, &err));
	for (size_t k = 0; k < ARRAY_SIZE(middles); k++) {
		for (size_t i = 0; i < COUNT; i++)
			moved[i] = middles[k] + logits[i] / 30;
		if (!calibration_fit(&shifted, moved, outcomes, COUNT, &err))
			fail_msg("%s", err.detail);
		assert_near(shifted.slope, 30 * plain.slope, 1e-6);
		for (size_t i = 0; i < COUNT; i++)
			assert_near(calibration_score(&shifted, moved[i]),
			    calibration_score(&plain, logits[i]), 1e-8);
	}
}

/* Here slope * logit + intercept would have no digit left behind the point. */
static void
logits_that_differ_less_than_a_double_can_tell_are_refused(void **state)
{
	struct calibration fitted;
	double moved[COUNT];
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		moved[i] = 1e15 + logits[i];
	assert_false(calibration_fit(&fitted, moved, outcomes, COUNT, &err));
	assert_int_equal(err.code, ERR_INVALID);
}

static void
separable_logits_still_give_finite_numbers(void **state)
{
	static const double x[] = { -2, -1, 1, 2 };
	static const uint8_t y[] = { 0, 0, 1, 1 };
	struct calibration fitted;
	struct err err;

	(void)state;
	assert_true(calibration_fit(&fitted, x, y, 4, &err));
	assert_true(fitted.slope > 0 && isfinite(fitted.slope));
	assert_near(fitted.intercept, 0, 1e-12);
}

static void
apply_and_invert_undo_each_other(void **state)
{
	struct calibration c = { 0.8, -0.3 };
	struct calibration none = CALIBRATION_NONE;

	(void)state;
	assert_near(calibration_apply(&c, 2), 1.3, 1e-15);
	assert_near(calibration_invert(&c, 1.3), 2, 1e-15);
	assert_near(calibration_logit_of_score(&c, calibration_score(&c, 2)), 2,
	    1e-12);
	assert_near(calibration_score(&none, log(3)), 0.75, 1e-15);
}

static void
what_cannot_be_calibrated_is_refused(void **state)
{
	static const double equal[] = { 1, 1, 1, 1 };
	static const double infinite[] = { 1, 2, INFINITY, 4 };
	static const double reversed[] = { 4, 3, 2, 1 };
	static const uint8_t y[] = { 0, 0, 1, 1 };
	static const uint8_t none[] = { 0, 0, 0, 0 };
	struct calibration fitted;
	struct err err;

	(void)state;
	assert_false(calibration_fit(&fitted, equal, y, 4, &err));
	assert_false(calibration_fit(&fitted, infinite, y, 4, &err));
	assert_false(calibration_fit(&fitted, reversed, none, 4, &err));
	assert_false(calibration_fit(&fitted, reversed, y, 4, &err));
	assert_int_equal(err.code, ERR_INVALID);
}

RUN_TESTS(cmocka_unit_test(slope_and_intercept_are_the_maximum_likelihood_ones),
    cmocka_unit_test(the_fit_does_not_depend_on_the_scale_of_the_logits),
    cmocka_unit_test(large_logits_that_differ_little_are_calibrated),
    cmocka_unit_test(
	logits_that_differ_less_than_a_double_can_tell_are_refused),
    cmocka_unit_test(separable_logits_still_give_finite_numbers),
    cmocka_unit_test(apply_and_invert_undo_each_other),
    cmocka_unit_test(what_cannot_be_calibrated_is_refused))
