/*
 * network_attention.c - the last step asks all steps (network.h, layer 3).
 *
 * With one query a row nothing is projected step by step: a head's key goes
 * into what is asked, u, and its value is taken of the steps already weighted
 * and summed.
 */
#include "ml/network_layers.h"

/* u of each head: what its scores multiply the steps with. */
static void
fold_query(const struct network *n, struct network_scratch *s)
{
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t all = (size_t)padded(n, AXIS_HEADS);
	size_t heads = (size_t)n->shape.heads, head = all / heads;
	struct product query = { .left = s->last,
		.left_row = wide,
		.left_k = 1,
		.right = n->turned.query,
		.right_stride = all,
		.bias = straight(n, TENSOR_QUERY_BIAS),
		.out = s->query,
		.out_stride = all,
		.rows = s->count,
		.inner = (int)wide,
		.columns = (int)all };

	n->kernels->product(&query);
	for (size_t h = 0; h < heads; h++) {
		struct product fold = { .left = s->query + h * head,
			.left_row = all,
			.left_k = 1,
			.right = straight(n, TENSOR_KEY) + h * head * wide,
			.right_stride = wide,
			.out = s->folded + h * wide,
			.out_stride = heads * wide,
			.rows = s->count,
			.inner = (int)head,
			.columns = (int)wide };

		n->kernels->product(&fold);
	}
}

/* Scores, softmax, and the steps weighted with it, by each head. */
static void
pool(const struct network *n, struct network_scratch *s)
{
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t heads = (size_t)n->shape.heads;

	for (int i = 0; i < s->count; i++) {
		size_t row = (size_t)i;
		float *weight = s->attention + row * heads * KERNEL_STEPS;
		const float *steps = s->normed + row * wide;
		size_t stride = (size_t)s->count * wide;
		struct scores scores = { s->folded + row * heads * wide, steps,
			stride, weight, (int)heads, s->lengths[i], (int)wide };
		struct product sum = { .left = weight,
			.left_row = KERNEL_STEPS,
			.left_k = 1,
			.right = steps,
			.right_stride = stride,
			.out = s->pooled + row * heads * wide,
			.out_stride = wide,
			.rows = (int)heads,
			.inner = s->lengths[i],
			.columns = (int)wide };

		n->kernels->scores(&scores);
		for (size_t h = 0; h < heads; h++)
			n->kernels->softmax(weight + h * KERNEL_STEPS,
			    s->lengths[i]);
		n->kernels->product(&sum);
	}
}

/* Values, output projection, residual, second norm. */
static void
settle(const struct network *n, struct network_scratch *s)
{
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t all = (size_t)padded(n, AXIS_HEADS);
	size_t heads = (size_t)n->shape.heads, head = all / heads;
	struct product out = { .left = s->values,
		.left_row = all,
		.left_k = 1,
		.right = n->turned.out,
		.right_stride = wide,
		.bias = straight(n, TENSOR_OUT_BIAS),
		.out = s->attended,
		.out_stride = wide,
		.rows = s->count,
		.inner = (int)all,
		.columns = (int)wide };
	struct norm norm = { s->attended, s->settled,
		straight(n, TENSOR_SECOND_NORM_GAIN),
		straight(n, TENSOR_SECOND_NORM_BIAS), s->second, s->count,
		(int)wide, 3 * n->shape.hidden };

	for (size_t h = 0; h < heads; h++) {
		struct product value = { .left = s->pooled + h * wide,
			.left_row = heads * wide,
			.left_k = 1,
			.right = n->turned.value + h * head,
			.right_stride = all,
			.bias = straight(n, TENSOR_VALUE_BIAS) + h * head,
			.out = s->values + h * head,
			.out_stride = all,
			.rows = s->count,
			.inner = (int)wide,
			.columns = (int)head };

		n->kernels->product(&value);
	}
	n->kernels->product(&out);
	for (size_t i = 0; i < (size_t)s->count * wide; i++)
		s->attended[i] += s->last[i];
	n->kernels->norm(&norm);
}

void
network_attend(const struct network *n, struct network_scratch *s)
{
	fold_query(n, s);
	pool(n, s);
	settle(n, s);
}
