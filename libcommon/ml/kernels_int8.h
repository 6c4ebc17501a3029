/*
 * kernels_int8.h - the loops of kernels.h over 8-bit weights and activations,
 * compiled like those of kernels_forward.h.
 *
 * A sum of products is a whole number of 32 bits and exact, so its order does
 * not matter; it becomes a float by row scale times channel scale, once.
 */
#ifndef ML_KERNELS_INT8_H
#define ML_KERNELS_INT8_H

INLINE float
row_largest(const float *x, size_t whole, size_t rest)
{
	VEC most_yet = same(0);

	for (size_t i = 0; i < whole; i += LANES)
		most_yet = most(most_yet, size_of(load(x + i)));
	if (rest > 0)
		most_yet = most(most_yet, size_of(load_some(x + whole, rest)));
	return largest(most_yet);
}

LANES_TARGET static void
quantise(const struct quantise *q)
{
	size_t count = (size_t)q->count, rest = count % LANES;
	size_t whole = count - rest;

	for (size_t row = 0; row < (size_t)q->rows; row++) {
		const float *x = q->input + row * q->input_stride;
		int32_t *words = q->words + row * q->words_stride;
		float top = row_largest(x, whole, rest);
		VEC times = same(top < INT8_LEAST ? 0 : INT8_MOST / top);

		q->scales[row] = top / INT8_MOST;
		for (size_t i = 0; i < whole; i += LANES)
			parts_store(words, i, mul(load(x + i), times));
		if (rest > 0)
			parts_store(words, whole,
			    mul(load_some(x + whole, rest), times));
	}
}

/* Whole sums of the gates of R rows and J vectors of units. */
struct int8_sums {
	SUMS gate[GRU_ROWS][TILE_WIDE][3];
};

/* What the sums of x, or those of h, are made of. */
struct int8_factors {
	const int32_t *words; /* of the first row */
	size_t stride;        /* from row to row */
	const float *scales;  /* of the rows */
	const int32_t *weights;
	size_t tile_size; /* from tile to tile */
	const struct int8_channels *channels;
	size_t channel; /* the first */
	int count;      /* words */
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

/* gates += the factors' products, as floats. */
INLINE void
int8_gates(struct gru_sums *gates, const struct int8_factors *f, const int R,
    const int J)
{
	const int32_t *start = f->channels->starts + f->channel;
	const float *scale = f->channels->scales + f->channel;
	struct int8_sums sums;

#pragma GCC unroll 96
	for (int i = 0; i < R * J * 3; i++)
		sums.gate[i / 3 / J][i / 3 % J][i % 3] =
		    sums_load(start + (i / 3 % J * 3 + i % 3) * LANES);
	for (int k = 0; k < f->count; k++)
		int8_add(&sums, f, k, R, J);
#pragma GCC unroll 96
	for (int i = 0; i < R * J * 3; i++) {
		int r = i / 3 / J, j = i / 3 % J, g = i % 3;
		VEC *gate = &gates->gate[r][j][g];
		VEC by =
		    mul(same(f->scales[r]), load(scale + (j * 3 + g) * LANES));

		*gate = muladd(sums_value(sums.gate[r][j][g]), by, *gate);
	}
}

INLINE void
gru_int8_tile(const struct gru_int8 *q, size_t row, size_t block, const int R,
    const int J)
{
	const struct gru_step *step = q->step;
	const float *bias = step->biases + block * 4 * LANES;
	size_t tile = (size_t)(q->input_words + q->state_words) * 3 * LANES;
	struct int8_factors x = { q->input + row * q->input_stride,
		q->input_stride, q->input_scales + row, q->tiles + block * tile,
		tile, &q->of_input, block * 3 * LANES, q->input_words };
	struct int8_factors h = { q->state + row * (size_t)q->state_words,
		(size_t)q->state_words, q->state_scales + row,
		x.weights + q->input_words * 3 * LANES, tile, &q->of_state,
		block * 3 * LANES,
		step->before_count > 0 ? q->state_words : 0 };
	struct gru_place start = { row, block * LANES };
	struct gru_sums sums;

#pragma GCC unroll 96
	for (int i = 0; i < R * J * 3; i++)
		sums.gate[i / 3 / J][i / 3 % J][i % 3] =
		    load(bias + (i / 3 % J * 4 + i % 3) * LANES);
	int8_gates(&sums, &x, R, J);
#pragma GCC unroll 32
	for (int i = 0; i < R * J; i++) {
		sums.from_input[i / J][i % J] = sums.gate[i / J][i % J][2];
		sums.gate[i / J][i % J][2] =
		    load(bias + (i % J * 4 + 3) * LANES);
	}
	int8_gates(&sums, &h, R, J);
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

INLINE void
product_int8_tile(const struct product_int8 *p, size_t row, size_t block,
    const int R, const int J)
{
	size_t tile = (size_t)p->words * LANES, column = block * LANES;
	const int32_t *left = p->left + row * (size_t)p->words;
	const int32_t *weights = p->tiles + block * tile;
	SUMS sum[PRODUCT_ROWS][TILE_WIDE];

#pragma GCC unroll 24
	for (int i = 0; i < R * J; i++)
		sum[i / J][i % J] = sums_load(
		    p->channels.starts + column + (size_t)(i % J) * LANES);
	for (int k = 0; k < p->words; k++) {
#pragma GCC unroll 6
		for (int r = 0; r < R; r++) {
			SUMS word = word_same(left[r * p->words + k]);

#pragma GCC unroll 4
			for (int j = 0; j < J; j++)
				sum[r][j] = sums_add(sum[r][j], word,
				    weights + (size_t)j * tile + k * LANES);
		}
	}
#pragma GCC unroll 24
	for (int i = 0; i < R * J; i++) {
		size_t at = row + (size_t)(i / J);
		size_t to = column + (size_t)(i % J) * LANES;
		VEC by = mul(same(p->left_scales[at]),
		    load(p->channels.scales + to));

		store(p->out + at * p->out_stride + to,
		    muladd(sums_value(sum[i / J][i % J]), by,
			p->bias ? load(p->bias + to) : same(0)));
	}
}

LANES_TARGET static void
product_int8(const struct product_int8 *p)
{
	size_t blocks = (size_t)(p->columns / LANES);
	size_t wide = blocks - blocks % TILE_WIDE;
	size_t rows = (size_t)p->rows;
	size_t full = rows - rows % PRODUCT_ROWS;

	for (size_t block = 0; block < wide; block += TILE_WIDE) {
		for (size_t row = 0; row < full; row += PRODUCT_ROWS)
			product_int8_tile(p, row, block, PRODUCT_ROWS,
			    TILE_WIDE);
		for (size_t row = full; row < rows; row++)
			product_int8_tile(p, row, block, 1, TILE_WIDE);
	}
	for (size_t block = wide; block < blocks; block++)
		for (size_t row = 0; row < rows; row++)
			product_int8_tile(p, row, block, 1, 1);
}

#endif
