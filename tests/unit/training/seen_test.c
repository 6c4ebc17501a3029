/*
 * seen_test.c - the reference for drift is of last steps as they were and of
 * held-out scores as they are served.
 */
#include "services/training/seen.h"

#include <math.h>
#include <string.h>

#include "tests/support/sample_model.h"
#include "tests/support/test.h"

enum { SAMPLES = 6, STEPS = 3 };

/* Sample i has the value 100 i + 10 t + k as feature k of step t; feature 7 is
 * always missing.  The last sample has too little history. */
struct made {
	float steps[SAMPLES][STEPS][NETWORK_INPUTS];
	float context[NETWORK_CONTEXT];
	struct network_row rows[SAMPLES];
	uint16_t week[SAMPLES];
	uint8_t is_scorable[SAMPLES];
};

static struct cohort
make_cohort(struct made *made)
{
	memset(made, 0, sizeof(*made));
	for (int i = 0; i < SAMPLES; i++) {
		for (int t = 0; t < STEPS; t++)
			for (int k = 0; k < NETWORK_INPUTS; k++)
				made->steps[i][t][k] = k == 7
				    ? NAN
				    : (float)(100 * i + 10 * t + k);
		made->rows[i] = (struct network_row){ made->steps[i][0],
			made->context, i % 2 == 0 ? STEPS : STEPS - 1 };
		made->week[i] = i % 2 == 0 ? 9 : 4;
		made->is_scorable[i] = i < SAMPLES - 1;
	}
	return (struct cohort){ .count = SAMPLES,
		.rows = made->rows,
		.week = made->week,
		.is_scorable = made->is_scorable };
}

static void
the_last_step_is_seen_as_it_was(void **state)
{
	struct made made;
	struct cohort cohort = make_cohort(&made);
	struct seen seen;

	(void)state;
	seen_take(&seen, &cohort);
	assert_int_equal(seen.count, SAMPLES - 1);
	/* Sample 2 has three steps, sample 3 two of them. */
	assert_near(seen.values[2 * REFERENCE_COLUMNS], 220, 0);
	assert_near(seen.values[3 * REFERENCE_COLUMNS + 1], 311, 0);
	assert_true(isnan(seen.values[3 * REFERENCE_COLUMNS + 7]));
	assert_int_equal(seen.week[3], 4);
	seen_close(&seen);
}

static void
scores_are_those_of_the_held_out_logits_as_served(void **state)
{
	const double logits[SAMPLES] = { -1, 0, .5, 1, 2, 99 };
	struct model *model = sample_network_model(1);
	struct made made;
	struct cohort cohort = make_cohort(&made);
	struct reference *reference;
	struct seen seen;
	double score;

	(void)state;
	seen_take(&seen, &cohort);
	reference = seen_reference(&seen, model, logits, 1);
	assert_int_equal(reference->weeks, 2);
	assert_near(reference->week[0], 4, 0);
	assert_near(reference->rows[0], 2, 0); /* samples 1 and 3 */
	assert_near(reference->rows[1], 3, 0); /* samples 0, 2 and 4 */
	/* The greatest score is of sample 4, by hand, to four decimals. */
	score = 1 / (1 + exp(-(1.25 * logits[4] - .1)));
	assert_near(reference->range[2 * REFERENCE_SCORE + 1], score, 5.1e-5);
	assert_near(reference->range[2 * REFERENCE_SCORE + 1],
	    round(score * 1e4) / 1e4, 1e-7);
	/* Feature 1 of samples 1 and 3, of two steps each. */
	assert_near(reference->moments[REFERENCE_MOMENTS + MOMENT_MEAN],
	    (111 + 311) / 2, 0);
	reference_free(reference);
	seen_close(&seen);
	model_unref(model);
}

static void
who_saw_nobody_has_no_reference(void **state)
{
	struct model *model = sample_logistic_model(1);
	struct made made;
	struct cohort cohort = make_cohort(&made);
	struct seen seen;

	(void)state;
	memset(made.is_scorable, 0, sizeof(made.is_scorable));
	seen_take(&seen, &cohort);
	assert_null(seen_reference(&seen, model, NULL, 1));
	seen_close(&seen);
	model_unref(model);
}

RUN_TESTS(cmocka_unit_test(the_last_step_is_seen_as_it_was),
    cmocka_unit_test(scores_are_those_of_the_held_out_logits_as_served),
    cmocka_unit_test(who_saw_nobody_has_no_reference))
