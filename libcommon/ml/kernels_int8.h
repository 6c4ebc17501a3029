/*
 * kernels_int8.h - the loops of kernels.h over 8-bit weights and states,
 * compiled like those of kernels_forward.h.
 *
 * A sum of products is a whole number of 32 bits and exact, so its order does
 * not matter; it becomes a float by row scale times channel scale, once.
 */
#ifndef ML_KERNELS_INT8_H
#define ML_KERNELS_INT8_H

INLINE float
row_largest(const float *x, int count)
{
	VEC most_yet = same(0);

	for (int i = 0; i < count; i += LANES)
		most_yet = most(most_yet, size_of(load(x + i)));
	return largest(most_yet);
}

LANES_TARGET static void
quantise(const struct quantise *q)
{
	for (size_t row = 0; row < (size_t)q->rows; row++) {
		const float *x = q->input + row * q->input_stride;
		int32_t *words = q->words + row * q->words_stride;
		float top = row_largest(x, q->count);
		VEC times = same(top < INT8_LEAST ? 0 : INT8_MOST / top);

		q->scales[row] = top / INT8_MOST;
		for (int i = 0; i < q->count; i += LANES)
			parts_store(words, (size_t)i, mul(load(x + i), times));
	}
}

/* Whole sums of the gates of R rows and J vectors of units. */
struct int8_sums {
	SUMS gate[GRU_ROWS][TILE_WIDE][3];
};

/* Where word k of the rows stands, and row k of each tile of weights. */
struct int8_factors {
	const int32_t *words;
	size_t stride; /* from row to row */
	const int32_t *weights;
	size_t tile_size; /* from tile to tile */
};

INLINE void
int8_add(struct int8_sums *sums, const struct int8_factors *f, int k,
    const int R, const int J)
{
	const int32_t *weights = f->weights + (size_t)k * 3 * LANES;

#pragma GCC unroll 8
	for (int r = 0; r < R; r++) {
		SUMS word = word_same(f->words[(size_t)r * f->stride + k]);

#pragma GCC unroll 4
		for (int j = 0; j < J; j++) {
			const int32_t *w = weights + (size_t)j * f->tile_size;
			SUMS *gate = sums->gate[r][j];

			gate[0] = sums_add(gate[0], word, w);
			gate[1] = sums_add(gate[1], word, w + LANES);
			gate[2] = sums_add(gate[2], word, w + 2 * LANES);
		}
	}
}

/* gates += what the state adds, as floats. */
INLINE void
int8_gates(struct gru_sums *gates, const struct gru_int8 *q, size_t row,
    size_t block, const int R, const int J)
{
	size_t words = (size_t)q->words, channel = block * 3 * LANES;
	struct int8_factors f = { q->state + row * words, words,
		q->tiles + words * channel, words * 3 * LANES };
	const int32_t *start = q->channels.starts + channel;
	const float *scale = q->channels.scales + channel;
	struct int8_sums sums;

#pragma GCC unroll 96
	for (int i = 0; i < R * J * 3; i++)
		sums.gate[i / 3 / J][i / 3 % J][i % 3] =
		    sums_load(start + (i / 3 % J * 3 + i % 3) * LANES);
	for (int k = 0; k < q->words; k++)
		int8_add(&sums, &f, k, R, J);
#pragma GCC unroll 96
	for (int i = 0; i < R * J * 3; i++) {
		int r = i / 3 / J, j = i / 3 % J, g = i % 3;
		VEC *gate = &gates->gate[r][j][g];
		VEC by = mul(same(q->state_scales[row + (size_t)r]),
		    load(scale + (j * 3 + g) * LANES));

		*gate = muladd(sums_value(sums.gate[r][j][g]), by, *gate);
	}
}

INLINE void
gru_int8_tile(const struct gru_int8 *q, size_t row, size_t block, const int R,
    const int J)
{
	const struct gru_step *step = q->step;
	struct gru_place start = { row, block * LANES };
	struct gru_sums sums;

	gru_begin(step, &sums, row, block, R, J);
	if (step->before_count > 0)
		int8_gates(&sums, q, row, block, R, J);
#pragma GCC unroll 8
	for (int i = 0; i < R * J; i += CHAINS)
		gru_finish(step, &sums, start, i, J,
		    R * J < CHAINS ? 1 : CHAINS);
}

LANES_TARGET static void
gru_int8(const struct gru_int8 *q)
{
	size_t blocks = (size_t)(q->step->hidden / LANES);
	size_t wide = blocks - blocks % TILE_WIDE;
	size_t rows = (size_t)q->step->rows;
	size_t full = rows - rows % GRU_ROWS;

	for (size_t block = 0; block < blocks; block++)
		for (size_t row = 0; row < full; row += GRU_ROWS)
			gru_int8_tile(q, row, block, GRU_ROWS, 1);
	for (size_t row = full; row < rows; row++) {
		for (size_t block = 0; block < wide; block += TILE_WIDE)
			gru_int8_tile(q, row, block, 1, TILE_WIDE);
		for (size_t block = wide; block < blocks; block++)
			gru_int8_tile(q, row, block, 1, 1);
	}
}

#endif
