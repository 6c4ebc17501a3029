/*
 * network_int8.c - the weights of the GRUs' states as 8-bit numbers, and the
 * steps with them (kernels.h says how).
 *
 * Three quarters of the network's arithmetic are products with a state, and a
 * state is within -1 and 1, so 255 steps are fine for it.  All else stays f32.
 * Inputs have long tails: one that is far from its mean would make the steps of
 * all others of its row coarse.  What comes behind the GRUs is done once a
 * student and costs little, and its roundings go straight into the logit.
 */
#include <math.h>
#include <string.h>

#include "ml/network_inner.h"

static int
state_words(const struct network *n)
{
	return padded(n, AXIS_HIDDEN) / n->kernels->word_parts;
}

/* Room for pairs of 16 bits, the larger of the two ways. */
static size_t
tiles_size(const struct network *n)
{
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);

	return 3 * hidden * hidden / 2 * sizeof(int32_t);
}

static size_t
channels(const struct network *n)
{
	return 3 * (size_t)padded(n, AXIS_HIDDEN);
}

static void
lay_out(struct network *n)
{
	n->int8 = arena_array(&n->arena, NETWORK_GROUPS, sizeof(*n->int8));
	for (int g = 0; g < NETWORK_GROUPS; g++) {
		struct int8_gru *to = &n->int8[g];

		to->tiles = arena_alloc_aligned(&n->arena, tiles_size(n));
		to->starts = arena_alloc_aligned(&n->arena,
		    channels(n) * sizeof(*to->starts));
		to->scales = arena_alloc_aligned(&n->arena,
		    channels(n) * sizeof(*to->scales));
	}
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

/* `weights` is (3 * hidden, hidden), gate by gate. */
static void
cut_gru(const struct network *n, const struct int8_gru *to,
    const float *weights)
{
	int hidden = n->shape.hidden, lanes = n->kernels->lanes;
	int tile = state_words(n) * 3 * lanes;

	for (int gate = 0; gate < 3; gate++)
		for (int unit = 0; unit < hidden; unit++) {
			int lane = gate * lanes + unit % lanes;
			int at = unit / lanes * 3 * lanes + lane;
			struct channel c = { weights, hidden,
				to->tiles + unit / lanes * tile + lane,
				3 * lanes, to->starts + at, to->scales + at };

			cut_channel(n, &c);
			weights += hidden;
		}
}

/* Cleared first: which places are pads differs from one set of kernels to the
 * other. */
void
network_int8_pack(struct network *n)
{
	for (int g = 0; g < NETWORK_GROUPS; g++) {
		const struct int8_gru *to = &n->int8[g];

		memset(to->tiles, 0, tiles_size(n));
		memset(to->starts, 0, channels(n) * sizeof(*to->starts));
		memset(to->scales, 0, channels(n) * sizeof(*to->scales));
		cut_gru(n, to, n->weights.tensor[g * GRU_TENSORS + GRU_HIDDEN]);
	}
}

void
network_quantise(struct network *network)
{
	if (!network->int8)
		lay_out(network);
	network_int8_pack(network);
}

void
network_int8_step(const struct network *n, struct network_scratch *s, int group,
    const struct gru_step *step)
{
	const struct int8_gru *gru = &n->int8[group];
	int words = state_words(n);
	struct quantise state = { .input = step->before,
		.input_stride = step->before_stride,
		.words = s->words,
		.words_stride = (size_t)words,
		.scales = s->scales,
		.rows = step->rows,
		.count = step->hidden };
	struct gru_int8 q = { .step = step,
		.tiles = gru->tiles,
		.channels = { gru->starts, gru->scales },
		.state = s->words,
		.state_scales = s->scales,
		.words = words };

	if (step->before_count > 0)
		n->kernels->quantise(&state);
	n->kernels->gru_int8(&q);
}
