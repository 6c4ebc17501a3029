/*
 * accuracy.c - what the network's arithmetic costs, each figure against its
 * bound: f32 against the naive network in double (tests/support/
 * network_reference.h), 8-bit weights against f32 (ml/quantisation.h), over all
 * rows and the worst of three groups.
 *
 * The network is a trained one, so that scores are spread as in earnest: the
 * outcome is what the mean of one feature over all weeks says, with noise.
 * Networks of schools are measured like this at each training
 * (services/training/quantised.h).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "ml/model.h"
#include "ml/quantisation.h"
#include "services/training/trial.h"
#include "tests/bench/line.h"
#include "tests/support/network_reference.h"

enum {
	TAUGHT = 3000,
	ROWS = 1500,   /* measured, none of them taught */
	CHECKED = 400, /* of these, in double */
	ALL = TAUGHT + ROWS,
	STEPS = NETWORK_MAX_STEPS,
	GROUPS = 3,
	EPOCHS = 2
};

/* Lengths 1 ... 40. */
static void
make_rows(struct cohort *cohort)
{
	size_t row = (size_t)STEPS * NETWORK_INPUTS;
	struct random random;

	random_init(&random, 5, 1);
	cohort->count = ALL;
	cohort->rows = mem_alloc(ALL, sizeof(*cohort->rows));
	cohort->adverse = mem_alloc(ALL, sizeof(*cohort->adverse));
	cohort->steps = mem_alloc(ALL * row, sizeof(float));
	cohort->context =
	    mem_alloc((size_t)ALL * NETWORK_CONTEXT, sizeof(float));
	for (size_t i = 0; i < ALL; i++) {
		float *steps = cohort->steps + i * row;
		int length = 1 + (int)random_below(&random, STEPS);
		double sum = 0;

		for (size_t k = 0; k < row; k++)
			steps[k] = (float)random_normal(&random);
		for (int t = 0; t < length; t++)
			sum += (double)steps[t * NETWORK_INPUTS];
		cohort->adverse[i] = random_unit(&random) <
		    1 / (1 + exp(1 - sum / sqrt(length)));
		cohort->rows[i] = (struct network_row){ steps,
			cohort->context + i * NETWORK_CONTEXT, length };
	}
}

static struct model *
teach(const struct cohort *cohort)
{
	struct network_shape shape = network_shape_default();
	struct model *model = model_new(&shape);
	struct network_weights *weights = network_weights(model->network);
	struct network *taught;
	size_t rows[TAUGHT];
	struct trial_question question = { .cohort = cohort,
		.train = { rows, TAUGHT },
		.settings = { .hidden = shape.hidden,
		    .rate = 2e-3,
		    .decay = .1,
		    .input_dropout = .2,
		    .l2 = 10 },
		.seed = 5,
		.epochs = EPOCHS,
		.made = &taught };

	for (size_t i = 0; i < TAUGHT; i++)
		rows[i] = i;
	must(trial_run(&question));
	memcpy(weights->data, network_known(taught)->data,
	    weights->count * sizeof(float));
	network_pack(model->network);
	network_quantise(model->network);
	network_free(taught);
	return model;
}

/* Largest difference of a logit. */
static double
against_double(const struct model *model, const struct network_row *rows,
    const float *logits)
{
	const struct network_weights *known = network_known(model->network);
	double *weights = mem_alloc(known->count, sizeof(*weights)), worst = 0;

	for (size_t i = 0; i < known->count; i++)
		weights[i] = (double)known->data[i];
	for (size_t i = 0; i < CHECKED; i++)
		worst = fmax(worst,
		    fabs((double)logits[i] -
			reference_logit(network_shape(model->network), weights,
			    network_standard(model->network), &rows[i], NULL,
			    i)));
	free(weights);
	return worst;
}

static struct quantisation
by_group(const struct model *model, const struct quantised_scores *scores)
{
	struct quantisation worst = quantisation_measure(model, scores, NULL);
	uint8_t member[ROWS];

	for (int group = 0; group < GROUPS; group++) {
		struct quantisation found;

		for (int i = 0; i < ROWS; i++)
			member[i] = i % GROUPS == group;
		found = quantisation_measure(model, scores, member);
		quantisation_include(&worst, &found);
	}
	return worst;
}

static void
print_all(double f32, const struct quantisation *int8)
{
	print_line((struct line){ "accuracy, f32: largest difference to double",
	    "logit", "bound", f32, 1e-5 });
	print_line((struct line){ "accuracy, int8: largest change of a score",
	    "score", "bound", int8->worst, .01 });
	print_line((struct line){ "accuracy, int8: mean change of a score",
	    "score", "bound", int8->mean, .002 });
	print_line((struct line){ "accuracy, int8: same category, worst group",
	    "share", "bound", int8->agreement, .995 });
}

int
main(void)
{
	static float logits[ROWS], small[ROWS];
	static double exact[ROWS], rounded[ROWS];
	struct cohort cohort = { 0 };
	struct quantised_scores scores = { exact, rounded, ROWS };
	struct quantisation int8;

	make_rows(&cohort);
	struct model *model = teach(&cohort);
	struct network_scratch *scratch =
	    network_scratch_new(network_shape(model->network), false);
	struct network_batch batch = { cohort.rows + TAUGHT, ROWS, false };

	network_forward(model->network, scratch, &batch,
	    &(struct network_output){ .logits = logits });
	network_forward_int8(model->network, scratch, &batch,
	    &(struct network_output){ .logits = small });
	for (int i = 0; i < ROWS; i++) {
		exact[i] = model_score(model, (double)logits[i]);
		rounded[i] = model_score(model, (double)small[i]);
	}
	int8 = by_group(model, &scores);
	print_all(against_double(model, batch.rows, logits), &int8);
	network_scratch_free(scratch);
	model_unref(model);
	return 0;
}
