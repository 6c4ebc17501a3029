/*
 * network_dropout.c - what is left out of a pass in training (network.h says
 * by which bits).
 *
 * Masks are kept where the gradient needs them.
 */
#include "base/random.h"
#include "ml/network_layers.h"

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

void
network_drop_inputs(const struct network *n, struct network_scratch *s,
    const struct network_dropout *dropout)
{
	size_t joined = (size_t)padded(n, AXIS_JOINED);
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	float *mask = s->gradients->input_mask;

	for (int i = 0; i < s->count; i++) {
		float *context = s->joined + (size_t)i * joined + wide;
		uint64_t row = s->first + s->order[i];

		draw_masks(dropout->seed, (row << 22) + (1 << 21) + 1024,
		    dropout->input_rate, &n->axis[AXIS_DIRECT], mask);
		for (int t = 0; t < s->lengths[i]; t++) {
			float *step = s->input +
			    (size_t)(t * s->count + i) * INPUT_STRIDE;

			for (int k = 0; k < NETWORK_INPUTS; k++)
				step[k] *= mask[k];
		}
		for (int k = 0; k < NETWORK_CONTEXT; k++)
			context[k] *= mask[NETWORK_INPUTS + k];
	}
}

void
network_drop_states(const struct network *n, struct network_scratch *s,
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

void
network_drop_joined(const struct network *n, struct network_scratch *s,
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
