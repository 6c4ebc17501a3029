/*
 * maker.c - calibration, typical student, interval, golden rows, reference.
 */
#include "services/training/maker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "services/training/spread.h"

enum {
	GOLDEN_ROWS = 8,
	GOLDEN_STREAM = 13,
	GOLDEN_STEPS = GOLDEN_ROWS * NETWORK_MAX_STEPS * NETWORK_INPUTS,
	MISSING_ONE_IN = 8
};

#define GOLDEN_TOLERANCE 1e-4f
/* The last layer's activations are many and alike; a unit of ridge is little
 * against thousands of samples and keeps the step finite. */
#define NETWORK_RIDGE 1.0
/* The parts of boosted trees say much the same, too. */
#define TREES_RIDGE 1.0

struct golden_rows {
	struct network_row rows[GOLDEN_ROWS];
	float steps[GOLDEN_STEPS];
	float context[GOLDEN_ROWS * NETWORK_CONTEXT];
};

/* Nobody's: normal values about the training set's means, some missing. */
static float
invent(struct random *random, const struct network_standard *standard, int i)
{
	double value = (double)standard->mean[i] +
	    random_normal(random) * (double)standard->deviation[i];

	return random_below(random, MISSING_ONE_IN) == 0 ? NAN : (float)value;
}

static void
set_golden(struct model *model, const struct makings *makings)
{
	struct golden_rows *golden = mem_alloc(1, sizeof(*golden));
	float *steps = golden->steps, *context = golden->context;
	struct random random;

	random_init(&random, makings->seed, GOLDEN_STREAM);
	for (int row = 0; row < GOLDEN_ROWS; row++) {
		int count =
		    1 + row * (NETWORK_MAX_STEPS - 1) / (GOLDEN_ROWS - 1);

		golden->rows[row] =
		    (struct network_row){ steps, context, count };
		for (int i = 0; i < count * NETWORK_INPUTS; i++)
			*steps++ = invent(&random, makings->standard,
			    i % NETWORK_INPUTS);
		for (int i = 0; i < NETWORK_CONTEXT; i++)
			*context++ = invent(&random, makings->standard,
			    NETWORK_INPUTS + i);
	}
	model_set_golden(model, golden->rows, GOLDEN_ROWS, GOLDEN_TOLERANCE);
	free(golden);
}

static void
add_to_sums(double *sums, const float *values, int count)
{
	for (int i = 0; i < count; i++)
		sums[i] += (double)values[i];
}

void
typical_student(const struct cohort *cohort, struct baseline *baseline)
{
	double sums[NETWORK_MAX_STEPS][NETWORK_INPUTS] = { 0 };
	double context[NETWORK_CONTEXT] = { 0 };
	size_t counts[NETWORK_MAX_STEPS] = { 0 };
	int from = 0;

	for (size_t i = 0; i < cohort->count; i++) {
		const struct network_row *row = &cohort->rows[i];

		for (int t = 0; t < row->step_count; t++) {
			counts[t]++;
			add_to_sums(sums[t], row->steps + t * NETWORK_INPUTS,
			    NETWORK_INPUTS);
		}
		add_to_sums(context, row->context, NETWORK_CONTEXT);
	}
	for (int t = 0; t < NETWORK_MAX_STEPS; t++) {
		from = counts[t] > 0 ? t : from;
		for (int i = 0; i < NETWORK_INPUTS; i++)
			baseline->steps[t * NETWORK_INPUTS + i] =
			    (float)(sums[from][i] / (double)counts[from]);
	}
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		baseline->context[i] =
		    (float)(context[i] / (double)cohort->count);
}

/* What all samples feed the row that ends the model: (count, width). */
static void
last_inputs(const struct model *model, const struct makings *makings,
    float *inputs)
{
	const struct cohort *cohort = makings->cohort;
	struct network_batch batch = { cohort->rows, cohort->count, true };
	struct network_output output = { .last = inputs };
	struct model_scratch *scratch;

	if (model->kind == MODEL_TREES) {
		for (size_t i = 0; i < makings->table->count; i++)
			trees_logit(model->trees,
			    makings->table->rows + i * MODEL_INPUTS,
			    inputs + i * TREES_STAGES);
		return;
	}
	scratch = model_scratch_new(model, false);
	model_logits(model, scratch, &batch, &output);
	model_scratch_free(scratch);
}

/* Calibrated held-out logits of a kind; NULL where there are none. */
static double *
other_logits(const struct makings *makings, enum model_kind kind)
{
	const struct cohort *cohort = makings->cohort;
	const double *logits = makings->held_out[kind];
	struct calibration calibration;
	struct err err = { 0 };
	double *calibrated;

	if (logits == NULL ||
	    !calibration_fit(&calibration, logits, cohort->adverse,
		cohort->count, &err))
		return NULL;
	calibrated = mem_alloc(cohort->count, sizeof(double));
	for (size_t i = 0; i < cohort->count; i++)
		calibrated[i] = calibration_apply(&calibration, logits[i]);
	return calibrated;
}

static void
set_spread(struct model *model, const struct makings *makings,
    const double *logits, double ridge)
{
	const struct cohort *cohort = makings->cohort;
	size_t width = (size_t)model_width(model);
	float *inputs = mem_alloc(cohort->count * width, sizeof(float));
	float *spread = mem_alloc(SPREAD_ROWS * (width + 1), sizeof(float));
	float row[SPREAD_WIDTH_MAX + 1];
	double *others[] = {
		other_logits(makings, (model->kind + 1) % MODEL_KINDS),
		other_logits(makings, (model->kind + 2) % MODEL_KINDS),
	};
	struct spread_question question = { .count = cohort->count,
		.width = (int)width,
		.inputs = inputs,
		.adverse = cohort->adverse,
		.student = cohort->student,
		.logits = logits,
		.row = row,
		.calibration = model->calibration,
		.others = { others[0], others[1] },
		.folds = makings->folds,
		.is_random = model->kind == MODEL_NETWORK,
		.ridge = ridge,
		.seed = makings->seed };

	last_inputs(model, makings, inputs);
	model_last_row(model, row);
	if (spread_rows(&question, spread))
		model_set_spread(model, spread, SPREAD_ROWS);
	free(others[0]);
	free(others[1]);
	free(inputs);
	free(spread);
}

static bool
calibrate(struct model *model, const struct makings *makings,
    const double *logits, struct err *err)
{
	const struct cohort *cohort = makings->cohort;
	double *calibrated;
	bool is_good;

	if (!calibration_fit(&model->calibration, logits, cohort->adverse,
		cohort->count, err))
		return false;
	if (!makings->is_isotonic)
		return true;
	calibrated = mem_alloc(cohort->count, sizeof(double));
	for (size_t i = 0; i < cohort->count; i++)
		calibrated[i] =
		    calibration_apply(&model->calibration, logits[i]);
	is_good = isotonic_fit(&model->isotonic, calibrated, cohort->adverse,
	    cohort->count, err);
	free(calibrated);
	return is_good;
}

/* What all kinds have. */
static bool
finish(struct model *model, const struct makings *makings, const double *logits,
    double ridge, struct err *err)
{
	if (!calibrate(model, makings, logits, err))
		return err_in(err, "calibration");
	model_set_standard(model, makings->standard);
	typical_student(makings->cohort, &model->baseline);
	set_spread(model, makings, logits, ridge);
	set_golden(model, makings);
	if (makings->seen != NULL)
		model->reference =
		    seen_reference(makings->seen, model, logits, makings->seed);
	return true;
}

bool
make_network(const struct makings *makings, struct network *network,
    const struct chosen *chosen, struct model **model, struct err *err)
{
	struct network_weights *to;
	const struct network_weights *from = network_known(network);

	*model = model_new(network_shape(network));
	to = network_weights((*model)->network);
	memcpy(to->data, from->data, to->count * sizeof(float));
	network_pack((*model)->network);
	network_free(network);
	return finish(*model, makings, chosen->logits, NETWORK_RIDGE, err);
}

bool
make_logistic(const struct makings *makings, const struct fitted *fitted,
    struct model **model, struct err *err)
{
	*model = model_new(NULL);
	for (int i = 0; i < MODEL_INPUTS; i++)
		(*model)->weights[i] = (float)fitted->logistic.weight[i];
	(*model)->intercept = (float)fitted->logistic.intercept;
	return finish(*model, makings, fitted->logits, fitted->l2, err);
}

bool
make_trees(const struct makings *makings, struct grown *grown,
    struct model **model, struct err *err)
{
	*model = model_new_trees(grown->trees);
	grown->trees = NULL;
	return finish(*model, makings, grown->logits, TREES_RIDGE, err);
}
