/*
 * kernels_backward.h - the loops of kernels.h that carry gradients, written
 * once in the words of lanes_*.h; included after kernels_forward.h.
 */
#ifndef ML_KERNELS_BACKWARD_H
#define ML_KERNELS_BACKWARD_H

/* 1 - a * a */
INLINE VEC
tanh_slope(VEC a)
{
	return mulsub(a, a, same(1));
}

/* a * (1 - a) */
INLINE VEC
sigmoid_slope(VEC a)
{
	return mulsub(a, a, a);
}

LANES_TARGET static void
gru_back(const struct gru_back *back)
{
	int hidden = back->hidden;

	for (size_t row = 0; row < (size_t)back->rows; row++) {
		float *gates = back->gates + row * 4 * (size_t)hidden;
		const float *before = back->before + row * back->before_stride;
		const float *change = back->change + row * back->change_stride;
		float *carry = back->carry + row * (size_t)hidden;

		for (int i = 0; i < hidden; i += LANES) {
			VEC r = load(gates + i);
			VEC z = load(gates + hidden + i);
			VEC n = load(gates + 2 * hidden + i);
			VEC from_state = load(gates + 3 * hidden + i);
			VEC d = add(load(change + i), load(carry + i));
			VEC d_n = mul(mulsub(d, z, d), tanh_slope(n));
			VEC d_z = mul(d, sub(load(before + i), n));
			VEC d_r = mul(d_n, from_state);

			store(gates + i, d_n);
			store(gates + hidden + i, mul(d_r, sigmoid_slope(r)));
			store(gates + 2 * hidden + i,
			    mul(d_z, sigmoid_slope(z)));
			store(gates + 3 * hidden + i, mul(d_n, r));
			store(carry + i, mul(d, z));
		}
	}
}

/* Means of g and of g * x, where g = change * gain and x is normalised.  The
 * pads of gain are zero, so pads count for nothing. */
INLINE void
norm_back_means(const struct norm_back *b, size_t row, float means[2])
{
	const float *x = b->input + row * (size_t)b->width;
	const float *change = b->change + row * (size_t)b->width;
	VEC mean = same(b->moments[2 * row]);
	VEC scale = same(b->moments[2 * row + 1]);
	VEC sum = same(0), product_sum = same(0);

	for (int i = 0; i < b->width; i += LANES) {
		VEC d = mul(sub(load(x + i), mean), scale);
		VEC c = load(change + i);
		VEC g = mul(c, load(b->gain + i));

		sum = add(sum, g);
		product_sum = muladd(g, d, product_sum);
		store(b->gain_change + i,
		    muladd(c, d, load(b->gain_change + i)));
		store(b->bias_change + i, add(c, load(b->bias_change + i)));
	}
	means[0] = total(sum) / (float)b->count;
	means[1] = total(product_sum) / (float)b->count;
}

LANES_TARGET static void
norm_back(const struct norm_back *b)
{
	for (size_t row = 0; row < (size_t)b->rows; row++) {
		const float *x = b->input + row * (size_t)b->width;
		float *change = b->change + row * (size_t)b->width;
		VEC mean = same(b->moments[2 * row]);
		VEC scale = same(b->moments[2 * row + 1]);
		float means[2];

		norm_back_means(b, row, means);
		for (int i = 0; i < b->width; i += LANES) {
			VEC d = mul(sub(load(x + i), mean), scale);
			VEC g = mul(load(change + i), load(b->gain + i));

			g = sub(g, same(means[0]));
			g = mulsub(d, same(means[1]), g);
			store(change + i, mul(g, scale));
		}
	}
}

LANES_TARGET static void
softmax_back(const float *p, float *change, int steps)
{
	float sum = 0;

	for (int t = 0; t < steps; t++)
		sum += p[t] * change[t];
	for (int t = 0; t < steps; t++)
		change[t] = p[t] * (change[t] - sum);
	for (int t = steps; t < KERNEL_STEPS; t++)
		change[t] = 0;
}

LANES_TARGET static void
silu_back(const float *input, float *change, size_t count)
{
	for (size_t i = 0; i < count; i += LANES) {
		VEC a = load(input + i);
		VEC s = sigmoid_of(a);
		VEC slope = muladd(a, sigmoid_slope(s), s);

		store(change + i, mul(load(change + i), slope));
	}
}

/* What kernels.h offers, of this instruction set. */
#define KERNELS_TABLE(text)                                                   \
	{                                                                     \
		.name = (text), .lanes = LANES, .word_parts = WORD_PARTS,     \
		.gru = gru, .gru_back = gru_back, .product = product,         \
		.quantise = quantise, .gru_int8 = gru_int8,                   \
		.norm = norm,                                                 \
		.norm_back = norm_back, .scores = scores, .softmax = softmax, \
		.softmax_back = softmax_back, .silu = silu,                   \
		.silu_back = silu_back, .standardise = standardise,           \
		.exps = exps, .tanhs = tanhs, .sigmoids = sigmoids            \
	}

#endif
