/*
 * network_forward.c - from steps to logits: a batch chunk by chunk, a chunk
 * layer by layer, in the order of network.h.
 */
#include <string.h>

#include "base/must.h"
#include "ml/network_layers.h"

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

void
network_chunk_forward(const struct network *n, struct network_scratch *s,
    const struct network_dropout *dropout, bool keeps_gates)
{
	bool drops = dropout && dropout->gru_rate > 0;
	size_t gates = (size_t)NETWORK_MAX_STEPS * NETWORK_CHUNK * 4 *
	    (size_t)padded(n, AXIS_HIDDEN);

	must(!keeps_gates || s->gradients);
	if (dropout && dropout->input_rate > 0)
		network_drop_inputs(n, s, dropout);
	for (int g = 0; g < NETWORK_GROUPS; g++)
		network_gru(n, s, g, drops ? s->gradients->states : s->states,
		    keeps_gates ? s->gradients->gates + (size_t)g * gates
				: NULL);
	if (drops)
		network_drop_states(n, s, dropout);
	network_norm_states(n, s);
	network_attend(n, s);
	network_join(n, s);
	if (dropout && dropout->fusion_rate > 0)
		network_drop_joined(n, s, dropout);
	network_fuse(n, s);
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
