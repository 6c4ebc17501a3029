/*
 * random_test.c - generators against their authors' published output.
 */
#include "base/random.h"

#include <math.h>

#include "base/must.h"
#include "tests/support/test.h"

/* First line of the output of the authors' pcg32-demo (seed 42, stream 54). */
static void
the_stream_is_the_published_pcg32(void **state)
{
	static const uint32_t want[] = { 0xa15c02b7, 0x7b47f409, 0xba1d3330,
		0x83d2f293, 0xbfa4784b, 0xcbed606e };
	struct random random;

	(void)state;
	random_init(&random, 42, 54);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(random_u32(&random), want[i]);
}

/* Output of the reference SplitMix64 (Vigna) for seed 1234567. */
static void
numbers_by_place_are_the_published_splitmix64(void **state)
{
	static const uint64_t want[] = { UINT64_C(6457827717110365317),
		UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
		UINT64_C(4593380528125082431), UINT64_C(16408922859458223821) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_true(random_at(1234567, i) == want[i]);
}

static void
unit_and_normal_have_their_moments(void **state)
{
	double unit = 0, sum = 0, squares = 0;
	const int n = 200000;
	struct random random;

	(void)state;
	random_init(&random, 1, 2);
	for (int i = 0; i < n; i++) {
		double u = random_unit(&random);
		double z = random_normal(&random);

		assert_true(u > 0 && u < 1);
		unit += u;
		sum += z;
		squares += z * z;
	}
	assert_near(unit / n, .5, .003);
	assert_near(sum / n, 0, .01);
	assert_near(squares / n, 1, .015);
}

static void
every_number_below_a_bound_is_equally_likely(void **state)
{
	int seen[7] = { 0 };
	struct random random;

	(void)state;
	random_init(&random, 3, 4);
	for (int i = 0; i < 70000; i++)
		seen[random_below(&random, 7)]++;
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		assert_near(seen[i], 10000, 400);
	assert_int_equal(random_below(&random, 1), 0);
}

RUN_TESTS(cmocka_unit_test(the_stream_is_the_published_pcg32),
    cmocka_unit_test(numbers_by_place_are_the_published_splitmix64),
    cmocka_unit_test(unit_and_normal_have_their_moments),
    cmocka_unit_test(every_number_below_a_bound_is_equally_likely))
