/*
 * network_forward.c - from steps to a logit, in the order of network.h.
 */
#include <string.h>

#include "base/must.h"
#include "base/random.h"
#include "ml/network_inner.h"

/* Longest first; rows of the same length stay in order. */
static void
sort_chunk(struct network_scratch *s, const struct network_row *rows)
{
	for (int i = 0; i < s->count; i++) {
		int length = rows[i].step_count, at = i;

		must(length >= 1 && length <= NETWORK_MAX_STEPS);
		for (; at > 0 && s->lengths[at - 1] < length; at--) {
			s->lengths[at] = s->lengths[at - 1];
			s->order[at] = s->order[at - 1];
		}
		s->lengths[at] = length;
		s->order[at] = (size_t)i;
	}
	s->steps = s->lengths[0];
	for (int t = 0, rows_left = s->count; t < s->steps; t++) {
		while (s->lengths[rows_left - 1] <= t)
			rows_left--;
		s->active[t] = rows_left;
	}
}

static void
load_context(const struct network *n, const float *context, float *to,
    bool is_standardised)
{
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		to[i] = is_standardised
		    ? context[i]
		    : network_standard_context(n, i, context[i]);
}

void
network_chunk_load(const struct network *n, struct network_scratch *s,
    const struct network_batch *batch, size_t first)
{
	size_t left = batch->count - first;
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t joined = (size_t)padded(n, AXIS_JOINED);

	s->first = first;
	s->count = left < NETWORK_CHUNK ? (int)left : NETWORK_CHUNK;
	sort_chunk(s, batch->rows + first);
	for (int i = 0; i < s->count; i++) {
		const struct network_row *row =
		    &batch->rows[first + s->order[i]];
		float *to = s->input + (size_t)i * INPUT_STRIDE;
		size_t stride = (size_t)s->count * INPUT_STRIDE;
		struct standardise all = { row->steps, to, n->standard.mean,
			n->scale, stride, row->step_count, NETWORK_INPUTS };

		load_context(n, row->context,
		    s->joined + (size_t)i * joined + wide,
		    batch->is_standardised);
		if (!batch->is_standardised) {
			n->kernels->standardise(&all);
			continue;
		}
		for (int t = 0; t < row->step_count; t++)
			memcpy(to + (size_t)t * stride,
			    row->steps + t * NETWORK_INPUTS,
			    NETWORK_INPUTS * sizeof(float));
	}
}

/* The 16 bits of an element. */
static uint64_t
draw(uint64_t seed, uint64_t element)
{
	return random_at(seed, element / 4) >> element % 4 * 16 & 0xffff;
}

/* 0 or 1 / (1 - rate) for elements `first` ... of a row; see network.h. */
static void
draw_masks(uint64_t seed, uint64_t first, float rate, const struct axis *axis,
    float *masks)
{
	uint64_t limit = (uint64_t)((double)rate * 65536), bits = 0;
	float kept = 1 / (1 - rate);

	for (int i = 0; i < axis->count; i++) {
		uint64_t element = first + (uint64_t)i;

		if (i == 0 || element % 4 == 0)
			bits = random_at(seed, element / 4);
		masks[axis->place[i]] =
		    (bits >> element % 4 * 16 & 0xffff) < limit ? 0 : kept;
	}
}

static void
drop_states(const struct network *n, struct network_scratch *s,
    const struct network_dropout *dropout)
{
	const struct axis *axis = &n->axis[AXIS_WIDE];
	struct network_gradients *g = s->gradients;

	for (int t = 0; t < s->steps; t++)
		for (int i = 0; i < s->active[t]; i++) {
			size_t at =
			    (size_t)(t * s->count + i) * (size_t)axis->padded;
			uint64_t row = s->first + s->order[i];
			uint64_t element =
			    (row << 22) + (uint64_t)(t * axis->count);

			draw_masks(dropout->seed, element, dropout->gru_rate,
			    axis, g->gru_masks + at);
			for (int k = 0; k < axis->padded; k++)
				s->states[at + (size_t)k] =
				    g->states[at + (size_t)k] *
				    g->gru_masks[at + (size_t)k];
		}
}

static void
drop_joined(const struct network *n, struct network_scratch *s,
    const struct network_dropout *dropout)
{
	const struct axis *axis = &n->axis[AXIS_JOINED];

	for (int i = 0; i < s->count; i++) {
		size_t at = (size_t)(i * axis->padded);
		float *masks = s->gradients->join_masks + at;
		uint64_t row = s->first + s->order[i];

		draw_masks(dropout->seed, (row << 22) + (1 << 21),
		    dropout->fusion_rate, axis, masks);
		for (int k = 0; k < axis->padded; k++)
			s->joined[at + (size_t)k] *= masks[k];
	}
}

/* Inputs of a row that are left out are what they are on average. */
static void
drop_inputs(const struct network *n, struct network_scratch *s,
    const struct network_dropout *dropout)
{
	size_t joined = (size_t)padded(n, AXIS_JOINED);
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	uint64_t limit = (uint64_t)((double)dropout->input_rate * 65536);
	float kept = 1 / (1 - dropout->input_rate);

	for (int i = 0; i < s->count; i++) {
		float *mask = s->gradients->input_mask;
		float *context = s->joined + (size_t)i * joined + wide;
		uint64_t row = s->first + s->order[i];

		for (uint64_t k = 0; k < NETWORK_DIRECT; k++)
			mask[k] =
			    draw(dropout->seed,
				(row << 22) + (1 << 21) + 1024 + k) < limit
			    ? 0
			    : kept;
		for (int t = 0; t < s->lengths[i]; t++)
			for (int k = 0; k < NETWORK_INPUTS; k++)
				s->input[(size_t)(t * s->count + i) *
					INPUT_STRIDE +
				    (size_t)k] *= mask[k];
		for (int k = 0; k < NETWORK_CONTEXT; k++)
			context[k] *= mask[NETWORK_INPUTS + k];
	}
}

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

static void
norm_states(const struct network *n, struct network_scratch *s)
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

static void
attend(const struct network *n, struct network_scratch *s)
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
		struct product pool = { .left = weight,
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
		n->kernels->product(&pool);
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

/* The last step and the context, as they go to the logit. */
static void
read_inputs(const struct network *n, struct network_scratch *s)
{
	size_t direct = (size_t)padded(n, AXIS_DIRECT);
	size_t joined = (size_t)padded(n, AXIS_JOINED);

	for (size_t i = 0; i < (size_t)s->count; i++) {
		float *to = s->direct + i * direct;
		size_t at = (size_t)(s->lengths[i] - 1) * (size_t)s->count + i;

		memcpy(to, s->input + at * INPUT_STRIDE,
		    NETWORK_INPUTS * sizeof(float));
		memcpy(to + NETWORK_INPUTS,
		    s->joined + i * joined + padded(n, AXIS_WIDE),
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

static void
fuse(const struct network *n, struct network_scratch *s,
    const struct network_dropout *dropout)
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

	read_inputs(n, s);
	for (size_t i = 0; i < (size_t)s->count; i++)
		memcpy(s->joined + i * joined, s->settled + i * wide,
		    wide * sizeof(float));
	if (dropout && dropout->fusion_rate > 0)
		drop_joined(n, s, dropout);
	n->kernels->product(&layer);
	n->kernels->silu(s->fusion, s->fused, (size_t)s->count * fusion);
	for (size_t i = 0; i < (size_t)s->count; i++)
		s->logits[i] = end_row(n, s->fused + i * fusion,
		    s->direct + i * (size_t)padded(n, AXIS_DIRECT));
}

void
network_chunk_forward(const struct network *n, struct network_scratch *s,
    const struct network_dropout *dropout, bool keeps_gates)
{
	bool drops = dropout && dropout->gru_rate > 0;
	size_t gates = (size_t)NETWORK_MAX_STEPS * NETWORK_CHUNK * 4 *
	    (size_t)padded(n, AXIS_HIDDEN);

	must(!keeps_gates || s->gradients);
	if (dropout && dropout->input_rate > 0)
		drop_inputs(n, s, dropout);
	for (int g = 0; g < NETWORK_GROUPS; g++)
		network_gru(n, s, g, drops ? s->gradients->states : s->states,
		    keeps_gates ? s->gradients->gates + (size_t)g * gates
				: NULL);
	if (drops)
		drop_states(n, s, dropout);
	norm_states(n, s);
	fold_query(n, s);
	attend(n, s);
	settle(n, s);
	fuse(n, s, dropout);
}

static void
report_attention(const struct network_scratch *s, int heads, int i, float *to)
{
	const float *weight = s->attention + (size_t)(i * heads) * KERNEL_STEPS;

	for (int t = 0; t < NETWORK_MAX_STEPS; t++) {
		to[t] = 0;
		for (int h = 0; h < heads; h++)
			to[t] += weight[h * KERNEL_STEPS + t] / (float)heads;
	}
}

static void
report_last(const struct network *n, const struct network_scratch *s, int i,
    float *to)
{
	memcpy(to, s->fused + i * padded(n, AXIS_FUSION),
	    (size_t)n->shape.fusion * sizeof(float));
	memcpy(to + n->shape.fusion, s->direct + i * padded(n, AXIS_DIRECT),
	    NETWORK_DIRECT * sizeof(float));
}

static void
report(const struct network *n, const struct network_scratch *s,
    const struct network_output *output)
{
	size_t width = (size_t)network_width(&n->shape);

	for (int i = 0; i < s->count; i++) {
		size_t row = s->first + s->order[i];

		if (output->logits)
			output->logits[row] = s->logits[i];
		if (output->last)
			report_last(n, s, i, output->last + row * width);
		if (output->attention)
			report_attention(s, n->shape.heads, i,
			    output->attention + row * NETWORK_MAX_STEPS);
	}
}

static void
forward(const struct network *network, struct network_scratch *scratch,
    const struct network_batch *batch, const struct network_output *output)
{
	for (size_t i = 0; i < batch->count; i += NETWORK_CHUNK) {
		network_chunk_load(network, scratch, batch, i);
		network_chunk_forward(network, scratch, NULL, false);
		report(network, scratch, output);
	}
}

void
network_forward(const struct network *network, struct network_scratch *scratch,
    const struct network_batch *batch, const struct network_output *output)
{
	forward(network, scratch, batch, output);
}

void
network_forward_int8(const struct network *network,
    struct network_scratch *scratch, const struct network_batch *batch,
    const struct network_output *output)
{
	must(network->int8);
	scratch->is_int8 = true;
	forward(network, scratch, batch, output);
	scratch->is_int8 = false;
}
