/*
 * network_reference.c - the risk network in double, as its definition says.
 */
#include "tests/support/network_reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"

enum { WIDEST = 3 * 256, STEPS = NETWORK_MAX_STEPS };

struct reference {
	const struct network_shape *shape;
	const double *weights;
	const struct network_dropout *dropout;
	size_t place;
	int steps;
	int wide;
	double input[STEPS][NETWORK_INPUTS];
	double context[NETWORK_CONTEXT];
	double state[STEPS][WIDEST];
};

static const double *
tensor(const struct reference *r, enum network_tensor which)
{
	return r->weights + network_tensor(r->shape, which).offset;
}

static double
sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

/* bias + row `row` of matrix (.., count) times x */
static double
dot(const double *matrix, int row, int count, const double *x)
{
	double sum = 0;

	for (int i = 0; i < count; i++)
		sum += matrix[row * count + i] * x[i];
	return sum;
}

static void
run_group(struct reference *r, int group, int first, int inputs)
{
	enum network_tensor base = (enum network_tensor)(4 * group);
	const double *W = tensor(r, base), *U = tensor(r, base + 1);
	const double *b = tensor(r, base + 2), *c = tensor(r, base + 3);
	int H = r->shape->hidden;
	double h[256] = { 0 };

	for (int t = 0; t < r->steps; t++) {
		const double *x = r->input[t] + first;
		double *out = r->state[t] + group * H;

		for (int j = 0; j < H; j++) {
			int jz = H + j, jn = 2 * H + j;
			double R = sigmoid(dot(W, j, inputs, x) + b[j] +
			    dot(U, j, H, h) + c[j]);
			double z = sigmoid(dot(W, jz, inputs, x) + b[jz] +
			    dot(U, jz, H, h) + c[jz]);
			double n = tanh(dot(W, jn, inputs, x) + b[jn] +
			    R * (dot(U, jn, H, h) + c[jn]));

			out[j] = (1 - z) * n + z * h[j];
		}
		memcpy(h, out, (size_t)H * sizeof(*h));
	}
}

static void
norm(double *x, int count, const double *gain, const double *bias)
{
	double mean = 0, variance = 0;

	for (int i = 0; i < count; i++)
		mean += x[i] / count;
	for (int i = 0; i < count; i++)
		variance += (x[i] - mean) * (x[i] - mean) / count;
	for (int i = 0; i < count; i++)
		x[i] =
		    (x[i] - mean) / sqrt(variance + 1e-5) * gain[i] + bias[i];
}

/* What dropout multiplies element e of a part with: see network.h. */
static double
mask(const struct reference *r, int part, int element, float rate)
{
	uint64_t index = ((uint64_t)r->place << 20) + ((uint64_t)part << 19) +
	    (uint64_t)element / 4;
	uint64_t bits = random_at(r->dropout->seed, index);

	if ((bits >> element % 4 * 16 & 0xffff) < (double)rate * 65536)
		return 0;
	return 1 / (1 - (double)rate);
}

/* Inputs that are left out, of a row in all its steps. */
static void
drop_inputs(struct reference *r)
{
	float rate = r->dropout->input_rate;

	for (int i = 0; i < NETWORK_DIRECT; i++) {
		double kept = mask(r, 1, 1024 + i, rate);

		for (int t = 0; i < NETWORK_INPUTS && t < r->steps; t++)
			r->input[t][i] *= kept;
		if (i >= NETWORK_INPUTS)
			r->context[i - NETWORK_INPUTS] *= kept;
	}
}

/* The head's share of the attention's result for the last step. */
static void
attend_head(const struct reference *r, int head, double *out)
{
	int wide = r->wide, size = wide / r->shape->heads;
	int from = head * size;
	const double *last = r->state[r->steps - 1];
	double score[STEPS] = { 0 }, sum = 0;

	for (int i = from; i < from + size; i++) {
		double asked = dot(tensor(r, TENSOR_QUERY), i, wide, last) +
		    tensor(r, TENSOR_QUERY_BIAS)[i];

		for (int t = 0; t < r->steps; t++)
			score[t] += asked *
			    dot(tensor(r, TENSOR_KEY), i, wide, r->state[t]);
	}
	for (int t = 0; t < r->steps; t++) {
		score[t] = exp(score[t] / sqrt(size));
		sum += score[t];
	}
	for (int i = from; i < from + size; i++) {
		out[i] = 0;
		for (int t = 0; t < r->steps; t++)
			out[i] += score[t] / sum *
			    (dot(tensor(r, TENSOR_VALUE), i, wide,
				 r->state[t]) +
				tensor(r, TENSOR_VALUE_BIAS)[i]);
	}
}

static void
attend(const struct reference *r, double *joined)
{
	const double *last = r->state[r->steps - 1];
	double values[WIDEST];

	for (int h = 0; h < r->shape->heads; h++)
		attend_head(r, h, values);
	for (int i = 0; i < r->wide; i++)
		joined[i] = dot(tensor(r, TENSOR_OUT), i, r->wide, values) +
		    tensor(r, TENSOR_OUT_BIAS)[i] + last[i];
	norm(joined, r->wide, tensor(r, TENSOR_SECOND_NORM_GAIN),
	    tensor(r, TENSOR_SECOND_NORM_BIAS));
}

static double
fuse(const struct reference *r, double *joined)
{
	int count = r->wide + NETWORK_CONTEXT;
	const double *weight = tensor(r, TENSOR_LOGIT);
	const double *direct = tensor(r, TENSOR_DIRECT);
	double logit = *tensor(r, TENSOR_LOGIT_BIAS);

	for (int i = 0; i < NETWORK_INPUTS; i++)
		logit += direct[i] * r->input[r->steps - 1][i];
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		logit += direct[NETWORK_INPUTS + i] * r->context[i];
	memcpy(joined + r->wide, r->context, sizeof(r->context));
	if (r->dropout && r->dropout->fusion_rate > 0)
		for (int i = 0; i < count; i++)
			joined[i] *= mask(r, 1, i, r->dropout->fusion_rate);
	for (int i = 0; i < r->shape->fusion; i++) {
		double a = dot(tensor(r, TENSOR_FUSION), i, count, joined) +
		    tensor(r, TENSOR_FUSION_BIAS)[i];

		logit += weight[i] * a * sigmoid(a);
	}
	return logit;
}

static double
standardised(const struct network_standard *standard, int i, float x)
{
	double deviation = (double)standard->deviation[i];

	if (isnan(x))
		return 0;
	return ((double)x - (double)standard->mean[i]) /
	    (deviation == 0 ? 1 : deviation);
}

static void
load(struct reference *r, const struct network_standard *standard,
    const struct network_row *row)
{
	r->steps = row->step_count;
	r->wide = 3 * r->shape->hidden;
	for (int t = 0; t < r->steps; t++)
		for (int i = 0; i < NETWORK_INPUTS; i++)
			r->input[t][i] = standardised(standard, i,
			    row->steps[t * NETWORK_INPUTS + i]);
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		r->context[i] =
		    standardised(standard, NETWORK_INPUTS + i, row->context[i]);
}

double
reference_logit(const struct network_shape *shape, const double *weights,
    const struct network_standard *standard, const struct network_row *row,
    const struct network_dropout *dropout, size_t place)
{
	static struct reference r;
	double joined[WIDEST + NETWORK_CONTEXT];

	r.shape = shape;
	r.weights = weights;
	r.dropout = dropout;
	r.place = place;
	load(&r, standard, row);
	if (dropout && dropout->input_rate > 0)
		drop_inputs(&r);
	run_group(&r, 0, 0, 14);
	run_group(&r, 1, 14, 15);
	run_group(&r, 2, 29, 13);
	for (int t = 0; t < r.steps; t++) {
		if (dropout && dropout->gru_rate > 0)
			for (int i = 0; i < r.wide; i++)
				r.state[t][i] *= mask(&r, 0, t * r.wide + i,
				    dropout->gru_rate);
		norm(r.state[t], r.wide, tensor(&r, TENSOR_NORM_GAIN),
		    tensor(&r, TENSOR_NORM_BIAS));
	}
	attend(&r, joined);
	return fuse(&r, joined);
}

struct network_row *
random_rows(size_t count, unsigned seed)
{
	enum { ROW = STEPS * NETWORK_INPUTS + NETWORK_CONTEXT };
	struct network_row *rows = mem_alloc(count, sizeof(*rows));
	float *values = mem_alloc(count * ROW, sizeof(*values));
	struct random random;

	random_init(&random, seed, 1);
	for (size_t i = 0; i < count * ROW; i++)
		values[i] = random_below(&random, 20) == 0
		    ? NAN
		    : (float)random_normal(&random);
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct network_row){ values + i * ROW,
			values + i * ROW + STEPS * NETWORK_INPUTS,
			1 + (int)random_below(&random, STEPS) };
	return rows;
}

void
random_rows_free(struct network_row *rows)
{
	union {
		const float *borrowed;
		float *owned;
	} values = { .borrowed = rows[0].steps };

	free(values.owned);
	free(rows);
}

struct network *
random_network(const struct network_shape *shape, unsigned seed)
{
	struct network *network = network_new(shape);
	struct network_standard standard;
	struct random random;

	random_init(&random, seed, 2);
	for (int i = 0; i < NETWORK_INPUTS + NETWORK_CONTEXT; i++) {
		standard.mean[i] = (float)(random_normal(&random) / 5);
		standard.deviation[i] = (float)(.7 + random_unit(&random));
	}
	standard.deviation[5] = 0;
	network_set_standard(network, &standard);
	network_randomise(network, seed);
	for (enum network_tensor i = TENSOR_NORM_GAIN; i < TENSOR_COUNT; i++) {
		struct network_tensor_row row = network_tensor(shape, i);

		for (int k = 0; !row.decays && k < row.columns; k++)
			network_weights(network)->tensor[i][k] +=
			    (float)(random_normal(&random) / 5);
	}
	network_pack(network);
	return network;
}
