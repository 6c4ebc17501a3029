/*
 * leak_test.c - labels planted in an input are found, honest inputs are not
 * suspected; the share of pairs is counted pair by pair beside it.
 */
#include "ml/leak.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "ml/feature_rows.h"
#include "tests/support/test.h"

enum { COUNT = 200, STEPS = 3, PLACE = (STEPS - 1) * NETWORK_INPUTS };

struct class
{
	float steps[COUNT][STEPS * NETWORK_INPUTS];
	float context[COUNT][NETWORK_CONTEXT];
	struct network_row rows[COUNT];
	uint8_t adverse[COUNT];
};

/* Features of chance, the first a little worse for a quarter of the pupils,
 * who have adverse outcomes; some missing. */
static void
fill(struct class *class)
{
	struct random random;

	random_init(&random, 5, 1);
	for (int i = 0; i < COUNT; i++) {
		class->adverse[i] = i % 4 == 0;
		class->rows[i] = (struct network_row){ class->steps[i],
			class->context[i], STEPS };
		for (int k = 0; k < STEPS * NETWORK_INPUTS; k++)
			class->steps[i][k] = random_below(&random, 9) == 0
			    ? NAN
			    : (float)random_normal(&random);
		for (int k = 0; k < NETWORK_CONTEXT; k++)
			class->context[i][k] = (float)random_normal(&random);
		class->steps[i][PLACE] += class->adverse[i] ? 1 : 0;
	}
}

/* Pair by pair, missing values below all others. */
static double
count_pairs(const struct class *class, int input)
{
	double ordered = 0, pairs = 0;

	for (int a = 0; a < COUNT; a++)
		for (int b = 0; b < COUNT; b++) {
			float x = class->steps[a][PLACE + input];
			float y = class->steps[b][PLACE + input];

			if (!class->adverse[a] || class->adverse[b])
				continue;
			x = isnan(x) ? -HUGE_VALF : x;
			y = isnan(y) ? -HUGE_VALF : y;
			ordered += x > y ? 1 : x == y ? .5 : 0;
			pairs++;
		}
	return ordered / pairs;
}

static void
an_honest_input_is_not_suspected(void **state)
{
	struct class class;
	struct leak found;

	(void)state;
	fill(&class);
	found = leak_find(class.rows, class.adverse, COUNT);
	assert_int_equal(found.input, 0);
	assert_true(found.separation > .7 && found.separation < LEAK_LIMIT);
	assert_true(found.separation >= count_pairs(&class, 0) - 1e-12);
}

static void
a_label_in_a_feature_is_found(void **state)
{
	struct class class;
	struct leak found;

	(void)state;
	fill(&class);
	for (int i = 0; i < COUNT; i++)
		class.steps[i][PLACE + FEATURE_HIGH_SEVERITY_RATE] =
		    class.adverse[i] ? .1f : .9f;
	/* One in fifty is entered wrongly: 1 - (1/50 + 3/150) / 2, by hand. */
	for (int i = 0; i < COUNT; i += 50)
		class.steps[i][PLACE + FEATURE_HIGH_SEVERITY_RATE] =
		    class.adverse[i] ? .9f : .1f;
	found = leak_find(class.rows, class.adverse, COUNT);
	assert_int_equal(found.input, FEATURE_HIGH_SEVERITY_RATE);
	assert_near(found.separation,
	    1 - count_pairs(&class, FEATURE_HIGH_SEVERITY_RATE), 1e-12);
	assert_true(found.separation >= LEAK_LIMIT);
}

static void
a_label_in_what_is_missing_is_found_in_the_context_too(void **state)
{
	int place = CONTEXT_PREVIOUS_ATTEMPTS;
	struct class class;
	struct leak found;

	(void)state;
	fill(&class);
	for (int i = 0; i < COUNT; i++)
		class.context[i][place] =
		    class.adverse[i] ? NAN : (float)(i % 7);
	found = leak_find(class.rows, class.adverse, COUNT);
	assert_int_equal(found.input, FEATURE_COUNT + place);
	assert_near(found.separation, 1, 0);
}

static void
of_few_outcomes_nothing_is_said(void **state)
{
	struct class class;

	(void)state;
	fill(&class);
	memset(class.adverse, 0, sizeof(class.adverse));
	for (int i = 0; i < LEAK_MIN_OUTCOMES - 1; i++) {
		class.adverse[i] = 1;
		class.context[i][0] = 99;
	}
	assert_near(leak_find(class.rows, class.adverse, COUNT).separation, .5,
	    0);
	class.adverse[150] = 1;
	class.context[150][0] = 99;
	assert_near(leak_find(class.rows, class.adverse, COUNT).separation, 1,
	    0);
}

RUN_TESTS(cmocka_unit_test(an_honest_input_is_not_suspected),
    cmocka_unit_test(a_label_in_a_feature_is_found),
    cmocka_unit_test(a_label_in_what_is_missing_is_found_in_the_context_too),
    cmocka_unit_test(of_few_outcomes_nothing_is_said))
