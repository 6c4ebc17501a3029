/*
 * kernels_forward.h - the loops of kernels.h that answer a question, written
 * once in the words of lanes_*.h and compiled once for each of them.
 *
 * A tile is R rows by J vectors of outputs whose sums stay in registers; R
 * and J are constants wherever a tile function is called, so every loop over
 * them is unrolled.
 */
#ifndef ML_KERNELS_FORWARD_H
#define ML_KERNELS_FORWARD_H

#define NORM_EPSILON 1e-5f

enum {
	TILE_WIDE = 4,   /* vectors of outputs when rows are few */
	NORM_ROWS = 4,   /* rows that are normed at once */
	SCORE_STEPS = 2, /* steps and heads that are scored at once */
	SCORE_HEADS = 4
};

/* Sums of the gates of R rows and J vectors of units. */
struct gru_sums {
	VEC gate[GRU_ROWS][TILE_WIDE][3];
	VEC from_input[GRU_ROWS][TILE_WIDE]; /* of n */
};

/* Where element k of the rows stands, and row k of each tile of weights. */
struct gru_factors {
	const float *x;
	size_t stride; /* from row to row */
	const float *weights;
	size_t tile_size; /* from tile to tile */
};

/* One element of each row times one row of each tile. */
INLINE void
gru_add(struct gru_sums *sums, struct gru_factors f, const int R, const int J)
{
#pragma GCC unroll 4
	for (int j = 0; j < J; j++) {
		const float *w = f.weights + (size_t)j * f.tile_size;
		VEC w_r = load(w);
		VEC w_z = load(w + LANES);
		VEC w_n = load(w + 2 * LANES);

#pragma GCC unroll 8
		for (int r = 0; r < R; r++) {
			VEC *gate = sums->gate[r][j];
			VEC value = same(f.x[(size_t)r * f.stride]);

			gate[0] = muladd(value, w_r, gate[0]);
			gate[1] = muladd(value, w_z, gate[1]);
			gate[2] = muladd(value, w_n, gate[2]);
		}
	}
}

/* `count` elements. */
INLINE void
gru_add_all(struct gru_sums *sums, struct gru_factors f, int count, const int R,
    const int J)
{
	for (int k = 0; k < count; k++) {
		gru_add(sums, f, R, J);
		f.x++;
		f.weights += 3 * LANES;
	}
}

/* Of one vector of units of one row: where they stand. */
struct gru_place {
	size_t row, unit;
};

INLINE void
gru_store(const struct gru_step *step, struct gru_place at, VEC state,
    const VEC kept[4])
{
	size_t hidden = (size_t)step->hidden;

	store(step->after + at.row * step->after_stride + at.unit, state);
	if (!step->gates)
		return;
	float *to = step->gates + at.row * 4 * hidden + at.unit;
	store(to, kept[0]);
	store(to + hidden, kept[1]);
	store(to + 2 * hidden, kept[2]);
	store(to + 3 * hidden, kept[3]);
}

/* N vectors from the `first` on, counted row by row. */
INLINE void
gru_finish(const struct gru_step *step, const struct gru_sums *sums,
    struct gru_place start, int first, const int J, const int N)
{
	VEC r[CHAINS], z[CHAINS], n[CHAINS];

	EACH r[i] = sums->gate[(first + i) / J][(first + i) % J][0];
	sigmoid_all(r, N);
	EACH n[i] =
	    muladd(r[i], sums->gate[(first + i) / J][(first + i) % J][2],
		sums->from_input[(first + i) / J][(first + i) % J]);
	EACH z[i] = sums->gate[(first + i) / J][(first + i) % J][1];
	sigmoid_all(z, N);
	tanh_all(n, N);
	EACH
	{
		int row = (first + i) / J, block = (first + i) % J;
		struct gru_place at = { start.row + (size_t)row,
			start.unit + (size_t)block * LANES };
		VEC h =
		    load(step->before + at.row * step->before_stride + at.unit);
		VEC kept[4] = { r[i], z[i], n[i], sums->gate[row][block][2] };

		gru_store(step, at, muladd(z[i], sub(h, n[i]), n[i]), kept);
	}
}

/* The gates without what the state adds; returns the row of the tiles behind
 * those of the inputs. */
INLINE const float *
gru_begin(const struct gru_step *step, struct gru_sums *sums, size_t row,
    size_t block, const int R, const int J)
{
	size_t tile_size = (size_t)step->tile_count * 3 * LANES;
	struct gru_factors f = { step->input + row * step->input_stride,
		step->input_stride, step->tiles + block * tile_size,
		tile_size };
	const float *bias = step->biases + block * 4 * LANES;
	size_t stride = step->begun ? 3 * (size_t)step->hidden : 0;
	size_t width = step->begun ? 3 : 4; /* vectors of a block */
	const float *from =
	    step->begun ? step->begun + row * stride + block * 3 * LANES : bias;

#pragma GCC unroll 96
	for (int i = 0; i < R * J * 3; i++)
		sums->gate[i / 3 / J][i / 3 % J][i % 3] = load(from +
		    (size_t)(i / 3 / J) * stride +
		    ((size_t)(i / 3 % J) * width + (size_t)(i % 3)) * LANES);
	if (!step->begun)
		gru_add_all(sums, f, step->inputs, R, J);
#pragma GCC unroll 32
	for (int i = 0; i < R * J; i++) {
		sums->from_input[i / J][i % J] = sums->gate[i / J][i % J][2];
		sums->gate[i / J][i % J][2] =
		    load(bias + (i % J * 4 + 3) * LANES);
	}
	return f.weights + step->inputs * 3 * LANES;
}

INLINE void
gru_tile(const struct gru_step *step, size_t row, size_t block, const int R,
    const int J)
{
	struct gru_factors f = { step->before + row * step->before_stride,
		step->before_stride, NULL,
		(size_t)step->tile_count * 3 * LANES };
	struct gru_place start = { row, block * LANES };
	struct gru_sums sums;

	f.weights = gru_begin(step, &sums, row, block, R, J);
	gru_add_all(&sums, f, step->before_count, R, J);
#pragma GCC unroll 8
	for (int i = 0; i < R * J; i += CHAINS)
		gru_finish(step, &sums, start, i, J,
		    R * J < CHAINS ? R * J : CHAINS);
}

/* Few rows: two vectors of units at once.  Turned every other step, the second
 * half of the weights is found where the step before has left it, in the
 * first-level cache, which does not hold all of them. */
INLINE void
gru_row(const struct gru_step *step, size_t row)
{
	size_t blocks = (size_t)(step->hidden / LANES), pairs = blocks / 2;

	for (size_t i = 0; i < pairs; i++)
		gru_tile(step, row, 2 * (step->is_turned ? pairs - 1 - i : i),
		    1, 2);
	if (blocks % 2 == 1)
		gru_tile(step, row, blocks - 1, 1, 1);
}

LANES_TARGET static void
gru(const struct gru_step *step)
{
	size_t blocks = (size_t)(step->hidden / LANES);
	size_t rows = (size_t)step->rows;
	size_t full = rows - rows % GRU_ROWS;

	for (size_t block = 0; block < blocks; block++)
		for (size_t row = 0; row < full; row += GRU_ROWS)
			gru_tile(step, row, block, GRU_ROWS, 1);
	for (size_t row = full; row < rows; row++)
		gru_row(step, row);
}

INLINE VEC
product_start(const struct product *p, size_t row, size_t column)
{
	if (p->is_added)
		return load(p->out + row * p->out_stride + column);
	return p->bias ? load(p->bias + column) : same(0);
}

INLINE void
product_tile(const struct product *p, size_t row, size_t column, const int R,
    const int J)
{
	const float *left = p->left + row * p->left_row;
	const float *right = p->right + column;
	VEC sum[PRODUCT_ROWS][TILE_WIDE];

#pragma GCC unroll 24
	for (int i = 0; i < R * J; i++)
		sum[i / J][i % J] = product_start(p, row + (size_t)(i / J),
		    column + (size_t)(i % J) * LANES);
	for (int k = 0; k < p->inner; k++) {
#pragma GCC unroll 6
		for (int r = 0; r < R; r++) {
			VEC value = same(left[(size_t)r * p->left_row]);

#pragma GCC unroll 4
			for (int j = 0; j < J; j++)
				sum[r][j] = muladd(value,
				    load(right + j * LANES), sum[r][j]);
		}
		left += p->left_k;
		right += p->right_stride;
	}
#pragma GCC unroll 24
	for (int i = 0; i < R * J; i++)
		store(p->out + (row + (size_t)(i / J)) * p->out_stride +
			column + (size_t)(i % J) * LANES,
		    sum[i / J][i % J]);
}

/* All rows of J vectors of columns: many at once, then some, then one. */
INLINE void
product_columns(const struct product *p, size_t column, const int J)
{
	size_t rows = (size_t)p->rows, row = 0;

	for (; row + PRODUCT_ROWS <= rows; row += PRODUCT_ROWS)
		product_tile(p, row, column, PRODUCT_ROWS, J);
	for (; row + PRODUCT_SOME <= rows; row += PRODUCT_SOME)
		product_tile(p, row, column, PRODUCT_SOME, J);
	for (; row < rows; row++)
		product_tile(p, row, column, 1, J);
}

LANES_TARGET static void
product(const struct product *p)
{
	size_t columns = (size_t)p->columns, c = 0;

	for (; c + TILE_WIDE * LANES <= columns; c += TILE_WIDE * LANES)
		product_columns(p, c, TILE_WIDE);
	for (; c < columns; c += LANES)
		product_columns(p, c, 1);
}

/* Means and inverse deviations of R rows.  Pads are zero, so each adds the
 * mean's square to the sum of squares. */
INLINE void
norm_moments(const struct norm *n, int row, const int R)
{
	const float *x = n->input + (size_t)row * (size_t)n->width;
	float *moments = n->moments + 2 * row;
	VEC sum[NORM_ROWS], squares[NORM_ROWS];

#pragma GCC unroll 4
	for (int r = 0; r < R; r++)
		sum[r] = squares[r] = same(0);
	for (int i = 0; i < n->width; i += LANES)
#pragma GCC unroll 4
		for (int r = 0; r < R; r++)
			sum[r] = add(sum[r], load(x + r * n->width + i));
#pragma GCC unroll 4
	for (int r = 0; r < R; r++)
		moments[2 * r] = total(sum[r]) / (float)n->count;
	for (int i = 0; i < n->width; i += LANES)
#pragma GCC unroll 4
		for (int r = 0; r < R; r++) {
			VEC d = sub(load(x + r * n->width + i),
			    same(moments[2 * r]));

			squares[r] = muladd(d, d, squares[r]);
		}
#pragma GCC unroll 4
	for (int r = 0; r < R; r++) {
		float mean = moments[2 * r];
		float pads = (float)(n->width - n->count) * mean * mean;
		float variance = (total(squares[r]) - pads) / (float)n->count;

		moments[2 * r + 1] = 1 / sqrtf(variance + NORM_EPSILON);
	}
}

INLINE void
norm_apply(const struct norm *n, int row)
{
	const float *x = n->input + (size_t)row * (size_t)n->width;
	float *out = n->output + (size_t)row * (size_t)n->width;
	const float *moments = n->moments + 2 * row;

	for (int i = 0; i < n->width; i += LANES) {
		VEC d =
		    mul(sub(load(x + i), same(moments[0])), same(moments[1]));

		store(out + i, muladd(d, load(n->gain + i), load(n->bias + i)));
	}
}

/* Several rows at once: the sums of one alone wait for each other. */
LANES_TARGET static void
norm(const struct norm *n)
{
	int row = 0;

	for (; row + NORM_ROWS <= n->rows; row += NORM_ROWS)
		norm_moments(n, row, NORM_ROWS);
	for (; row < n->rows; row++)
		norm_moments(n, row, 1);
	for (row = 0; row < n->rows; row++)
		norm_apply(n, row);
}

/* T steps by H heads. */
INLINE void
scores_tile(const struct scores *s, int step, int head, const int T,
    const int H)
{
	const float *right = s->right + (size_t)step * s->stride;
	const float *left = s->left + head * s->width;
	VEC sum[SCORE_STEPS][SCORE_HEADS];

#pragma GCC unroll 8
	for (int i = 0; i < T * H; i++)
		sum[i / H][i % H] = same(0);
	for (int i = 0; i < s->width; i += LANES)
#pragma GCC unroll 8
		for (int k = 0; k < T * H; k++) {
			int t = k / H, h = k % H;

			sum[t][h] = muladd(load(left + h * s->width + i),
			    load(right + (size_t)t * s->stride + i), sum[t][h]);
		}
#pragma GCC unroll 8
	for (int i = 0; i < T * H; i++)
		s->out[(head + i % H) * KERNEL_STEPS + step + i / H] =
		    total(sum[i / H][i % H]);
}

LANES_TARGET static void
scores(const struct scores *s)
{
	int heads = s->heads - s->heads % SCORE_HEADS;

	for (int head = 0; head < heads; head += SCORE_HEADS) {
		int t = 0;

		for (; t + SCORE_STEPS <= s->steps; t += SCORE_STEPS)
			scores_tile(s, t, head, SCORE_STEPS, SCORE_HEADS);
		for (; t < s->steps; t++)
			scores_tile(s, t, head, 1, SCORE_HEADS);
	}
	for (int head = heads; head < s->heads; head++)
		for (int t = 0; t < s->steps; t++)
			scores_tile(s, t, head, 1, 1);
}

LANES_TARGET static void
softmax(float *score, int steps)
{
	float top = score[0], sum = 0;

	for (int t = 1; t < steps; t++)
		top = score[t] > top ? score[t] : top;
	for (int t = steps; t < KERNEL_STEPS; t++)
		score[t] = top;
	for (int t = 0; t < KERNEL_STEPS; t += LANES)
		store(score + t, exp_of(sub(load(score + t), same(top))));
	for (int t = 0; t < steps; t++)
		sum += score[t];
	for (int t = 0; t < steps; t++)
		score[t] /= sum;
	for (int t = steps; t < KERNEL_STEPS; t++)
		score[t] = 0;
}

LANES_TARGET static void
silu(const float *input, float *output, size_t count)
{
	for (size_t i = 0; i < count; i += LANES) {
		VEC a = load(input + i);

		store(output + i, mul(a, sigmoid_of(a)));
	}
}

/* The last vector of a row overlaps the one before when `count` is no
 * multiple of LANES. */
LANES_TARGET static void
standardise(const struct standardise *s)
{
	int last = s->count - LANES;

	for (int row = 0; row < s->rows; row++) {
		const float *x = s->input + (size_t)row * (size_t)s->count;
		float *out = s->output + (size_t)row * s->output_stride;

		for (int i = 0; i < s->count; i += LANES) {
			int at = i < last ? i : last;
			VEC d = sub(load(x + at), load(s->mean + at));

			store(out + at, known(mul(d, load(s->scale + at))));
		}
	}
}

LANES_TARGET static void
exps(const float *x, float *out, size_t count)
{
	for (size_t i = 0; i < count; i += LANES)
		store(out + i, exp_of(load(x + i)));
}

LANES_TARGET static void
tanhs(const float *x, float *out, size_t count)
{
	for (size_t i = 0; i < count; i += LANES)
		store(out + i, tanh_of(load(x + i)));
}

LANES_TARGET static void
sigmoids(const float *x, float *out, size_t count)
{
	for (size_t i = 0; i < count; i += LANES)
		store(out + i, sigmoid_of(load(x + i)));
}

#endif
