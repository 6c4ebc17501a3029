/*
 * kernels_test.c - the vector functions' error against libm in double.
 */
#include "ml/kernels.h"

#include <math.h>
#include <string.h>

#include "base/must.h"
#include "tests/support/test.h"

static const char *const SETS[] = { "scalar", "avx2", "avx512",
	"avx512_vnni" };

enum { POINTS = 16 * 4000 };

static float at[POINTS], got[POINTS];

/* -40 ... 40, and finer near 0. */
static void
set_points(void)
{
	for (int i = 0; i < POINTS; i++) {
		double x = (i - POINTS / 2) / (POINTS / 2.0);

		at[i] = (float)(i % 2 == 0 ? 40 * x : x * x * x);
	}
}

static void
check_set(const struct kernels *set)
{
	set->exps(at, got, POINTS);
	for (int i = 0; i < POINTS; i++)
		assert_near((double)got[i] / exp((double)at[i]), 1,
		    2.5e-7 * (1 + fabs((double)at[i])));
	set->sigmoids(at, got, POINTS);
	for (int i = 0; i < POINTS; i++)
		assert_near(got[i], 1 / (1 + exp(-(double)at[i])), 2e-7);
	set->tanhs(at, got, POINTS);
	for (int i = 0; i < POINTS; i++)
		assert_near(got[i], tanh((double)at[i]), 3e-7);
}

static void
curves_keep_their_stated_error_on_every_instruction_set(void **state)
{
	(void)state;
	set_points();
	for (size_t i = 0; i < ARRAY_SIZE(SETS); i++)
		if (kernels_find(SETS[i]))
			check_set(kernels_find(SETS[i]));
}

static void
curves_stay_in_bounds_far_out_and_pass_nan_on(void **state)
{
	static const float far[16] = { 200, -200, 3e38f, -3e38f, NAN, INFINITY,
		-INFINITY };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(SETS); i++) {
		const struct kernels *set = kernels_find(SETS[i]);
		float out[16];

		if (!set)
			continue;
		set->sigmoids(far, out, 16);
		assert_near(out[0], 1, 1e-7);
		assert_near(out[1], 0, 1e-7);
		assert_near(out[2], 1, 1e-7);
		assert_near(out[3], 0, 1e-7);
		assert_true(isnan(out[4]));
		assert_near(out[5], 1, 1e-7);
		assert_near(out[6], 0, 1e-7);
		set->tanhs(far, out, 16);
		assert_near(out[0], 1, 1e-7);
		assert_near(out[1], -1, 1e-6);
		assert_true(isnan(out[4]));
		assert_near(out[5], 1, 1e-7);
		assert_near(out[6], -1, 1e-6);
	}
}

static void
the_best_set_is_one_that_can_be_found(void **state)
{
	(void)state;
	assert_ptr_equal(kernels_find(kernels_best()->name), kernels_best());
	assert_null(kernels_find("abacus"));
}

RUN_TESTS(
    cmocka_unit_test(curves_keep_their_stated_error_on_every_instruction_set),
    cmocka_unit_test(curves_stay_in_bounds_far_out_and_pass_nan_on),
    cmocka_unit_test(the_best_set_is_one_that_can_be_found))
