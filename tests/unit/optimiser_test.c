/*
 * optimiser_test.c - AdamW by its published recurrence, in double.
 */
#include "ml/optimiser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/network_reference.h"
#include "tests/support/test.h"

static const struct network_shape SMALL = { 8, 4, 8 };

/* Algorithm 2 of arXiv:1711.05101 for one weight and gradients sin(1), ... */
static double
after_steps(double weight, int steps, double decay)
{
	double m = 0, v = 0;

	for (int t = 1; t <= steps; t++) {
		double g = sin(t);

		m = .9 * m + .1 * g;
		v = .999 * v + .001 * g * g;
		weight -= .01 * decay * weight +
		    .01 * (m / (1 - pow(.9, t))) /
			(sqrt(v / (1 - pow(.999, t))) + 1e-8);
	}
	return weight;
}

static void
steps_follow_the_recurrence_and_biases_do_not_decay(void **state)
{
	struct optimiser_settings settings = optimiser_settings_default();
	struct network_weights weights, gradient;
	struct optimiser optimiser;

	(void)state;
	settings.rate = .01;
	settings.decay = .2;
	optimiser_init(&optimiser, &SMALL, &settings);
	network_weights_init(&weights, &SMALL);
	network_weights_init(&gradient, &SMALL);
	for (size_t i = 0; i < weights.count; i++)
		weights.data[i] = .5f;
	for (int t = 1; t <= 30; t++) {
		for (size_t i = 0; i < weights.count; i++)
			gradient.data[i] = (float)sin(t);
		optimiser_step(&optimiser, &gradient, &weights);
	}
	assert_near(weights.tensor[TENSOR_KEY][3], after_steps(.5, 30, .2),
	    2e-6);
	assert_near(weights.tensor[TENSOR_LOGIT_BIAS][0],
	    after_steps(.5, 30, 0), 2e-6);
	assert_near(weights.tensor[TENSOR_NORM_GAIN][7], after_steps(.5, 30, 0),
	    2e-6);
	network_weights_close(&weights);
	network_weights_close(&gradient);
	optimiser_close(&optimiser);
}

static void
a_gradient_is_clipped_to_its_norm(void **state)
{
	struct network_weights gradient;

	(void)state;
	network_weights_init(&gradient, &SMALL);
	gradient.data[0] = 3;
	gradient.data[gradient.count - 1] = -4;
	assert_near(gradient_clip(&gradient, 10), 5, 1e-12);
	assert_near(gradient.data[0], 3, 0);
	assert_near(gradient_clip(&gradient, 1), 5, 1e-12);
	assert_near(gradient.data[0], .6, 1e-7);
	assert_near(gradient.data[gradient.count - 1], -.8, 1e-7);
	gradient.data[1] = NAN;
	assert_true(isnan(gradient_clip(&gradient, 1)));
	assert_near(gradient.data[0], .6, 1e-7);
	network_weights_close(&gradient);
}

/* Whether the first feature of the last step is above the mean can be learnt
 * from a few rows; a wrong sign anywhere would let the loss grow. */
static void
training_learns_a_simple_rule(void **state)
{
	enum { ROWS = 64 };
	struct optimiser_settings settings = optimiser_settings_default();
	struct network *network = network_new(&SMALL);
	struct network_scratch *scratch = network_scratch_new(&SMALL, true);
	struct network_row *rows = random_rows(ROWS, 5);
	struct network_batch batch = { rows, ROWS, false };
	float labels[ROWS];
	struct network_targets targets = { .labels = labels };
	struct network_weights gradient;
	struct optimiser optimiser;
	double first = 0, last = 0;

	(void)state;
	for (int i = 0; i < ROWS; i++) {
		int at = (rows[i].step_count - 1) * NETWORK_INPUTS;

		labels[i] = rows[i].steps[at] > 0;
	}
	settings.rate = .01;
	network_randomise(network, 1);
	optimiser_init(&optimiser, &SMALL, &settings);
	network_weights_init(&gradient, &SMALL);
	for (int t = 0; t < 80; t++) {
		memset(gradient.data, 0, gradient.count * sizeof(float));
		last = network_backward(network, scratch, &batch, &targets,
		    ROWS, &gradient);
		first = t == 0 ? last : first;
		gradient_clip(&gradient, 1);
		optimiser_step(&optimiser, &gradient, network_weights(network));
		network_pack(network);
	}
	assert_true(first > .5);
	assert_true(last < .1);
	network_weights_close(&gradient);
	optimiser_close(&optimiser);
	random_rows_free(rows);
	network_scratch_free(scratch);
	network_free(network);
}

RUN_TESTS(cmocka_unit_test(steps_follow_the_recurrence_and_biases_do_not_decay),
    cmocka_unit_test(a_gradient_is_clipped_to_its_norm),
    cmocka_unit_test(training_learns_a_simple_rule))
