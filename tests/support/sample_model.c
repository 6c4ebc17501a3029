/*
 * sample_model.c - small models of all kinds with every part filled.
 */
#include "tests/support/sample_model.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "tests/support/network_reference.h"
#include "tests/support/sample_trees.h"

enum { SPREAD = 20, GOLDEN = 3, SEEN = 80 };

static void
fill_normal(struct random *random, float *values, int count, double width)
{
	for (int i = 0; i < count; i++)
		values[i] = (float)(width * random_normal(random));
}

/* Of 80 made up samples, half of week 4, half of week 8. */
static struct reference *
make_reference(struct random *random)
{
	float *values = mem_alloc(SEEN * REFERENCE_COLUMNS, sizeof(float));
	uint16_t week[SEEN];
	struct reference *reference;

	fill_normal(random, values, SEEN * REFERENCE_COLUMNS, 1);
	for (size_t i = 0; i < SEEN; i++) {
		week[i] = i % 2 == 0 ? 4 : 8;
		values[i * REFERENCE_COLUMNS] = NAN;
		values[i * REFERENCE_COLUMNS + 1] = i % 3 == 0 ? NAN : (float)i;
	}
	reference =
	    reference_make(&(struct reference_source){ values, week, SEEN }, 1);
	free(values);
	return reference;
}

static void
fill(struct model *model, struct random *random)
{
	int width = model_width(model) + 1;
	float *spread = mem_alloc((size_t)(SPREAD * width), sizeof(float));
	struct network_row *rows = random_rows(GOLDEN, 77);
	struct network_standard standard;
	struct err err = { 0 };

	fill_normal(random, standard.mean, MODEL_INPUTS, .3);
	for (int i = 0; i < MODEL_INPUTS; i++)
		standard.deviation[i] = (float)(.5 + random_unit(random));
	model_set_standard(model, &standard);
	model->calibration = (struct calibration){ 1.25, -.1 };
	fill_normal(random, model->baseline.steps,
	    NETWORK_MAX_STEPS * NETWORK_INPUTS, .2);
	fill_normal(random, model->baseline.context, NETWORK_CONTEXT, .2);
	fill_normal(random, spread, SPREAD * width, .4);
	model_set_spread(model, spread, SPREAD);
	must(model_set_manifest(model,
	    "{\"made for\": \"tests \xc3\xa9\\n\"}", &err));
	model_set_golden(model, rows, GOLDEN, 1e-4f);
	random_rows_free(rows);
	free(spread);
}

struct model *
sample_network_model(unsigned seed)
{
	struct network_shape shape = { 8, 4, 8 };
	struct model *model = model_new(&shape);
	struct random random;

	network_randomise(model->network, seed);
	/* little, because rows in tests are often as recorded: far off */
	random_init(&random, seed, 11);
	fill_normal(&random,
	    network_weights(model->network)->tensor[TENSOR_DIRECT],
	    NETWORK_DIRECT, .0003);
	network_pack(model->network);
	random_init(&random, seed, 8);
	fill(model, &random);
	model->reference = make_reference(&random);
	model->quantisation = (struct quantisation){ .004, .0005, .998, 1500 };
	return model;
}

struct model *
sample_logistic_model(unsigned seed)
{
	struct model *model = model_new(NULL);
	struct random random;

	random_init(&random, seed, 9);
	fill_normal(&random, model->weights, MODEL_INPUTS, .3);
	model->intercept = -.4f;
	fill(model, &random);
	return model;
}

struct model *
sample_trees_model(unsigned seed)
{
	struct model *model = model_new_trees(sample_trees(seed, MODEL_INPUTS));
	struct random random;

	random_init(&random, seed, 10);
	fill(model, &random);
	return model;
}
