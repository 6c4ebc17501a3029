/*
 * network_int8.c - the network's weights as 8-bit numbers, and the products
 * with them (kernels.h says how).
 *
 * The GRUs, the query, the values, the output projection and the fusion layer
 * have 8-bit weights.  What folds the query, u, depends on the input, so it
 * stays f32, as do norms, softmax, gates and the logit.
 */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "ml/network_inner.h"

static const enum network_tensor MATRICES[INT8_MATRICES] = {
	[INT8_QUERY] = TENSOR_QUERY,
	[INT8_VALUE] = TENSOR_VALUE,
	[INT8_OUT] = TENSOR_OUT,
	[INT8_FUSION] = TENSOR_FUSION,
};

static int
words_of(const struct network *n, int parts)
{
	return (parts + n->kernels->word_parts - 1) / n->kernels->word_parts;
}

static int32_t *
take_words(struct network *n, size_t count)
{
	return arena_alloc_aligned(&n->arena, count * sizeof(int32_t));
}

static void
lay_out_channels(struct network *n, struct int8_packed *packed, int channels)
{
	packed->starts = take_words(n, (size_t)channels);
	packed->scales =
	    arena_alloc_aligned(&n->arena, (size_t)channels * sizeof(float));
}

/* Room for pairs of 16 bits, the larger of the two ways. */
static void
lay_out_matrix(struct network *n, struct int8_packed *packed,
    enum network_tensor tensor)
{
	int channels = padded(n, TENSOR_ROWS[tensor].rows);
	int inner = padded(n, TENSOR_ROWS[tensor].columns);

	packed->inner = inner;
	packed->tiles = take_words(n, (size_t)channels * (size_t)inner / 2);
	lay_out_channels(n, packed, channels);
}

static void
lay_out(struct network *n)
{
	struct int8_weights *to =
	    arena_alloc(&n->arena, sizeof(struct int8_weights));
	int hidden = padded(n, AXIS_HIDDEN);

	for (int g = 0; g < NETWORK_GROUPS; g++) {
		size_t inner = (size_t)(INPUT_PAD + hidden);

		to->gru[g].tiles =
		    take_words(n, 3 * (size_t)hidden * inner / 2);
		lay_out_channels(n, &to->gru[g].of_input, 3 * hidden);
		lay_out_channels(n, &to->gru[g].of_state, 3 * hidden);
	}
	for (int i = 0; i < INT8_MATRICES; i++)
		lay_out_matrix(n, &to->matrix[i], MATRICES[i]);
	n->int8 = to;
}

/* Where a channel's weights go: word k of it stands at words + k * stride. */
struct channel {
	const float *weights; /* (count) */
	int count;
	int32_t *words;
	int stride;
	int32_t *start;
	float *scale;
};

static void
cut_channel(const struct network *n, const struct channel *c)
{
	int parts = n->kernels->word_parts, sum = 0;
	float top = 0;

	for (int k = 0; k < c->count; k++)
		top = fmaxf(top, fabsf(c->weights[k]));
	*c->scale = top / INT8_MOST;
	for (int k = 0; k < c->count; k++) {
		int32_t *word = c->words + k / parts * c->stride;
		long part = top < INT8_LEAST
		    ? 0
		    : lrintf(c->weights[k] * (INT8_MOST / top));

		sum += (int)part;
		if (parts == 4)
			((int8_t *)word)[k % 4] = (int8_t)part;
		else
			((int16_t *)word)[k % 2] = (int16_t)part;
	}
	*c->start = parts == 4 ? -INT8_SHIFT * sum : 0;
}

static void
cut_gru(struct network *n, int group)
{
	const struct int8_gru *to = &n->int8->gru[group];
	float *const *tensor = n->weights.tensor + group * GRU_TENSORS;
	int hidden = n->shape.hidden, lanes = n->kernels->lanes;
	int inputs = n->gru[group].inputs, input_words = words_of(n, inputs);
	int state_words = words_of(n, padded(n, AXIS_HIDDEN));
	int tile = (input_words + state_words) * 3 * lanes;

	for (int gate = 0; gate < 3; gate++)
		for (int unit = 0; unit < hidden; unit++) {
			int row = gate * hidden + unit;
			int block = unit / lanes, lane = unit % lanes;
			int at = (block * 3 + gate) * lanes + lane;
			int32_t *words =
			    to->tiles + block * tile + gate * lanes + lane;
			struct channel x = { tensor[GRU_INPUT] + row * inputs,
				inputs, words, 3 * lanes,
				to->of_input.starts + at,
				to->of_input.scales + at };
			struct channel h = { tensor[GRU_HIDDEN] + row * hidden,
				hidden, words + input_words * 3 * lanes,
				3 * lanes, to->of_state.starts + at,
				to->of_state.scales + at };

			cut_channel(n, &x);
			cut_channel(n, &h);
		}
}

static void
cut_matrix(struct network *n, const struct int8_packed *to,
    enum network_tensor tensor)
{
	int channels = padded(n, TENSOR_ROWS[tensor].rows), inner = to->inner;
	int lanes = n->kernels->lanes, tile = words_of(n, inner) * lanes;

	for (int i = 0; i < channels; i++) {
		struct channel c = { straight(n, tensor) + i * inner, inner,
			to->tiles + i / lanes * tile + i % lanes, lanes,
			to->starts + i, to->scales + i };

		cut_channel(n, &c);
	}
}

static void
clear_channels(const struct int8_packed *packed, size_t channels)
{
	memset(packed->starts, 0, channels * sizeof(int32_t));
	memset(packed->scales, 0, channels * sizeof(float));
}

/* Which places are pads differs from one set of kernels to the other. */
static void
clear_gru(const struct network *n, const struct int8_gru *gru)
{
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);

	memset(gru->tiles, 0,
	    3 * hidden * (INPUT_PAD + hidden) / 2 * sizeof(int32_t));
	clear_channels(&gru->of_input, 3 * hidden);
	clear_channels(&gru->of_state, 3 * hidden);
}

void
network_int8_pack(struct network *n)
{
	for (int g = 0; g < NETWORK_GROUPS; g++) {
		clear_gru(n, &n->int8->gru[g]);
		cut_gru(n, g);
	}
	for (int i = 0; i < INT8_MATRICES; i++)
		cut_matrix(n, &n->int8->matrix[i], MATRICES[i]);
}

void
network_quantise(struct network *network)
{
	if (!network->int8)
		lay_out(network);
	network_int8_pack(network);
}

/* Words and scales of one group's inputs, all steps. */
static void
quantise_input(const struct network *n, struct network_scratch *s, int group)
{
	struct quantise q = { .input = s->input + n->gru[group].first,
		.input_stride = INPUT_STRIDE,
		.words = s->input_words,
		.words_stride = INPUT_PAD,
		.scales = s->input_scales,
		.rows = s->count * s->steps,
		.count = n->gru[group].inputs };

	n->kernels->quantise(&q);
}

void
network_int8_gru(const struct network *n, struct network_scratch *s, int group,
    struct gru_step *step)
{
	const struct int8_gru *gru = &n->int8->gru[group];
	size_t plane = (size_t)s->count * step->after_stride;
	struct quantise state = { .words = s->words,
		.scales = s->scales,
		.count = step->hidden };
	struct gru_int8 q = { .step = step,
		.tiles = gru->tiles,
		.of_input = { gru->of_input.starts, gru->of_input.scales },
		.of_state = { gru->of_state.starts, gru->of_state.scales },
		.input = s->input_words,
		.input_stride = INPUT_PAD,
		.input_scales = s->input_scales,
		.state = s->words,
		.state_scales = s->scales,
		.input_words = words_of(n, step->inputs),
		.state_words = words_of(n, step->hidden) };

	state.words_stride = (size_t)q.state_words;
	quantise_input(n, s, group);
	for (int t = 0; t < s->steps; t++) {
		step->rows = state.rows = s->active[t];
		state.input = step->before;
		state.input_stride = step->before_stride;
		n->kernels->quantise(&state);
		n->kernels->gru_int8(&q);
		step->before = step->after;
		step->before_stride = step->after_stride;
		step->before_count = n->shape.hidden;
		step->after += plane;
		q.input += (size_t)s->count * INPUT_PAD;
		q.input_scales += s->count;
	}
}

void
network_int8_product(const struct network *n, struct network_scratch *s,
    enum int8_matrix matrix, size_t first_channel, const struct product *p)
{
	const struct int8_packed *packed = &n->int8->matrix[matrix];
	int words = words_of(n, packed->inner);
	struct quantise left = { .input = p->left,
		.input_stride = p->left_row,
		.words = s->words,
		.words_stride = (size_t)words,
		.scales = s->scales,
		.rows = p->rows,
		.count = packed->inner };
	struct product_int8 q = { .left = s->words,
		.left_scales = s->scales,
		.tiles = packed->tiles + first_channel * (size_t)words,
		.channels = { packed->starts + first_channel,
		    packed->scales + first_channel },
		.bias = p->bias,
		.out = p->out,
		.out_stride = p->out_stride,
		.rows = p->rows,
		.words = words,
		.columns = p->columns };

	must(p->left_k == 1 && !p->is_added);
	n->kernels->quantise(&left);
	n->kernels->product_int8(&q);
}
