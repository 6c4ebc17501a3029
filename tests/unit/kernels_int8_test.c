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

/* Units and rows: whole tiles of every set, and some over. */
enum { HIDDEN = 80, ROWS = 9, CHANNELS = 3 * HIDDEN, WORDS_MOST = HIDDEN / 2 };

/* A step of a GRU without biases and inputs, whose weights lie as kernels.h
 * wants them. */
struct rig {
	const struct kernels *set;
	int words;
	int8_t weights[3][HIDDEN][HIDDEN];
	float before[ROWS][HIDDEN];
	int32_t tiles[CHANNELS * WORDS_MOST];
	int32_t starts[CHANNELS];
	float scales[CHANNELS];
	int32_t packed[ROWS * WORDS_MOST];
	float packed_scales[ROWS];
	float nothing[ROWS * 4 * HIDDEN];
	float after[ROWS][HIDDEN];
	float gates[ROWS][4][HIDDEN]; /* r, z, n, what n gets of the state */
};

/* Of the gates that go through a sigmoid: it tells such sums apart. */
static const float SCALES[] = { 0x1p-18f, 0x1p-18f, 1 };

static void
pack_channel(struct rig *rig, int gate, int unit)
{
	int parts = rig->set->word_parts, lanes = rig->set->lanes, sum = 0;
	int lane = gate * lanes + unit % lanes;
	int channel = unit / lanes * 3 * lanes + lane;

	for (int k = 0; k < HIDDEN; k++) {
		int8_t weight = rig->weights[gate][unit][k];
		int word =
		    (unit / lanes * rig->words + k / parts) * 3 * lanes + lane;

		sum += weight;
		if (parts == 4)
			((int8_t *)&rig->tiles[word])[k % 4] = weight;
		else
			((int16_t *)&rig->tiles[word])[k % 2] = weight;
	}
	rig->starts[channel] = parts == 4 ? -INT8_SHIFT * sum : 0;
	rig->scales[channel] = SCALES[gate];
}

static void
run(struct rig *rig)
{
	struct quantise quantise = { .input = rig->before[0],
		.input_stride = HIDDEN,
		.words = rig->packed,
		.scales = rig->packed_scales,
		.rows = ROWS,
		.count = HIDDEN };
	struct gru_step step = { .tiles = rig->nothing,
		.biases = rig->nothing,
		.input = rig->nothing,
		.begun = rig->nothing,
		.before = rig->before[0],
		.before_stride = HIDDEN,
		.before_count = HIDDEN,
		.after = rig->after[0],
		.after_stride = HIDDEN,
		.gates = rig->gates[0][0],
		.rows = ROWS,
		.hidden = HIDDEN };
	struct gru_int8 gru = { .step = &step,
		.tiles = rig->tiles,
		.channels = { rig->starts, rig->scales },
		.state = rig->packed,
		.state_scales = rig->packed_scales };

	rig->words = gru.words = HIDDEN / rig->set->word_parts;
	quantise.words_stride = (size_t)rig->words;
	for (int gate = 0; gate < 3; gate++)
		for (int unit = 0; unit < HIDDEN; unit++)
			pack_channel(rig, gate, unit);
	rig->set->quantise(&quantise);
	rig->set->gru_int8(&gru);
}

static double
sum_of(const struct rig *rig, int row, int gate, int unit)
{
	int64_t sum = 0;

	for (int k = 0; k < HIDDEN; k++)
		sum +=
		    (int64_t)rig->before[row][k] * rig->weights[gate][unit][k];
	return (double)sum;
}

/* Rows have a scale of 1, so what n gets of the state is the very sum. */
static void
check(struct rig *rig)
{
	run(rig);
	for (int r = 0; r < ROWS; r++)
		for (int i = 0; i < HIDDEN; i++) {
			for (int gate = 0; gate < 2; gate++)
				assert_near(rig->gates[r][gate][i],
				    1 /
					(1 +
					    exp(-sum_of(rig, r, gate, i) *
						(double)SCALES[gate])),
				    3e-7);
			assert_true((double)rig->gates[r][3][i] ==
			    sum_of(rig, r, 2, i));
		}
}

static void
sums_are_exact_on_every_instruction_set(void **state)
{
	static struct rig rig;
	struct random random;

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(SETS); s++) {
		int8_t *weights = rig.weights[0][0];

		rig.set = kernels_find(SETS[s]);
		if (!rig.set)
			continue;
		random_init(&random, 5, s);
		for (size_t i = 0; i < sizeof(rig.weights); i++)
			weights[i] =
			    (int8_t)((int)random_below(&random, 255) - 127);
		for (int r = 0; r < ROWS; r++)
			for (int k = 0; k < HIDDEN; k++)
				rig.before[r][k] = k == r
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
		for (int c = 0; c < CHANNELS; c++)
			memset(rig.weights[c / HIDDEN][c % HIDDEN],
			    c % 2 == 0 ? 127 : -127, HIDDEN);
		for (int r = 0; r < ROWS; r++)
			for (int k = 0; k < HIDDEN; k++)
				rig.before[r][k] = r % 2 == 0 ? 127 : -127;
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
		memset(rig.before, 0, sizeof(rig.before));
		rig.before[1][3] = 1e-39f;
		run(&rig);
		for (int i = 0; i < HIDDEN; i++) {
			assert_true(rig.gates[0][3][i] == 0);
			assert_true(rig.gates[1][3][i] == 0);
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
			16 };

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
