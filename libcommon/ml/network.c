/*
 * network.c - the risk network's sizes, weights and standardisation.
 */
#include "ml/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "ml/network_inner.h"

const struct tensor_row TENSOR_ROWS[TENSOR_COUNT] = {
#define TENSOR(name, text, rows, columns, decays) \
	{ text, AXIS_##rows, AXIS_##columns, decays },
#include "ml/tensors.def"
#undef TENSOR
};

struct network_shape
network_shape_default(void)
{
	return (struct network_shape){ .hidden = 64, .heads = 4, .fusion = 64 };
}

static bool
is_size(int size)
{
	return size >= 8 && size <= 256 && size % 8 == 0;
}

bool
network_shape_is_valid(const struct network_shape *shape)
{
	return is_size(shape->hidden) && is_size(shape->fusion) &&
	    shape->heads >= 1 && shape->heads <= 8 &&
	    3 * shape->hidden % shape->heads == 0;
}

static int
axis_count(const struct network_shape *shape, enum network_axis axis)
{
	switch (axis) {
	case AXIS_ONE:
		return 1;
	case AXIS_HIDDEN:
		return shape->hidden;
	case AXIS_ATTENDANCE:
		return NETWORK_ATTENDANCE;
	case AXIS_GRADES:
		return NETWORK_GRADES;
	case AXIS_DISCIPLINE:
		return NETWORK_DISCIPLINE;
	case AXIS_INPUT_GATES:
	case AXIS_GATES:
	case AXIS_WIDE:
	case AXIS_HEADS:
		return 3 * shape->hidden;
	case AXIS_FUSION:
		return shape->fusion;
	case AXIS_JOINED:
		return 3 * shape->hidden + NETWORK_CONTEXT;
	case AXIS_DIRECT:
		return NETWORK_DIRECT;
	case AXIS_COUNT:
		break;
	}
	must(!"an axis");
	return 0;
}

int
network_width(const struct network_shape *shape)
{
	return shape->fusion + NETWORK_DIRECT;
}

struct network_tensor_row
network_tensor(const struct network_shape *shape, enum network_tensor tensor)
{
	struct network_tensor_row row = { 0 };

	must(tensor < TENSOR_COUNT);
	for (size_t i = 0; i <= tensor; i++) {
		const struct tensor_row *t = &TENSOR_ROWS[i];

		row.offset += (size_t)row.rows * (size_t)row.columns;
		row.name = t->name;
		row.rows = axis_count(shape, t->rows);
		row.columns = axis_count(shape, t->columns);
		row.decays = t->decays;
	}
	return row;
}

void
network_weights_init(struct network_weights *weights,
    const struct network_shape *shape)
{
	struct network_tensor_row last =
	    network_tensor(shape, TENSOR_COUNT - 1);

	weights->count = last.offset + (size_t)last.rows * (size_t)last.columns;
	weights->data = mem_alloc(weights->count, sizeof(float));
	for (enum network_tensor i = 0; i < TENSOR_COUNT; i++)
		weights->tensor[i] =
		    weights->data + network_tensor(shape, i).offset;
}

void
network_weights_close(struct network_weights *weights)
{
	free(weights->data);
	*weights = (struct network_weights){ 0 };
}

/* Where element i of an axis goes when it is padded. */
static int
place_on(const struct network *n, enum network_axis axis, int i)
{
	int hidden = n->shape.hidden;
	int state = padded(n, AXIS_HIDDEN);
	int head = 3 * hidden / n->shape.heads;

	switch (axis) {
	case AXIS_INPUT_GATES: /* in the order n, r, z: see gru_back */
		return (i / hidden + 1) % 3 * state + i % hidden;
	case AXIS_GATES:
	case AXIS_WIDE:
		return i / hidden * state + i % hidden;
	case AXIS_HEADS:
		return i / head * (padded(n, AXIS_HEADS) / n->shape.heads) +
		    i % head;
	case AXIS_JOINED:
		if (i >= 3 * hidden)
			return 3 * state + i - 3 * hidden;
		return i / hidden * state + i % hidden;
	case AXIS_ONE:
	case AXIS_HIDDEN:
	case AXIS_ATTENDANCE:
	case AXIS_GRADES:
	case AXIS_DISCIPLINE:
	case AXIS_FUSION:
	case AXIS_DIRECT:
	case AXIS_COUNT:
		break;
	}
	return i;
}

static int
round_up(int count)
{
	return (count + KERNEL_PAD - 1) / KERNEL_PAD * KERNEL_PAD;
}

static int
padded_length(const struct network_shape *shape, enum network_axis axis)
{
	int wide = 3 * round_up(shape->hidden);

	switch (axis) {
	case AXIS_ONE:
		return 1;
	case AXIS_INPUT_GATES:
	case AXIS_GATES:
	case AXIS_WIDE:
		return wide;
	case AXIS_HEADS:
		return shape->heads *
		    round_up(3 * shape->hidden / shape->heads);
	case AXIS_JOINED:
		return wide + round_up(NETWORK_CONTEXT);
	case AXIS_HIDDEN:
	case AXIS_ATTENDANCE:
	case AXIS_GRADES:
	case AXIS_DISCIPLINE:
	case AXIS_FUSION:
	case AXIS_DIRECT:
	case AXIS_COUNT:
		break;
	}
	return round_up(axis_count(shape, axis));
}

static void
lay_out_axes(struct network *n)
{
	for (enum network_axis a = 0; a < AXIS_COUNT; a++) {
		struct axis *axis = &n->axis[a];

		axis->count = axis_count(&n->shape, a);
		axis->padded = padded_length(&n->shape, a);
		axis->place =
		    arena_array(&n->arena, (size_t)axis->count, sizeof(int));
	}
	for (enum network_axis a = 0; a < AXIS_COUNT; a++)
		for (int i = 0; i < n->axis[a].count; i++)
			n->axis[a].place[i] = place_on(n, a, i);
}

struct network *
network_new(const struct network_shape *shape)
{
	struct network *n = mem_alloc(1, sizeof(*n));

	must(network_shape_is_valid(shape));
	n->shape = *shape;
	n->kernels = kernels_best();
	arena_init(&n->arena, (size_t)1 << 16);
	network_weights_init(&n->weights, shape);
	lay_out_axes(n);
	network_layout(n);
	for (int i = 0; i < NETWORK_INPUTS + NETWORK_CONTEXT; i++)
		n->standard.deviation[i] = n->scale[i] = 1;
	return n;
}

void
network_free(struct network *network)
{
	if (!network)
		return;
	network_weights_close(&network->weights);
	arena_close(&network->arena);
	free(network);
}

const struct network_shape *
network_shape(const struct network *network)
{
	return &network->shape;
}

struct network_weights *
network_weights(struct network *network)
{
	return &network->weights;
}

const struct network_weights *
network_known(const struct network *network)
{
	return &network->weights;
}

void
network_set_standard(struct network *network,
    const struct network_standard *standard)
{
	network->standard = *standard;
	for (int i = 0; i < NETWORK_INPUTS + NETWORK_CONTEXT; i++) {
		float deviation = standard->deviation[i];

		network->scale[i] = deviation == 0 ? 1 : 1 / deviation;
	}
}

const struct network_standard *
network_standard(const struct network *network)
{
	return &network->standard;
}

void
network_pack(struct network *network)
{
	network_repack(network);
}

void
network_use(struct network *network, const struct kernels *kernels)
{
	network->kernels = kernels;
	network_repack(network);
}

const char *
network_kernels(const struct network *network)
{
	return network->kernels->name;
}

float
network_standard_context(const struct network *n, int i, float value)
{
	int at = NETWORK_INPUTS + i;

	value = (value - n->standard.mean[at]) * n->scale[at];
	return isnan(value) ? 0 : value;
}

void
network_standardise(const struct network *network, const float *steps,
    int step_count, const float *context, float *steps_out, float *context_out)
{
	struct standardise all = { steps, steps_out, network->standard.mean,
		network->scale, NETWORK_INPUTS, step_count, NETWORK_INPUTS };

	network->kernels->standardise(&all);
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		context_out[i] =
		    network_standard_context(network, i, context[i]);
}

/* GRUs: uniform in +-1 / sqrt(hidden), biases too.  Other matrices: Glorot
 * and Bengio (2010).  Gains 1, other biases 0, and so what goes to the logit
 * past the layers. */
static double
start_width(const struct network_shape *shape, enum network_tensor tensor)
{
	struct network_tensor_row row = network_tensor(shape, tensor);

	if (tensor < TENSOR_NORM_GAIN)
		return 1 / sqrt(shape->hidden);
	return row.decays ? sqrt(6.0 / (row.rows + row.columns)) : 0;
}

void
network_randomise(struct network *network, uint64_t seed)
{
	struct network_weights *weights = &network->weights;

	for (enum network_tensor i = 0; i < TENSOR_COUNT; i++) {
		struct network_tensor_row row =
		    network_tensor(&network->shape, i);
		double width = start_width(&network->shape, i);
		bool is_gain =
		    i == TENSOR_NORM_GAIN || i == TENSOR_SECOND_NORM_GAIN;
		struct random random;

		random_init(&random, seed, i);
		for (int k = 0; k < row.rows * row.columns; k++)
			weights->tensor[i][k] = is_gain
			    ? 1
			    : (float)(width * (2 * random_unit(&random) - 1));
	}
	network_repack(network);
}
