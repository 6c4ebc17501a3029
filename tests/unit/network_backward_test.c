/*
 * network_backward_test.c - gradients against central differences of the naive
 * network in double (tests/support/network_reference.h).
 */
#include "ml/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "ml/kernels.h"
#include "tests/support/network_reference.h"
#include "tests/support/test.h"

enum {
	ROWS = 5,      /* the first may be long, the others are short */
	ROWS_MOST = 40 /* more than one chunk of the work space */
};

struct bench {
	struct network *network;
	struct network_scratch *scratch;
	struct network_row *rows;
	struct network_weights gradient;
	double *weights;
	size_t count; /* rows */
	float labels[ROWS_MOST], row_weights[ROWS_MOST];
	struct network_targets targets;
	double total;
};

static void
bench_init(struct bench *b, const struct network_shape *shape, size_t count,
    unsigned seed)
{
	b->count = count;
	b->network = random_network(shape, seed);
	b->scratch = network_scratch_new(shape, true);
	b->rows = random_rows(count, seed + 1);
	network_weights_init(&b->gradient, shape);
	b->weights = mem_alloc(b->gradient.count, sizeof(double));
	for (size_t i = 0; i < b->gradient.count; i++)
		b->weights[i] = (double)network_known(b->network)->data[i];
	b->total = 0;
	for (size_t i = 0; i < count; i++) {
		b->labels[i] = (float)(i % 2);
		b->row_weights[i] = (float)(i + 1) / 2;
		b->total += (double)b->row_weights[i];
	}
	b->targets = (struct network_targets){ b->labels, b->row_weights,
		{ .seed = 99 } };
}

static void
bench_open(struct bench *b, int hidden, unsigned seed)
{
	struct network_shape shape = { hidden, 4, hidden };

	bench_init(b, &shape, ROWS, seed);
	for (int i = 1; i < ROWS; i++)
		b->rows[i].step_count = (b->rows[i].step_count + 4) / 5;
}

static void
bench_close(struct bench *b)
{
	free(b->weights);
	network_weights_close(&b->gradient);
	random_rows_free(b->rows);
	network_scratch_free(b->scratch);
	network_free(b->network);
}

static double
run(struct bench *b)
{
	struct network_batch batch = { b->rows, b->count, false };

	return network_backward(b->network, b->scratch, &batch, &b->targets,
	    b->total, &b->gradient);
}

static double
loss_in_double(struct bench *b)
{
	double loss = 0;

	for (size_t i = 0; i < b->count; i++) {
		double logit = reference_logit(network_shape(b->network),
		    b->weights, network_standard(b->network), &b->rows[i],
		    &b->targets.dropout, i);
		double p = 1 / (1 + exp(-logit));

		loss -= (double)b->row_weights[i] *
		    log(b->labels[i] > 0 ? p : 1 - p);
	}
	return loss / b->total;
}

static double
difference(struct bench *b, double *weight)
{
	const double step = 1e-5;
	double was = *weight, up, down;

	*weight = was + step;
	up = loss_in_double(b);
	*weight = was - step;
	down = loss_in_double(b);
	*weight = was;
	return (up - down) / (2 * step);
}

/* `each` weights of every tensor, drawn by chance. */
static void
check_gradient(struct bench *b, int each)
{
	const struct network_shape *shape = network_shape(b->network);
	struct random random;

	random_init(&random, 5, 6);
	assert_near(run(b), loss_in_double(b), 1e-5);
	for (enum network_tensor i = 0; i < TENSOR_COUNT; i++) {
		struct network_tensor_row row = network_tensor(shape, i);
		uint32_t count = (uint32_t)(row.rows * row.columns);
		double largest = 0;

		for (uint32_t k = 0; k < count; k++)
			largest = fmax(largest,
			    fabs((double)b->gradient.tensor[i][k]));
		assert_true(largest > 0);
		for (int k = 0; k < each; k++) {
			uint32_t at = random_below(&random, count);
			double want =
			    difference(b, b->weights + row.offset + at);

			assert_near(b->gradient.tensor[i][at], want,
			    2e-6 + 1e-4 * largest);
		}
	}
}

static void
gradients_are_those_of_finite_differences(void **state)
{
	static const char *const sets[] = { "scalar", "avx2", "avx512",
		"avx512_vnni" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct bench b;

		if (!kernels_find(sets[i]))
			continue;
		bench_open(&b, 16, 21);
		network_use(b.network, kernels_find(sets[i]));
		check_gradient(&b, 12);
		bench_close(&b);
	}
}

static void
gradients_hold_for_sizes_that_need_padding(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 8, 31);
	check_gradient(&b, 12);
	bench_close(&b);
}

static void
gradients_hold_under_dropout(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 16, 41);
	b.targets.dropout.gru_rate = .25f;
	b.targets.dropout.fusion_rate = .4f;
	b.targets.dropout.input_rate = .3f;
	check_gradient(&b, 8);
	bench_close(&b);
}

/* How many heads a shape may have: a divisor of its width. */
static int
random_heads(struct random *random, int hidden)
{
	int heads;

	do
		heads = 1 + (int)random_below(random, 8);
	while (3 * hidden % heads != 0);
	return heads;
}

/* Any shape, lengths from 1 to 40, values that are not known, one row or more
 * than a chunk of them, weights of rows or none, dropout or none. */
static void
gradients_hold_for_random_shapes_lengths_and_batches(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 7, 8);
	for (unsigned seed = 0; seed < 10; seed++) {
		int hidden = 8 * (1 + (int)random_below(&random, 5));
		struct network_shape shape = { hidden,
			random_heads(&random, hidden),
			8 * (1 + (int)random_below(&random, 6)) };
		size_t count =
		    seed < 9 ? 1 + random_below(&random, ROWS) : ROWS_MOST;
		struct bench b;

		assert_true(network_shape_is_valid(&shape));
		bench_init(&b, &shape, count, 100 + 2 * seed);
		if (seed % 2 == 0) {
			b.targets.weights = NULL;
			b.total = (double)count;
			for (size_t i = 0; i < count; i++)
				b.row_weights[i] = 1;
		}
		if (seed % 3 == 0) {
			b.targets.dropout.gru_rate = .3f;
			b.targets.dropout.fusion_rate = .2f;
			b.targets.dropout.input_rate = .1f;
		}
		for (size_t i = ROWS; i < count; i++)
			b.rows[i].step_count = (b.rows[i].step_count + 9) / 10;
		check_gradient(&b, count > ROWS ? 1 : 3);
		bench_close(&b);
	}
}

static void
the_same_seed_gives_the_same_bits(void **state)
{
	struct bench b;
	float *first;

	(void)state;
	bench_open(&b, 16, 51);
	b.targets.dropout.fusion_rate = .5f;
	first = mem_alloc(b.gradient.count, sizeof(float));
	run(&b);
	memcpy(first, b.gradient.data, b.gradient.count * sizeof(float));
	memset(b.gradient.data, 0, b.gradient.count * sizeof(float));
	run(&b);
	assert_memory_equal(first, b.gradient.data,
	    b.gradient.count * sizeof(float));
	b.targets.dropout.seed++;
	memset(b.gradient.data, 0, b.gradient.count * sizeof(float));
	run(&b);
	assert_memory_not_equal(first, b.gradient.data,
	    b.gradient.count * sizeof(float));
	free(first);
	bench_close(&b);
}

/* Central differences of the double network by one raw input; a step of the
 * raw input is 1 / deviation of the standardised. */
static void
check_input(struct bench *b, size_t row, float *raw, int feature, double got)
{
	const struct network_standard *s = network_standard(b->network);
	double deviation = (double)s->deviation[feature];
	float was = *raw;
	double up, down, moved;

	*raw = was + .0078125f;
	moved = (double)*raw;
	up = reference_logit(network_shape(b->network), b->weights, s,
	    &b->rows[row], NULL, row);
	*raw = was - .0078125f;
	moved -= (double)*raw;
	down = reference_logit(network_shape(b->network), b->weights, s,
	    &b->rows[row], NULL, row);
	*raw = was;
	if (deviation == 0)
		deviation = 1;
	assert_near(got, (up - down) / moved * deviation, 2e-5);
}

static void
input_gradients_are_those_of_finite_differences(void **state)
{
	static float steps[ROWS][NETWORK_MAX_STEPS][NETWORK_INPUTS];
	float context[ROWS][NETWORK_CONTEXT], logits[ROWS];
	struct bench b;

	(void)state;
	bench_open(&b, 16, 61);
	memset(steps, 1, sizeof(steps));
	network_input_gradient(b.network, b.scratch,
	    &(struct network_batch){ b.rows, ROWS, false }, steps[0][0],
	    context[0], logits);
	for (size_t i = 0; i < ROWS; i++) {
		union {
			const float *read;
			float *write;
		} at = { b.rows[i].steps };
		int last = b.rows[i].step_count - 1;

		for (int f = 0; f < NETWORK_INPUTS; f++) {
			int t = f % 2 == 0 ? last : f % (last + 1);
			float *raw = at.write + t * NETWORK_INPUTS + f;

			if (!isnan(*raw))
				check_input(&b, i, raw, f,
				    (double)steps[i][t][f]);
			for (t = last + 1; t < NETWORK_MAX_STEPS; t++)
				assert_true(steps[i][t][f] == 0);
		}
		at.read = b.rows[i].context;
		for (int f = 0; f < NETWORK_CONTEXT; f++)
			if (!isnan(at.read[f]))
				check_input(&b, i, at.write + f,
				    NETWORK_INPUTS + f, (double)context[i][f]);
	}
	bench_close(&b);
}

RUN_TESTS(cmocka_unit_test(gradients_are_those_of_finite_differences),
    cmocka_unit_test(gradients_hold_for_sizes_that_need_padding),
    cmocka_unit_test(gradients_hold_under_dropout),
    cmocka_unit_test(gradients_hold_for_random_shapes_lengths_and_batches),
    cmocka_unit_test(the_same_seed_gives_the_same_bits),
    cmocka_unit_test(input_gradients_are_those_of_finite_differences))
