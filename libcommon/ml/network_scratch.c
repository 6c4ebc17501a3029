/*
 * network_scratch.c - work space for one chunk of rows.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "ml/network_inner.h"

static float *
take(struct network_scratch *s, int planes, int rows, int columns)
{
	return arena_alloc_aligned(&s->arena,
	    (size_t)planes * (size_t)rows * (size_t)columns * sizeof(float));
}

static void
take_gradients(struct network_scratch *s, const struct network *n)
{
	enum { B = NETWORK_CHUNK, T = NETWORK_MAX_STEPS };
	int wide = padded(n, AXIS_WIDE), heads = padded(n, AXIS_HEADS);
	int hidden = padded(n, AXIS_HIDDEN), fusion = padded(n, AXIS_FUSION);
	int joined = padded(n, AXIS_JOINED), count = n->shape.heads;
	struct network_gradients *g =
	    arena_alloc(&s->arena, sizeof(*s->gradients));

	s->gradients = g;
	g->gates = take(s, NETWORK_GROUPS * T, B, 4 * hidden);
	g->states = take(s, T, B, wide);
	g->gru_masks = take(s, T, B, wide);
	g->join_masks = take(s, 1, B, joined);
	g->input_mask = take(s, 1, 1, NETWORK_DIRECT);
	g->d_fused = take(s, 1, B, fusion);
	g->d_joined = take(s, 1, B, joined);
	g->d_settled = take(s, 1, B, wide);
	g->d_values = take(s, 1, B, heads);
	g->d_pooled = take(s, B, count, wide);
	g->d_scores = take(s, B, count, KERNEL_STEPS);
	g->d_folded = take(s, B, count, wide);
	g->d_query = take(s, 1, B, heads);
	g->d_normed = take(s, T, B, wide);
	g->carry = take(s, 1, B, hidden);
	g->d_input = take(s, 1, B, INPUT_PAD);
	g->sum = take(s, 1, 1, (int)n->straight_count);
}

static void
take_forward(struct network_scratch *s, const struct network *n)
{
	enum { B = NETWORK_CHUNK, T = NETWORK_MAX_STEPS };
	int wide = padded(n, AXIS_WIDE), heads = padded(n, AXIS_HEADS);
	int fusion = padded(n, AXIS_FUSION), count = n->shape.heads;

	s->order = arena_array(&s->arena, B, sizeof(*s->order));
	s->lengths = arena_array(&s->arena, B, sizeof(*s->lengths));
	s->input = take(s, T, B, INPUT_STRIDE);
	s->begun = take(s, T, NETWORK_FEW, wide);
	s->states = take(s, T, B, wide);
	s->normed = take(s, T, B, wide);
	s->moments = take(s, T, B, 2);
	s->last = take(s, 1, B, wide);
	s->query = take(s, 1, B, heads);
	s->folded = take(s, B, count, wide);
	s->attention = take(s, B, count, KERNEL_STEPS);
	s->pooled = take(s, B, count, wide);
	s->values = take(s, 1, B, heads);
	s->attended = take(s, 1, B, wide);
	s->second = take(s, 1, B, 2);
	s->settled = take(s, 1, B, wide);
	s->joined = take(s, 1, B, padded(n, AXIS_JOINED));
	s->fusion = take(s, 1, B, fusion);
	s->fused = take(s, 1, B, fusion);
	s->direct = take(s, 1, B, padded(n, AXIS_DIRECT));
	s->zeros = take(s, 1, 1, wide);
	s->words = arena_alloc_aligned(&s->arena,
	    (size_t)B * (size_t)padded(n, AXIS_HIDDEN) * sizeof(int32_t));
	s->scales = take(s, 1, 1, B);
}

struct network_scratch *
network_scratch_new(const struct network_shape *shape, bool has_gradients)
{
	struct network_scratch *s = mem_alloc(1, sizeof(*s));
	struct network *sizes = network_new(shape);

	arena_init(&s->arena, (size_t)1 << 16);
	take_forward(s, sizes);
	if (has_gradients)
		take_gradients(s, sizes);
	network_free(sizes);
	return s;
}

void
network_scratch_free(struct network_scratch *scratch)
{
	if (!scratch)
		return;
	arena_close(&scratch->arena);
	free(scratch);
}
