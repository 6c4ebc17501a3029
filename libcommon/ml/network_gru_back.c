/*
 * network_gru_back.c - back-propagation through time of one group's GRU.
 *
 * d_x is the derivative of the loss by x.
 */
#include <string.h>

#include "ml/network_samples.h"

/* One group, one step: `gates` becomes the pre-activations' changes. */
struct group {
	const struct gru_packed *gru;
	enum network_tensor first; /* of its tensors */
	const float *states;       /* (steps, B, wide) from its first column */
	float *gates;              /* (steps, B, 4 * hidden) */
	const float *d_states;     /* (steps, B, wide) */
	float *d_steps;            /* (B, 40, 42) or NULL */
};

static void
step_back(const struct network *n, struct network_scratch *s,
    const struct group *group, int t)
{
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t at = (size_t)(t * s->count), plane = (size_t)s->count * wide;
	float *gates = group->gates + at * 4 * hidden;
	struct gru_back back = { .gates = gates,
		.before = t ? group->states + at * wide - plane : s->zeros,
		.change = group->d_states + at * wide,
		.carry = s->gradients->carry,
		.before_stride = t ? wide : 0,
		.change_stride = wide,
		.rows = s->active[t],
		.hidden = (int)hidden };
	struct product carry = { .left = gates + hidden,
		.left_row = 4 * hidden,
		.left_k = 1,
		.right = straight(n, group->first + GRU_HIDDEN),
		.right_stride = hidden,
		.out = back.carry,
		.out_stride = hidden,
		.rows = back.rows,
		.inner = 3 * (int)hidden,
		.columns = (int)hidden,
		.is_added = true };

	n->kernels->gru_back(&back);
	if (t > 0)
		n->kernels->product(&carry);
}

/* d_steps of one group and step, from the changes of n, r, z. */
static void
input_back(const struct network *n, struct network_scratch *s,
    const struct group *group, int t)
{
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);
	struct samples change = { group->gates +
		    (size_t)(t * s->count) * 4 * hidden,
		4 * hidden, 3 * (int)hidden };
	struct samples weights = { straight(n, group->first + GRU_INPUT),
		INPUT_PAD, INPUT_PAD };

	samples_carry(n->kernels, change, s->active[t], weights,
	    s->gradients->d_input, INPUT_PAD);
	for (int i = 0; i < s->active[t]; i++)
		memcpy(group->d_steps +
			((s->first + s->order[i]) * NETWORK_MAX_STEPS +
			    (size_t)t) *
			    NETWORK_INPUTS +
			group->gru->first,
		    s->gradients->d_input + i * INPUT_PAD,
		    (size_t)group->gru->inputs * sizeof(float));
}

/* Weight gradients of one group, one step. */
static void
weights_back(const struct network *n, struct network_scratch *s,
    const struct group *group, int t)
{
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t at = (size_t)(t * s->count);
	const float *gates = group->gates + at * 4 * hidden;
	struct samples of_input = { gates, 4 * hidden, 3 * (int)hidden };
	struct samples of_state = { gates + hidden, 4 * hidden,
		3 * (int)hidden };
	struct samples input = { s->input + at * INPUT_STRIDE +
		    group->gru->first,
		INPUT_STRIDE, INPUT_PAD };
	int rows = s->active[t];

	samples_outer(n->kernels, of_input, input, rows,
	    samples_gradient(n, s, group->first + GRU_INPUT), INPUT_PAD);
	samples_sum(n->kernels, of_input, rows,
	    samples_gradient(n, s, group->first + GRU_INPUT_BIAS));
	samples_sum(n->kernels, of_state, rows,
	    samples_gradient(n, s, group->first + GRU_HIDDEN_BIAS));
	if (t == 0)
		return;
	struct samples before = { group->states + at * wide -
		    (size_t)s->count * wide,
		wide, (int)hidden };
	samples_outer(n->kernels, of_state, before, rows,
	    samples_gradient(n, s, group->first + GRU_HIDDEN), hidden);
}

void
network_group_back(const struct network *n, struct network_scratch *s,
    int index, const struct network_dropout *dropout, float *d_steps)
{
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);
	size_t column = (size_t)index * hidden;
	bool drops = dropout && dropout->gru_rate > 0;
	struct group group = { .gru = &n->gru[index],
		.first = (enum network_tensor)(index * GRU_TENSORS),
		.states = (drops ? s->gradients->states : s->states) + column,
		.gates = s->gradients->gates +
		    (size_t)index * NETWORK_MAX_STEPS * NETWORK_CHUNK * 4 *
			hidden,
		.d_states = s->gradients->d_normed + column,
		.d_steps = d_steps };

	memset(s->gradients->carry, 0,
	    (size_t)s->count * hidden * sizeof(float));
	for (int t = s->steps - 1; t >= 0; t--) {
		step_back(n, s, &group, t);
		if (d_steps)
			input_back(n, s, &group, t);
		else
			weights_back(n, s, &group, t);
	}
}
