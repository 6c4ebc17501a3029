/*
 * network_gru.c - all steps of one GRU, forward.
 */
#include "ml/network_layers.h"

/* Biases and products with the inputs, of all steps at once. */
static void
begin_gates(const struct network *n, struct network_scratch *s,
    const struct gru_step *step)
{
	int lanes = n->kernels->lanes;
	struct product begin = { .left = step->input,
		.left_row = INPUT_STRIDE,
		.left_k = 1,
		.right_stride = 3 * (size_t)lanes,
		.out_stride = 3 * (size_t)step->hidden,
		.rows = s->count * s->steps,
		.inner = step->inputs,
		.columns = 3 * lanes };

	for (int block = 0; block < step->hidden / lanes; block++) {
		begin.right =
		    step->tiles + block * step->tile_count * 3 * lanes;
		begin.bias = step->biases + block * 4 * lanes;
		begin.out = s->begun + block * 3 * lanes;
		n->kernels->product(&begin);
	}
}

/* Of few rows the products with the inputs come first, for all steps at once,
 * so that a step has fewer weights to read. */
static void
run(const struct network *n, struct network_scratch *s, int group,
    struct gru_step *step)
{
	size_t plane = (size_t)s->count * step->after_stride;

	if (s->count <= NETWORK_FEW) {
		begin_gates(n, s, step);
		step->begun = s->begun;
	}
	for (int t = 0; t < s->steps; t++) {
		step->rows = s->active[t];
		step->is_turned = t % 2 == 1;
		if (s->is_int8)
			network_int8_step(n, s, group, step);
		else
			n->kernels->gru(step);
		if (step->begun)
			step->begun += s->count * 3 * step->hidden;
		step->before = step->after;
		step->before_stride = step->after_stride;
		step->before_count = n->shape.hidden;
		step->after += plane;
		step->input += (size_t)s->count * INPUT_STRIDE;
		if (step->gates)
			step->gates +=
			    (size_t)s->count * 4 * (size_t)step->hidden;
	}
}

void
network_gru(const struct network *n, struct network_scratch *s, int group,
    float *states, float *gates)
{
	const struct gru_packed *gru = &n->gru[group];
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);
	struct gru_step step = { .tiles = gru->tiles,
		.biases = gru->biases,
		.input = s->input + gru->first,
		.before = s->zeros,
		.after = states + (size_t)group * hidden,
		.gates = gates,
		.input_stride = INPUT_STRIDE,
		.after_stride = wide,
		.inputs = gru->inputs,
		.hidden = (int)hidden,
		.tile_count = gru->inputs + n->shape.hidden };

	run(n, s, group, &step);
}
