/*
 * network_samples.c - products over the samples of a chunk.
 */
#include "ml/network_samples.h"

/* Inner lengths are worked off in pieces that stay in the cache. */
enum { PIECE = 256 };

static const float ONE[1] = { 1 };

float *
samples_gradient(const struct network *n, struct network_scratch *s,
    enum network_tensor tensor)
{
	return s->gradients->sum + n->straight_at[tensor];
}

void
samples_outer(const struct kernels *kernels, struct samples change,
    struct samples input, int count, float *to, size_t stride)
{
	for (int from = 0; from < count; from += PIECE) {
		size_t first = (size_t)from;
		struct product p = { .left = change.at + first * change.stride,
			.left_row = 1,
			.left_k = change.stride,
			.right = input.at + first * input.stride,
			.right_stride = input.stride,
			.out = to,
			.out_stride = stride,
			.rows = change.columns,
			.inner = count - from < PIECE ? count - from : PIECE,
			.columns = input.columns,
			.is_added = true };

		kernels->product(&p);
	}
}

void
samples_sum(const struct kernels *kernels, struct samples change, int count,
    float *to)
{
	struct product p = { .left = ONE,
		.right = change.at,
		.right_stride = change.stride,
		.out = to,
		.rows = 1,
		.inner = count,
		.columns = change.columns,
		.is_added = true };

	kernels->product(&p);
}

void
samples_carry(const struct kernels *kernels, struct samples change, int count,
    struct samples weights, float *out, size_t out_stride)
{
	struct product p = { .left = change.at,
		.left_row = change.stride,
		.left_k = 1,
		.right = weights.at,
		.right_stride = weights.stride,
		.out = out,
		.out_stride = out_stride,
		.rows = count,
		.inner = change.columns,
		.columns = weights.columns };

	kernels->product(&p);
}
