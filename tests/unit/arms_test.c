/*
 * arms_test.c - parts are dealt evenly and kept; Python's hmac and hashlib
 * beside ours.
 */
#include "ml/arms.h"

#include <string.h>

#include "base/random.h"
#include "tests/support/test.h"

enum { ENROLLMENTS = 100000 };

/* Upper .1 % point of the chi-square distribution, 3 degrees of freedom (any
 * table; scipy.stats.chi2.ppf(.999, 3)). */
#define CHI_SQUARE_3 16.266

static void
open_arms(struct arms *arms)
{
	memset(arms, 0, sizeof(*arms));
	for (size_t i = 0; i < sizeof(arms->salt); i++)
		arms->salt[i] = (unsigned char)i;
}

static void
count_parts(const struct arms *arms, int64_t counts[1 + ARMS_MOST])
{
	memset(counts, 0, (1 + ARMS_MOST) * sizeof(*counts));
	for (size_t i = 0; i < ARM_PARTS; i++)
		counts[arms->owner[i]]++;
}

static void
a_part_is_the_hash_as_python_has_it(void **state)
{
	static const struct {
		int64_t id;
		int part;
	} known[] = { { 1, 7664 }, { 2, 9733 }, { 40, 4062 },
		{ 9007199254740991, 5089 } };
	struct arms arms;

	(void)state;
	open_arms(&arms);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		assert_int_equal(arm_part(arms.salt, known[i].id),
		    known[i].part);
}

static void
enrollments_fall_on_arms_by_their_shares(void **state)
{
	static const int64_t shares[] = { 5000, 2500, 500 };
	double expected[] = { 2000, 5000, 2500, 500 }, chi_square = 0;
	int64_t seen[4] = { 0 };
	struct arms arms;

	(void)state;
	open_arms(&arms);
	arms_share(&arms, shares, 3);
	for (int64_t id = 1; id <= ENROLLMENTS; id++) {
		int arm = arms_find(&arms, id);

		assert_in_range(arm, 0, 3);
		assert_int_equal(arms_find(&arms, id), arm);
		seen[arm]++;
	}
	for (size_t i = 0; i < 4; i++) {
		double wanted = expected[i] / ARM_PARTS * ENROLLMENTS;

		chi_square += ((double)seen[i] - wanted) *
		    ((double)seen[i] - wanted) / wanted;
	}
	assert_true(chi_square < CHI_SQUARE_3);
}

static void
another_salt_deals_anew(void **state)
{
	static const int64_t shares[] = { 5000, 5000 };
	struct arms one, other;
	int same = 0;

	(void)state;
	open_arms(&one);
	arms_share(&one, shares, 2);
	other = one;
	other.salt[31] ^= 1;
	for (int64_t id = 1; id <= ENROLLMENTS; id++)
		same += arms_find(&one, id) == arms_find(&other, id);
	/* Half of them, within five standard deviations. */
	assert_in_range(same, 49210, 50790);
}

/* Shares by lot, at most ARM_PARTS together. */
static void
draw_shares(struct random *random, int64_t *shares, size_t count)
{
	int64_t rest = ARM_PARTS;

	for (size_t i = 0; i < count; i++) {
		shares[i] = random_below(random, (uint32_t)rest + 1);
		rest -= shares[i];
	}
}

static void
who_is_on_an_arm_that_does_not_shrink_stays(void **state)
{
	struct random random;
	int64_t shares[ARMS_MOST] = { 0 }, before[1 + ARMS_MOST];
	int64_t counts[1 + ARMS_MOST];
	struct arms arms, old;
	int moved = 0;

	(void)state;
	open_arms(&arms);
	random_init(&random, 7, 0);
	for (int turn = 0; turn < 500; turn++) {
		size_t count = 2 + random_below(&random, ARMS_MOST - 1);

		old = arms;
		count_parts(&old, before);
		memset(shares, 0, sizeof(shares));
		draw_shares(&random, shares, count);
		arms_share(&arms, shares, ARMS_MOST);
		count_parts(&arms, counts);
		for (size_t i = 0; i < ARMS_MOST; i++)
			assert_int_equal(counts[i + 1], shares[i]);
		for (size_t i = 0; i < ARM_PARTS; i++) {
			uint8_t owner = old.owner[i];

			if (arms.owner[i] == owner)
				continue;
			moved++;
			assert_true(counts[owner] < before[owner]);
		}
	}
	assert_true(moved > 0);
}

static void
no_more_move_than_must(void **state)
{
	static const int64_t before[] = { 1000, 4000, 5000 };
	static const int64_t after[] = { 2000, 4500, 3500 };
	struct arms arms, old;
	int moved = 0;

	(void)state;
	open_arms(&arms);
	arms_share(&arms, before, 3);
	old = arms;
	arms_share(&arms, after, 3);
	for (size_t i = 0; i < ARM_PARTS; i++)
		moved += arms.owner[i] != old.owner[i];
	assert_int_equal(moved, 1500);
	old = arms;
	arms_share(&arms, after, 3);
	assert_memory_equal(arms.owner, old.owner, ARM_PARTS);
}

RUN_TESTS(cmocka_unit_test(a_part_is_the_hash_as_python_has_it),
    cmocka_unit_test(enrollments_fall_on_arms_by_their_shares),
    cmocka_unit_test(another_salt_deals_anew),
    cmocka_unit_test(who_is_on_an_arm_that_does_not_shrink_stays),
    cmocka_unit_test(no_more_move_than_must))
