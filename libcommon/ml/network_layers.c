/*
 * network_layers.c - the layers around the attention: norm, fusion, logit.
 */
#include <string.h>

#include "ml/network_layers.h"

/* Rows `first` and on of (steps, B). */
static void
norm_rows(const struct network *n, struct network_scratch *s, int first,
    int rows)
{
	size_t wide = (size_t)padded(n, AXIS_WIDE), at = (size_t)first;
	struct norm norm = { .input = s->states + at * wide,
		.output = s->normed + at * wide,
		.moments = s->moments + at * 2,
		.gain = straight(n, TENSOR_NORM_GAIN),
		.bias = straight(n, TENSOR_NORM_BIAS),
		.rows = rows,
		.width = (int)wide,
		.count = 3 * n->shape.hidden };

	n->kernels->norm(&norm);
}

void
network_norm_states(const struct network *n, struct network_scratch *s)
{
	size_t wide = (size_t)padded(n, AXIS_WIDE);

	if (s->lengths[s->count - 1] == s->steps)
		norm_rows(n, s, 0, s->steps * s->count);
	else
		for (int t = 0; t < s->steps; t++)
			norm_rows(n, s, t * s->count, s->active[t]);
	for (int i = 0; i < s->count; i++) {
		size_t at = (size_t)((s->lengths[i] - 1) * s->count + i);

		memcpy(s->last + (size_t)i * wide, s->normed + at * wide,
		    wide * sizeof(float));
	}
}

void
network_join(const struct network *n, struct network_scratch *s)
{
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t joined = (size_t)padded(n, AXIS_JOINED);
	size_t direct = (size_t)padded(n, AXIS_DIRECT);

	for (size_t i = 0; i < (size_t)s->count; i++) {
		float *row = s->joined + i * joined;
		float *to = s->direct + i * direct;
		size_t at = (size_t)(s->lengths[i] - 1) * (size_t)s->count + i;

		memcpy(row, s->settled + i * wide, wide * sizeof(float));
		memcpy(to, s->input + at * INPUT_STRIDE,
		    NETWORK_INPUTS * sizeof(float));
		memcpy(to + NETWORK_INPUTS, row + wide,
		    NETWORK_CONTEXT * sizeof(float));
	}
}

static float
end_row(const struct network *n, const float *fused, const float *direct)
{
	const float *weight = straight(n, TENSOR_LOGIT);
	const float *past = straight(n, TENSOR_DIRECT);
	float sum = *straight(n, TENSOR_LOGIT_BIAS);

	for (int k = 0; k < padded(n, AXIS_FUSION); k++)
		sum += weight[k] * fused[k];
	for (int k = 0; k < NETWORK_DIRECT; k++)
		sum += past[k] * direct[k];
	return sum;
}

void
network_fuse(const struct network *n, struct network_scratch *s)
{
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t joined = (size_t)padded(n, AXIS_JOINED);
	size_t fusion = (size_t)padded(n, AXIS_FUSION);
	struct product layer = { .left = s->joined,
		.left_row = joined,
		.left_k = 1,
		.right = n->turned.fusion,
		.right_stride = fusion,
		.bias = straight(n, TENSOR_FUSION_BIAS),
		.out = s->fusion,
		.out_stride = fusion,
		.rows = s->count,
		.inner = (int)wide + NETWORK_CONTEXT,
		.columns = (int)fusion };

	n->kernels->product(&layer);
	n->kernels->silu(s->fusion, s->fused, (size_t)s->count * fusion);
	for (size_t i = 0; i < (size_t)s->count; i++)
		s->logits[i] = end_row(n, s->fused + i * fusion,
		    s->direct + i * (size_t)padded(n, AXIS_DIRECT));
}
