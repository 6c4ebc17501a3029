/*
 * kernels_int8_test.c - 8-bit products against sums in 64 bits, where
 * instructions that saturate would break first.
 */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/random.h"
#include "ml/kernels.h"
#include "tests/support/test.h"

static const char *const SETS[] = { "scalar", "avx2", "avx512", "avx512_vnni" };

enum { INNER = 64, COLUMNS = 48, ROWS = 7, WORDS_MOST = INNER / 2 };

/* A product whose weights lie as kernels.h wants them. */
struct rig {
	const struct kernels *set;
	int words;
	int8_t weights[COLUMNS][INNER];
	float left[ROWS][INNER];
	int32_t tiles[COLUMNS * WORDS_MOST];
	int32_t starts[COLUMNS];
	float scales[COLUMNS];
	int32_t packed[ROWS * WORDS_MOST];
	float left_scales[ROWS];
	float out[ROWS][COLUMNS];
};

static void
pack_weights(struct rig *rig)
{
	int parts = rig->set->word_parts, lanes = rig->set->lanes;

	rig->words = INNER / parts;
	memset(rig->starts, 0, sizeof(rig->starts));
	for (int c = 0; c < COLUMNS; c++)
		for (int k = 0; k < INNER; k++) {
			int word =
			    (c / lanes * rig->words + k / parts) * lanes +
			    c % lanes;
			int8_t weight = rig->weights[c][k];

			if (parts == 4) {
				((int8_t *)&rig->tiles[word])[k % 4] = weight;
				rig->starts[c] -= INT8_SHIFT * weight;
			} else {
				((int16_t *)&rig->tiles[word])[k % 2] = weight;
			}
		}
}

static void
multiply(struct rig *rig, int rows)
{
	struct quantise quantise = { .input = rig->left[0],
		.input_stride = INNER,
		.words = rig->packed,
		.words_stride = (size_t)rig->words,
		.scales = rig->left_scales,
		.rows = rows,
		.count = INNER };
	struct product_int8 product = { .left = rig->packed,
		.left_scales = rig->left_scales,
		.tiles = rig->tiles,
		.channels = { rig->starts, rig->scales },
		.out = rig->out[0],
		.out_stride = COLUMNS,
		.rows = rows,
		.words = rig->words,
		.columns = COLUMNS };

	rig->set->quantise(&quantise);
	rig->set->product_int8(&product);
}

/* Scales are powers of two or 1, so a product's float is exact. */
static void
check(struct rig *rig)
{
	for (int c = 0; c < COLUMNS; c++)
		rig->scales[c] = 1;
	pack_weights(rig);
	multiply(rig, ROWS);
	for (int r = 0; r < ROWS; r++)
		for (int c = 0; c < COLUMNS; c++) {
			int64_t sum = 0;

			for (int k = 0; k < INNER; k++)
				sum += (int64_t)rig->left[r][k] *
				    rig->weights[c][k];
			assert_true(rig->out[r][c] == (float)sum);
		}
}

static void
sums_are_exact_on_every_instruction_set(void **state)
{
	static struct rig rig;
	struct random random;

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(SETS); s++) {
		rig.set = kernels_find(SETS[s]);
		if (!rig.set)
			continue;
		random_init(&random, 5, s);
		for (int c = 0; c < COLUMNS; c++)
			for (int k = 0; k < INNER; k++)
				rig.weights[c][k] =
				    (int8_t)((int)random_below(&random, 255) -
					127);
		for (int r = 0; r < ROWS; r++)
			for (int k = 0; k < INNER; k++)
				rig.left[r][k] = k == r
				    ? 127
				    : (float)random_below(&random, 255) - 127;
		check(&rig);
	}
}

/* vpmaddubsw holds two products in 16 bits: 2 * 127 * 127 and 2 * 255 * 127
 * would not fit. */
static void
the_largest_sums_do_not_saturate(void **state)
{
	static struct rig rig;

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(SETS); s++) {
		rig.set = kernels_find(SETS[s]);
		if (!rig.set)
			continue;
		for (int c = 0; c < COLUMNS; c++)
			memset(rig.weights[c], c % 2 == 0 ? 127 : -127, INNER);
		for (int r = 0; r < ROWS; r++)
			for (int k = 0; k < INNER; k++)
				rig.left[r][k] = r % 2 == 0 ? 127 : -127;
		check(&rig);
	}
}

static void
a_row_of_nothing_gives_nothing(void **state)
{
	static struct rig rig;

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(SETS); s++) {
		rig.set = kernels_find(SETS[s]);
		if (!rig.set)
			continue;
		memset(rig.weights, 100, sizeof(rig.weights));
		memset(rig.left, 0, sizeof(rig.left));
		rig.left[1][3] = 1e-39f;
		pack_weights(&rig);
		multiply(&rig, 2);
		for (int c = 0; c < COLUMNS; c++) {
			assert_true(rig.out[0][c] == 0);
			assert_true(rig.out[1][c] == 0);
		}
	}
}

static void
a_row_is_rounded_to_the_nearest_of_255_steps(void **state)
{
	static const int8_t expected[] = { 127, -64, 0, 1, 0, -127, 2, 2 };
	float row[16] = { 254, -127.2f, .2f, 1.4f, -.4f, -254, 3, 5 };

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(SETS); s++) {
		const struct kernels *set = kernels_find(SETS[s]);
		int32_t words[16] = { 0 };
		float scale;
		struct quantise quantise = { row, 16, words, 16, &scale, 1,
			14 };

		if (!set)
			continue;
		set->quantise(&quantise);
		assert_true(scale == 2);
		for (int k = 0; k < 8; k++)
			assert_int_equal(expected[k],
			    set->word_parts == 4
				? ((uint8_t *)words)[k] - INT8_SHIFT
				: ((int16_t *)words)[k]);
	}
}

RUN_TESTS(cmocka_unit_test(sums_are_exact_on_every_instruction_set),
    cmocka_unit_test(the_largest_sums_do_not_saturate),
    cmocka_unit_test(a_row_of_nothing_gives_nothing),
    cmocka_unit_test(a_row_is_rounded_to_the_nearest_of_255_steps))
