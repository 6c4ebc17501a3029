/*
 * network_test.c - the forward pass against a naive one in double, and a row
 * against itself in other company.
 */
#include "ml/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "ml/kernels.h"
#include "tests/support/network_reference.h"
#include "tests/support/test.h"

static const char *const SETS[] = { "scalar", "avx2", "avx512", "avx512_vnni" };
static const struct network_shape SHAPES[] = { { 64, 4, 64 }, { 8, 4, 8 },
	{ 40, 3, 24 } };

static double *
in_double(const struct network *network)
{
	const struct network_weights *known = network_known(network);
	double *weights = mem_alloc(known->count, sizeof(*weights));

	for (size_t i = 0; i < known->count; i++)
		weights[i] = (double)known->data[i];
	return weights;
}

static void
check_against_reference(struct network *network, struct network_row *rows,
    size_t count)
{
	const struct network_shape *shape = network_shape(network);
	struct network_scratch *scratch = network_scratch_new(shape, false);
	struct network_batch batch = { rows, count, false };
	float *logits = mem_alloc(count, sizeof(*logits));
	struct network_output output = { .logits = logits };
	double *weights = in_double(network);

	network_forward(network, scratch, &batch, &output);
	for (size_t i = 0; i < count; i++)
		assert_near(logits[i],
		    reference_logit(shape, weights, network_standard(network),
			&rows[i], NULL, i),
		    1e-5);
	free(weights);
	free(logits);
	network_scratch_free(scratch);
}

static void
logits_are_within_1e_5_of_double_on_every_instruction_set(void **state)
{
	struct network_row *rows = random_rows(6, 7);

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(SHAPES); s++) {
		struct network *network = random_network(&SHAPES[s], 11);

		for (size_t k = 0; k < ARRAY_SIZE(SETS); k++) {
			const struct kernels *set = kernels_find(SETS[k]);

			if (!set)
				continue;
			network_use(network, set);
			assert_string_equal(network_kernels(network), SETS[k]);
			check_against_reference(network, rows, 6);
		}
		network_free(network);
	}
	random_rows_free(rows);
}

typedef void forward_call(const struct network *network,
    struct network_scratch *scratch, const struct network_batch *batch,
    const struct network_output *output);

/* Every row alone, then all of them from place `first` on in batches. */
static void
check_company(struct network *network, forward_call *forward,
    const struct network_row *rows, size_t first, size_t size)
{
	enum { ALL = 100 };
	const struct network_shape *shape = network_shape(network);
	struct network_scratch *scratch = network_scratch_new(shape, false);
	float alone[ALL], together[ALL];

	for (size_t i = 0; i < ALL; i++) {
		struct network_batch one = { rows + i, 1, false };

		forward(network, scratch, &one,
		    &(struct network_output){ .logits = alone + i });
	}
	for (size_t i = first; i < ALL; i += size) {
		size_t left = ALL - i;
		struct network_batch some = { rows + i,
			left < size ? left : size, false };

		forward(network, scratch, &some,
		    &(struct network_output){ .logits = together + i });
	}
	assert_memory_equal(alone + first, together + first,
	    (ALL - first) * sizeof(float));
	network_scratch_free(scratch);
}

static void
a_row_has_the_same_bits_in_any_batch(void **state)
{
	static const size_t sizes[] = { 2, 4, 7, 64, 100 };
	struct network_shape shape = network_shape_default();
	struct network *network = random_network(&shape, 3);
	struct network_row *rows = random_rows(100, 4);

	(void)state;
	network_quantise(network);
	for (size_t k = 1; k < ARRAY_SIZE(SETS); k++) {
		const struct kernels *set = kernels_find(SETS[k]);

		if (!set)
			continue;
		network_use(network, set);
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			check_company(network, network_forward, rows, 0,
			    sizes[i]);
			check_company(network, network_forward, rows, 13,
			    sizes[i]);
			check_company(network, network_forward_int8, rows, 0,
			    sizes[i]);
			check_company(network, network_forward_int8, rows, 13,
			    sizes[i]);
		}
	}
	random_rows_free(rows);
	network_free(network);
}

static double
probability(float logit)
{
	return 1 / (1 + exp(-(double)logit));
}

/* Random weights are larger than trained ones and so the hard case: measured
 * are .00081 from f32 and .00008 between sets, which differ where a last bit
 * decides how a state is rounded.  What goes past the layers has no 8-bit
 * weights, so it is left out. */
static void
int8_is_near_f32_and_the_same_on_every_instruction_set(void **state)
{
	enum { ROWS = 200 };
	struct network_row *rows = random_rows(ROWS, 4);
	struct network_batch batch = { rows, ROWS, false };
	float exact[ROWS], small[ARRAY_SIZE(SETS)][ROWS];

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(SHAPES); s++) {
		struct network *network = random_network(&SHAPES[s], 3);
		struct network_scratch *scratch =
		    network_scratch_new(&SHAPES[s], false);

		memset(network_weights(network)->tensor[TENSOR_DIRECT], 0,
		    NETWORK_DIRECT * sizeof(float));
		network_pack(network);
		network_quantise(network);
		network_forward(network, scratch, &batch,
		    &(struct network_output){ .logits = exact });
		for (size_t k = 0; k < ARRAY_SIZE(SETS); k++) {
			const struct kernels *set = kernels_find(SETS[k]);

			if (!set)
				continue;
			network_use(network, set);
			network_forward_int8(network, scratch, &batch,
			    &(struct network_output){ .logits = small[k] });
			for (int i = 0; i < ROWS; i++) {
				assert_near(probability(small[k][i]),
				    probability(exact[i]), .002);
				assert_near(probability(small[k][i]),
				    probability(small[0][i]), .0005);
			}
		}
		network_scratch_free(scratch);
		network_free(network);
	}
	random_rows_free(rows);
}

static void
weights_changed_later_are_quantised_anew(void **state)
{
	struct network *network = random_network(&SHAPES[1], 3);
	struct network *other = random_network(&SHAPES[1], 4);
	struct network_scratch *scratch =
	    network_scratch_new(&SHAPES[1], false);
	struct network_row *rows = random_rows(1, 4);
	struct network_batch batch = { rows, 1, false };
	float logit, expected;

	(void)state;
	network_quantise(network);
	memcpy(network_weights(network)->data, network_known(other)->data,
	    network_known(other)->count * sizeof(float));
	network_set_standard(network, network_standard(other));
	network_pack(network);
	network_quantise(other);
	network_forward_int8(network, scratch, &batch,
	    &(struct network_output){ .logits = &logit });
	network_forward_int8(other, scratch, &batch,
	    &(struct network_output){ .logits = &expected });
	assert_memory_equal(&logit, &expected, sizeof(logit));
	random_rows_free(rows);
	network_scratch_free(scratch);
	network_free(network);
	network_free(other);
}

static void
what_lies_behind_the_last_step_does_not_matter(void **state)
{
	struct network_shape shape = network_shape_default();
	struct network *network = random_network(&shape, 5);
	struct network_scratch *scratch = network_scratch_new(&shape, false);
	float steps[2][NETWORK_MAX_STEPS * NETWORK_INPUTS];
	float context[NETWORK_CONTEXT] = { 1, NAN, 0, -1 };
	struct network_row rows[2] = { { steps[0], context, 9 },
		{ steps[1], context, 9 } };
	float logits[2], attention[2][NETWORK_MAX_STEPS], sum = 0;
	struct network_output output = { .logits = logits,
		.attention = attention[0] };

	(void)state;
	for (int i = 0; i < NETWORK_MAX_STEPS * NETWORK_INPUTS; i++) {
		steps[0][i] = steps[1][i] = (float)sin(i);
		if (i >= 9 * NETWORK_INPUTS)
			steps[1][i] = 1e30f;
	}
	network_forward(network, scratch,
	    &(struct network_batch){ rows, 2, false }, &output);
	assert_memory_equal(&logits[0], &logits[1], sizeof(float));
	for (int t = 0; t < NETWORK_MAX_STEPS; t++) {
		assert_true(t < 9 ? attention[1][t] > 0 : attention[1][t] == 0);
		sum += attention[1][t];
	}
	assert_near(sum, 1, 1e-6);
	network_scratch_free(scratch);
	network_free(network);
}

static void
standardised_rows_give_the_same_logit(void **state)
{
	struct network_shape shape = network_shape_default();
	struct network *network = random_network(&shape, 8);
	struct network_scratch *scratch = network_scratch_new(&shape, false);
	struct network_row *rows = random_rows(1, 9);
	float steps[NETWORK_MAX_STEPS * NETWORK_INPUTS];
	float context[NETWORK_CONTEXT], raw, ready;
	struct network_row row = { steps, context, rows[0].step_count };

	(void)state;
	network_standardise(network, rows[0].steps, rows[0].step_count,
	    rows[0].context, steps, context);
	network_forward(network, scratch,
	    &(struct network_batch){ rows, 1, false },
	    &(struct network_output){ .logits = &raw });
	network_forward(network, scratch,
	    &(struct network_batch){ &row, 1, true },
	    &(struct network_output){ .logits = &ready });
	assert_memory_equal(&raw, &ready, sizeof(raw));
	random_rows_free(rows);
	network_scratch_free(scratch);
	network_free(network);
}

static void
what_the_logit_reads_makes_it(void **state)
{
	struct network_shape shape = network_shape_default();
	struct network *network = random_network(&shape, 8);
	struct network_scratch *scratch = network_scratch_new(&shape, false);
	struct network_row *rows = random_rows(1, 9);
	const struct network_weights *known = network_known(network);
	double sum = (double)known->tensor[TENSOR_LOGIT_BIAS][0];
	float logit, last[64 + NETWORK_DIRECT];
	struct network_output output = { .logits = &logit, .last = last };

	(void)state;
	network_forward(network, scratch,
	    &(struct network_batch){ rows, 1, false }, &output);
	assert_int_equal(network_width(&shape), ARRAY_SIZE(last));
	for (int i = 0; i < 64; i++)
		sum += (double)known->tensor[TENSOR_LOGIT][i] * (double)last[i];
	for (int i = 0; i < NETWORK_DIRECT; i++)
		sum += (double)known->tensor[TENSOR_DIRECT][i] *
		    (double)last[64 + i];
	assert_near(logit, sum, 1e-6);
	random_rows_free(rows);
	network_scratch_free(scratch);
	network_free(network);
}

static void
shapes_that_cannot_be_are_refused(void **state)
{
	static const struct network_shape wrong[] = { { 0, 4, 64 },
		{ 12, 4, 64 }, { 264, 4, 64 }, { 64, 5, 64 }, { 64, 0, 64 },
		{ 64, 4, 10 } };
	struct network_shape shape = network_shape_default();

	(void)state;
	assert_true(network_shape_is_valid(&shape));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(network_shape_is_valid(&wrong[i]));
}

RUN_TESTS(
    cmocka_unit_test(logits_are_within_1e_5_of_double_on_every_instruction_set),
    cmocka_unit_test(a_row_has_the_same_bits_in_any_batch),
    cmocka_unit_test(int8_is_near_f32_and_the_same_on_every_instruction_set),
    cmocka_unit_test(weights_changed_later_are_quantised_anew),
    cmocka_unit_test(what_lies_behind_the_last_step_does_not_matter),
    cmocka_unit_test(standardised_rows_give_the_same_logit),
    cmocka_unit_test(what_the_logit_reads_makes_it),
    cmocka_unit_test(shapes_that_cannot_be_are_refused))
