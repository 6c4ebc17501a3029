/*
 * kolmogorov_test.c - against scipy 1.10.1 (Debian's python3-scipy), as each
 * test says, and against the critical values of Smirnov (1948).  The samples
 *	seq(n, a, m): ((i * a) % m) / m for i = 1 ... n
 * are made the same way on both sides.
 */
#include "ml/kolmogorov.h"

#include <math.h>
#include <stdlib.h>

#include "base/must.h"
#include "tests/support/test.h"

static int
compare(const void *a, const void *b)
{
	float left = *(const float *)a, right = *(const float *)b;

	return (left > right) - (left < right);
}

static void
fill(float *values, size_t count, uint64_t a, uint64_t m)
{
	for (size_t i = 0; i < count; i++)
		values[i] = (float)((double)((i + 1) * a % m) / (double)m);
	qsort(values, count, sizeof(float), compare);
}

/* stats.ks_2samp(x, y, method='exact') */
static void
small_samples_have_the_exact_p(void **state)
{
	const float x[] = { -1.1f, -.43f, .05f, .61f, 1.07f, 1.4f, 2.2f };
	const float y[] = { -2.1f, -1.7f, -.9f, -.31f, -.2f, .11f, .3f, .52f,
		.9f };
	struct ks_pair pair = { x, y, 7, 9 };
	double d = ks_statistic(&pair);

	(void)state;
	assert_near(d, 0.4603174603174603, 1e-15);
	assert_near(ks_exact_p(d, 7, 9), 0.27010489510489516, 1e-13);
}

/* x = seq(150, 7919, 1009), y = [v**1.3 for v in seq(120, 104729, 2003)]:
 * ks_2samp(x, y, method='exact'); kstwobign.sf(d * sqrt(150 * 120 / 270)) */
static void
a_hundred_rows_are_exact_and_near_the_limit(void **state)
{
	float x[150], y[120];
	struct ks_pair pair = { x, y, 150, 120 };
	struct ks_result result;

	(void)state;
	fill(x, 150, 7919, 1009);
	fill(y, 120, 104729, 2003);
	for (size_t i = 0; i < 120; i++)
		y[i] = (float)pow((double)y[i], 1.3);
	result = ks_test(&pair, 1);
	assert_int_equal(result.method, KS_EXACT);
	assert_near(result.d, 0.215, 1e-15);
	assert_near(result.p, 0.003562281106582543, 1e-13);
	assert_near(ks_asymptotic_p(result.d, 150, 120), 0.004210448259127827,
	    1e-13);
}

/* stats.kstwobign.sf(l); 1.3581 and 1.6276 are Smirnov's 5 % and 1 %. */
static void
the_limit_is_kolmogorov_s(void **state)
{
	static const double table[][2] = { { .5, 0.9639452436648751 },
		{ 1, 0.26999967167735456 }, { 1.3581, 0.0499996304316674 },
		{ 1.6276, 0.010001537333060776 },
		{ 2.5, 7.453306344157342e-06 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		/* n = m = 2: l is d itself. */
		assert_near(ks_asymptotic_p(table[i][0], 2, 2), table[i][1],
		    1e-14);
	assert_near(ks_asymptotic_p(.1, 2, 2), 1, 0);
}

/* ks_2samp(seq(900, 7919, 100003), [v + .1 for v in seq(800, 104729, 100019)],
 * method='exact') */
static void
many_rows_are_exact_up_to_a_million_pairs(void **state)
{
	float x[900], y[1200];
	struct ks_pair pair = { x, y, 900, 800 };
	struct ks_result result;

	(void)state;
	fill(x, 900, 7919, 100003);
	fill(y, 1200, 104729, 100019);
	for (size_t i = 0; i < 1200; i++)
		y[i] += .1f;
	pair.m = 1200;
	result = ks_test(&pair, 1);
	assert_int_equal(result.method, KS_ASYMPTOTIC);
	fill(y, 800, 104729, 100019);
	for (size_t i = 0; i < 800; i++)
		y[i] += .1f;
	pair.m = 800;
	result = ks_test(&pair, 1);
	assert_int_equal(result.method, KS_EXACT);
	assert_near(result.d, 0.10541666666666667, 1e-15);
	assert_near(result.p, 0.00014866565570148364, 1e-14);
}

/* All 1,716 ways to deal the 13 values, counted in Python: 0.30070.  The p of
 * 20 exceedances at about deal 67 has a standard error of .056; the test's
 * seeds together one of .0056. */
static void
under_ties_the_values_are_dealt_anew(void **state)
{
	const float x[] = { 0, 0, 0, 1, 1, 2 };
	const float y[] = { 0, 1, 1, 2, 2, 2, 3 };
	struct ks_pair pair = { x, y, 6, 7 };
	double sum = 0;

	(void)state;
	assert_near(ks_statistic(&pair), 0.40476190476190477, 1e-15);
	assert_int_equal(ks_test(&pair, 1).method, KS_PERMUTATION);
	assert_true(ks_permutation_p(&pair, 3) == ks_permutation_p(&pair, 3));
	/* 1 / p is unbiased at a stop by count: the mean number of deals. */
	for (uint64_t seed = 0; seed < 400; seed++)
		sum += KS_ENOUGH / ks_permutation_p(&pair, seed);
	assert_near(KS_ENOUGH * 400 / sum, 0.3006993, .012);
}

static void
what_chance_never_reaches_has_the_least_p(void **state)
{
	float x[60], y[60];
	struct ks_pair pair = { x, y, 60, 60 };

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		x[i] = i < 30 ? -INFINITY : 1;
		y[i] = 5;
	}
	assert_near(ks_test(&pair, 7).p, 1. / (KS_DEALS + 1), 1e-12);
	assert_near(ks_test(&pair, 7).d, 1, 0);
}

static void
equal_samples_are_no_news(void **state)
{
	float x[] = { 1, 2, 2, 3 };
	struct ks_pair pair = { x, x, 4, 4 };

	(void)state;
	assert_near(ks_test(&pair, 1).d, 0, 0);
	assert_near(ks_test(&pair, 1).p, 1, 0);
}

RUN_TESTS(cmocka_unit_test(small_samples_have_the_exact_p),
    cmocka_unit_test(a_hundred_rows_are_exact_and_near_the_limit),
    cmocka_unit_test(the_limit_is_kolmogorov_s),
    cmocka_unit_test(many_rows_are_exact_up_to_a_million_pairs),
    cmocka_unit_test(under_ties_the_values_are_dealt_anew),
    cmocka_unit_test(what_chance_never_reaches_has_the_least_p),
    cmocka_unit_test(equal_samples_are_no_news))
