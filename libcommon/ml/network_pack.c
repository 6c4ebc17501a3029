/*
 * network_pack.c - weights as the file has them, laid out for the kernels, and
 * gradients back.
 */
#include <math.h>
#include <string.h>

#include "ml/network_inner.h"

static float *
take(struct network *n, int rows, int columns)
{
	return arena_alloc_aligned(&n->arena,
	    (size_t)rows * (size_t)columns * sizeof(float));
}

static void
lay_out_turned(struct network *n)
{
	int wide = padded(n, AXIS_WIDE), heads = padded(n, AXIS_HEADS);

	n->turned.query = take(n, wide, heads);
	n->turned.key = take(n, wide, heads);
	n->turned.value = take(n, wide, heads);
	n->turned.out = take(n, heads, wide);
	n->turned.fusion =
	    take(n, padded(n, AXIS_JOINED), padded(n, AXIS_FUSION));
}

void
network_layout(struct network *n)
{
	static const int inputs[] = { NETWORK_ATTENDANCE, NETWORK_GRADES,
		NETWORK_DISCIPLINE };
	int hidden = padded(n, AXIS_HIDDEN), first = 0;

	for (int i = 0; i < TENSOR_COUNT; i++) {
		n->straight_at[i] = n->straight_count;
		n->straight_count += (size_t)padded(n, TENSOR_ROWS[i].rows) *
		    (size_t)padded(n, TENSOR_ROWS[i].columns);
		n->straight_count =
		    (n->straight_count + KERNEL_PAD - 1) & -(size_t)KERNEL_PAD;
	}
	n->straight = take(n, 1, (int)n->straight_count);
	lay_out_turned(n);
	for (int g = 0; g < NETWORK_GROUPS; g++) {
		struct gru_packed *gru = &n->gru[g];

		gru->inputs = inputs[g];
		gru->first = first;
		first += inputs[g];
		gru->tiles = take(n, 3 * hidden, gru->inputs + n->shape.hidden);
		gru->biases = take(n, 4, hidden);
	}
}

float
network_key_scale(const struct network_shape *shape)
{
	return (float)sqrt(shape->heads / (3.0 * shape->hidden));
}

static void
straighten(struct network *n, enum network_tensor tensor)
{
	const struct axis *rows = &n->axis[TENSOR_ROWS[tensor].rows];
	const struct axis *columns = &n->axis[TENSOR_ROWS[tensor].columns];
	float scale = tensor == TENSOR_KEY ? network_key_scale(&n->shape) : 1;
	const float *from = n->weights.tensor[tensor];
	float *to = n->straight + n->straight_at[tensor];

	for (int i = 0; i < rows->count; i++)
		for (int j = 0; j < columns->count; j++)
			to[rows->place[i] * columns->padded +
			    columns->place[j]] = scale * *from++;
}

void
network_unpack(const struct network *n, const float *padded_sum,
    struct network_weights *gradient)
{
	for (int t = 0; t < TENSOR_COUNT; t++) {
		const struct axis *rows = &n->axis[TENSOR_ROWS[t].rows];
		const struct axis *columns = &n->axis[TENSOR_ROWS[t].columns];
		float scale =
		    t == TENSOR_KEY ? network_key_scale(&n->shape) : 1;
		const float *from = padded_sum + n->straight_at[t];
		float *to = gradient->tensor[t];

		for (int i = 0; i < rows->count; i++)
			for (int j = 0; j < columns->count; j++)
				*to++ += scale *
				    from[rows->place[i] * columns->padded +
					columns->place[j]];
	}
}

/* to (columns, rows) = the straight tensor (rows, columns), turned. */
static void
turn(const struct network *n, enum network_tensor tensor, float *to)
{
	const float *from = straight(n, tensor);
	int rows = padded(n, TENSOR_ROWS[tensor].rows);
	int columns = padded(n, TENSOR_ROWS[tensor].columns);

	for (int i = 0; i < rows; i++)
		for (int j = 0; j < columns; j++)
			to[j * rows + i] = from[i * columns + j];
}

/* Where unit `unit` of gate `gate` stands in tile row `k`. */
static float *
in_tile(const struct network *n, const struct gru_packed *gru, int k, int gate,
    int unit)
{
	int lanes = n->kernels->lanes;
	int depth = gru->inputs + n->shape.hidden;

	return gru->tiles + ((unit / lanes * depth + k) * 3 + gate) * lanes +
	    unit % lanes;
}

static void
cut_tiles(struct network *n, const struct gru_packed *gru, int first_tensor)
{
	float *const *tensor = n->weights.tensor + first_tensor;
	int hidden = n->shape.hidden, inputs = gru->inputs;
	int width = 3 * padded(n, AXIS_HIDDEN);

	memset(gru->tiles, 0,
	    (size_t)(width * (inputs + hidden)) * sizeof(float));
	for (int gate = 0; gate < 3; gate++)
		for (int unit = 0; unit < hidden; unit++) {
			int row = gate * hidden + unit;
			const float *x = tensor[GRU_INPUT] + row * inputs;
			const float *h = tensor[GRU_HIDDEN] + row * hidden;

			for (int k = 0; k < inputs; k++)
				*in_tile(n, gru, k, gate, unit) = x[k];
			for (int k = 0; k < hidden; k++)
				*in_tile(n, gru, inputs + k, gate, unit) = h[k];
		}
}

static void
cut_biases(struct network *n, const struct gru_packed *gru, int first_tensor)
{
	const float *x = n->weights.tensor[first_tensor + GRU_INPUT_BIAS];
	const float *h = n->weights.tensor[first_tensor + GRU_HIDDEN_BIAS];
	int hidden = n->shape.hidden, lanes = n->kernels->lanes;

	memset(gru->biases, 0,
	    (size_t)(4 * padded(n, AXIS_HIDDEN)) * sizeof(float));
	for (int unit = 0; unit < hidden; unit++) {
		float *to =
		    gru->biases + unit / lanes * 4 * lanes + unit % lanes;

		to[0] = x[unit] + h[unit];
		to[lanes] = x[hidden + unit] + h[hidden + unit];
		to[2 * lanes] = x[2 * hidden + unit];
		to[3 * lanes] = h[2 * hidden + unit];
	}
}

void
network_repack(struct network *n)
{
	for (enum network_tensor i = 0; i < TENSOR_COUNT; i++)
		straighten(n, i);
	turn(n, TENSOR_QUERY, n->turned.query);
	turn(n, TENSOR_KEY, n->turned.key);
	turn(n, TENSOR_VALUE, n->turned.value);
	turn(n, TENSOR_OUT, n->turned.out);
	turn(n, TENSOR_FUSION, n->turned.fusion);
	for (int g = 0; g < NETWORK_GROUPS; g++) {
		cut_tiles(n, &n->gru[g], g * GRU_TENSORS);
		cut_biases(n, &n->gru[g], g * GRU_TENSORS);
	}
	if (n->int8)
		network_int8_pack(n);
}
