/*
 * stability_test.c - the index against scipy 1.10.1 (Debian's python3-scipy),
 * its bias against its own mean over samples, false discoveries against the
 * worked example of McDonald, Handbook of Biological Statistics (2014),
 * "Multiple comparisons", with the data of Garcia-Arenzana and others (2014).
 */
#include "ml/stability.h"

#include <math.h>

#include "base/random.h"
#include "tests/support/test.h"

enum { SLOTS = 7 };

/* rel_entr(p, q).sum() + rel_entr(q, p).sum() of scipy.special */
static void
the_index_is_jeffreys_divergence(void **state)
{
	const double a[] = { 50, 120, 230, 310, 170, 90, 30 };
	const double b[] = { 20, 80, 190, 330, 210, 120, 50 };
	struct stability found =
	    stability_measure(&(struct stability_side){ a, 1000 },
		&(struct stability_side){ b, 1000 }, SLOTS);

	(void)state;
	assert_near(found.index, 0.07989928128624782, 1e-14);
	assert_near(found.effect, 0.07989928128624782 - 6 * .002, 1e-14);
}

static void
the_bias_is_what_samples_of_one_distribution_have(void **state)
{
	const double weights[SLOTS] = { .3, .2, .2, .1, .1, .05, .05 };
	enum { TRIALS = 4000, N = 400, M = 250 };
	struct random random;
	double sum = 0, squares = 0, mean;

	(void)state;
	random_init(&random, 11, 1);
	for (int trial = 0; trial < TRIALS; trial++) {
		double counts[2][SLOTS] = { { 0 } };

		for (int i = 0; i < N + M; i++) {
			double at = random_unit(&random);
			int slot = 0;

			while (slot < SLOTS - 1 && at >= weights[slot])
				at -= weights[slot++];
			counts[i < N ? 0 : 1][slot]++;
		}
		mean =
		    stability_measure(&(struct stability_side){ counts[0], N },
			&(struct stability_side){ counts[1], M }, SLOTS)
			.effect;
		sum += mean;
		squares += mean * mean;
	}
	mean = sum / TRIALS;
	/* Four standard errors, and the second-order part of the bias, which
	 * is some 5 % of (B - 1) (1 / n + 1 / m) = .039 at these sizes. */
	assert_near(mean, 0,
	    4 * sqrt((squares / TRIALS - mean * mean) / TRIALS) + .003);
}

static void
an_empty_slot_counts_as_half_a_row(void **state)
{
	const double a[] = { 10, 0, 0 }, b[] = { 9, 1, 0 };
	struct stability found =
	    stability_measure(&(struct stability_side){ a, 10 },
		&(struct stability_side){ b, 10 }, 3);

	(void)state;
	assert_near(found.index, .1 * log(10. / 9) + .05 * log(2), 1e-15);
	/* Two slots count; the one that is empty on both sides does not. */
	assert_near(found.index - found.effect, .2, 1e-15);
}

static void
false_discoveries_are_those_of_the_handbook(void **state)
{
	static const double p[] = { .205, .074, .001, .008, .039, .041, .042,
		.06, .212, .216, .222, .251, .269, .275, .34, .341, .384, .569,
		.594, .696, .762, .94, .942, .975, .986 };
	double corrected[25];
	int found = 0;

	(void)state;
	discovery_correct(p, 25, corrected);
	for (int i = 0; i < 25; i++)
		found += corrected[i] <= .25;
	/* At a rate of .25: total calories, olive oil, whole milk, white meat
	 * and proteins; nuts (.06) come out at exactly .25. */
	assert_int_equal(found, 6);
	assert_near(corrected[2], .025, 1e-15);
	assert_near(corrected[3], .1, 1e-15);
	assert_near(corrected[4], .21, 1e-12);
	assert_near(corrected[6], .21, 1e-12);
	assert_near(corrected[7], .25, 1e-12);
	assert_near(corrected[24], .986, 1e-15);
}

RUN_TESTS(cmocka_unit_test(the_index_is_jeffreys_divergence),
    cmocka_unit_test(the_bias_is_what_samples_of_one_distribution_have),
    cmocka_unit_test(an_empty_slot_counts_as_half_a_row),
    cmocka_unit_test(false_discoveries_are_those_of_the_handbook))
