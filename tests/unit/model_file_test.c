/*
 * model_file_test.c - a model comes back as it went, or not at all.
 */
#include "ml/model_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "ml/safetensors.h"
#include "tests/support/network_reference.h"
#include "tests/support/sample_model.h"
#include "tests/support/test.h"

static struct model *
load(const struct buf *file)
{
	struct err err = { 0 };
	struct model *model;

	if (!model_load(buf_slice(file), NULL, &model, &err))
		fail_msg("%s", err.detail);
	return model;
}

static void
check_round_trip(struct model *model)
{
	struct buf file = { 0 }, again = { 0 };
	struct model *back;
	char digest[MODEL_DIGEST_SIZE];

	model_save(model, &file);
	back = load(&file);
	model_save(back, &again);
	assert_int_equal(file.size, again.size);
	assert_memory_equal(file.data, again.data, file.size);
	model_digest(buf_slice(&file), digest);
	assert_string_equal(back->digest, digest);
	assert_string_equal(back->manifest, model->manifest);
	assert_int_equal(back->kind, model->kind);
	assert_near(back->calibration.slope, 1.25, 0);
	assert_near(back->calibration.intercept, -.1, 0);
	assert_int_equal(back->spread_count, 20);
	assert_memory_equal(&back->quantisation, &model->quantisation,
	    sizeof(back->quantisation));
	assert_memory_equal(&back->baseline, &model->baseline,
	    sizeof(back->baseline));
	assert_int_equal(back->reference != NULL, model->reference != NULL);
	assert_memory_equal(back->golden.logits, model->golden.logits,
	    3 * sizeof(float));
	buf_close(&file);
	buf_close(&again);
	model_unref(back);
	model_unref(model);
}

static void
all_kinds_survive_the_round_trip_byte_for_byte(void **state)
{
	(void)state;
	check_round_trip(sample_network_model(1));
	check_round_trip(sample_logistic_model(2));
	check_round_trip(sample_trees_model(3));
}

/* Knots that make the scores of `model` other ones. */
static void
give_knots(struct model *model)
{
	model->isotonic = (struct isotonic){ .count = 3,
		.at = { -1, 0, 2 },
		.value = { -2, .5f, 1 } };
}

static void
isotonic_scores_survive_the_round_trip(void **state)
{
	struct model *model = sample_logistic_model(8), *back;
	double plain = model_score(model, .4);
	struct buf file = { 0 };

	(void)state;
	give_knots(model);
	model_save(model, &file);
	back = load(&file);
	assert_memory_equal(&back->isotonic, &model->isotonic,
	    sizeof(back->isotonic));
	/* 1.25 * .4 - .1 = .4 calibrated; .5 + .4 / 2 * .5 = .6 */
	assert_near(model_score(back, .4), 1 / (1 + exp(-.6)), 1e-7);
	assert_true(fabs(model_score(back, .4) - plain) > .01);
	buf_close(&file);
	model_unref(back);
	model_unref(model);
}

static void
refuse(struct buf *file, const char *digest, const char *why)
{
	struct err err = { 0 };
	struct model *model;

	assert_false(model_load(buf_slice(file), digest, &model, &err));
	assert_null(model);
	assert_int_equal(err.code, ERR_INVALID);
	if (!strstr(err.detail, why))
		fail_msg("\"%s\" does not say \"%s\"", err.detail, why);
}

static void
another_digest_is_refused(void **state)
{
	struct model *model = sample_logistic_model(3);
	struct buf file = { 0 };
	char digest[MODEL_DIGEST_SIZE];
	struct err err = { 0 };
	struct model *back;

	(void)state;
	model_save(model, &file);
	model_digest(buf_slice(&file), digest);
	assert_true(model_load(buf_slice(&file), digest, &back, &err));
	model_unref(back);
	digest[7] = digest[7] == 'a' ? 'b' : 'a';
	refuse(&file, digest, "SHA-256");
	buf_close(&file);
	model_unref(model);
}

static void
golden_rows_that_do_not_come_out_are_refused(void **state)
{
	struct model *model = sample_network_model(4);
	struct buf file = { 0 };

	(void)state;
	model->golden.logits[1] += .01f;
	model_save(model, &file);
	refuse(&file, NULL, "1 of 3 golden rows");
	buf_clear(&file);
	model->golden.logits[1] -= .01f;
	network_weights(model->network)->tensor[TENSOR_LOGIT][0] += 1;
	model_save(model, &file);
	refuse(&file, NULL, "golden rows");
	buf_close(&file);
	model_unref(model);
}

static void
answers_that_cannot_be_are_refused(void **state)
{
	struct model *model = sample_logistic_model(5);
	struct buf file = { 0 };

	(void)state;
	model->cuts[1] = .9;
	model_save(model, &file);
	refuse(&file, NULL, "cuts");
	model->cuts[1] = .5;
	model->calibration.slope = -1;
	buf_clear(&file);
	model_save(model, &file);
	refuse(&file, NULL, "calibration");
	model->calibration.slope = 1;
	model->weights[3] = NAN;
	buf_clear(&file);
	model_save(model, &file);
	refuse(&file, NULL, "not finite");
	model->weights[3] = 0;
	model->standard.deviation[0] = -1;
	buf_clear(&file);
	model_save(model, &file);
	refuse(&file, NULL, "negative");
	buf_close(&file);
	model_unref(model);
}

/* Each of these would be another walk, or one without end. */
static void
trees_that_cannot_be_are_refused(void **state)
{
	struct model *model = sample_trees_model(8);
	struct trees *trees = model->trees;
	struct tree_node first = trees->nodes[0];
	struct buf file = { 0 };

	(void)state;
	trees->nodes[0].left = 0;
	model_save(model, &file);
	refuse(&file, NULL, "child that is not there");
	trees->nodes[0] = first;
	trees->nodes[0].input = MODEL_INPUTS;
	buf_clear(&file);
	model_save(model, &file);
	refuse(&file, NULL, "input that is not there");
	trees->nodes[0] = first;
	trees->bias += .01f;
	buf_clear(&file);
	model_save(model, &file);
	refuse(&file, NULL, "golden rows");
	buf_close(&file);
	model_unref(model);
}

static void
knots_that_do_not_rise_are_refused(void **state)
{
	struct model *model = sample_logistic_model(9);
	struct buf file = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		give_knots(model);
		if (i == 0)
			model->isotonic.value[2] = .5f;
		else if (i == 1)
			model->isotonic.at[0] = 3;
		else
			model->isotonic.count = 1;
		buf_clear(&file);
		model_save(model, &file);
		refuse(&file, NULL, "isotonic.value does not rise");
	}
	buf_close(&file);
	model_unref(model);
}

static void
a_cost_of_int8_that_cannot_be_is_refused(void **state)
{
	struct model *model = sample_network_model(5);
	struct model *logistic = sample_logistic_model(5);
	struct buf file = { 0 };

	(void)state;
	model->quantisation.mean = 1.5;
	model_save(model, &file);
	refuse(&file, NULL, "int8 is out of bounds");
	buf_clear(&file);
	logistic->quantisation = (struct quantisation){ 0, 0, 1, 1000 };
	model_save(logistic, &file);
	refuse(&file, NULL, "int8 is of a network only");
	buf_close(&file);
	model_unref(model);
	model_unref(logistic);
}

static void
a_reference_that_cannot_be_is_refused(void **state)
{
	struct model *model = sample_network_model(7);
	struct reference *reference = model->reference;
	struct buf file = { 0 };

	(void)state;
	reference->week[1] = 3;
	model_save(model, &file);
	refuse(&file, NULL, "weeks that do not rise");
	reference->week[1] = 8;
	reference->counts[5]++;
	buf_clear(&file);
	model_save(model, &file);
	refuse(&file, NULL, "counts that do not add up");
	reference->counts[5]--;
	reference->sample[2 * REFERENCE_SAMPLE] += 9;
	buf_clear(&file);
	model_save(model, &file);
	refuse(&file, NULL, "sample that is not sorted");
	buf_close(&file);
	model_unref(model);
}

/* As files were before the logit read the inputs: their weights are not
 * there, and rows of the interval have no place for them. */
static void
narrow_spread(struct safetensors *to, const struct safetensor *from, int fusion,
    struct arena *arena)
{
	int rows = (int)from->shape[0], width = (int)from->shape[1];
	float *narrow = arena_alloc_aligned(arena, 4 * from->count);

	for (int i = 0; i < rows; i++) {
		const char *row = from->data + 4 * i * width;
		float *at = narrow + i * (fusion + 1);

		memcpy(at, row, (size_t)fusion * sizeof(float));
		memcpy(at + fusion, row + 4 * (width - 1), sizeof(float));
	}
	safetensors_add(to, from->name, narrow, rows, fusion + 1);
}

static void
write_older(const struct model *model, struct buf *older)
{
	int fusion = network_shape(model->network)->fusion;
	struct safetensors in, out = { 0 };
	struct buf file = { 0 };
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena, 1 << 16);
	model_save(model, &file);
	assert_true(safetensors_read(&in, &arena, buf_slice(&file), &err));
	for (size_t i = 0; i < in.text_count; i++)
		safetensors_add_text(&out, in.texts[i].key, in.texts[i].value);
	for (size_t i = 0; i < in.count; i++) {
		const struct safetensor *t = &in.tensors[i];
		float *copy = arena_alloc_aligned(&arena, 4 * t->count + 4);

		memcpy(copy, t->data, 4 * t->count);
		if (strcmp(t->name, "direct.weight") == 0)
			continue;
		if (strcmp(t->name, "spread.weight") == 0)
			narrow_spread(&out, t, fusion, &arena);
		else
			safetensors_add(&out, t->name, copy, (int)t->shape[0],
			    t->dims > 1 ? (int)t->shape[1] : 0);
	}
	safetensors_write(&out, older);
	buf_close(&file);
	arena_close(&arena);
}

/* Its golden rows come out, and its interval is the same. */
static void
a_file_of_before_the_logit_read_the_inputs_is_loaded(void **state)
{
	struct model *model = sample_network_model(12), *back;
	int width = model_width(model);
	int fusion = network_shape(model->network)->fusion;
	float *direct = network_weights(model->network)->tensor[TENSOR_DIRECT];
	struct network_row *rows = random_rows(3, 78);
	struct buf file = { 0 };

	(void)state;
	for (int i = fusion; i < width; i++)
		for (int k = 0; k < model->spread_count; k++)
			model->spread[k * (width + 1) + i] = 0;
	memset(direct, 0, NETWORK_DIRECT * sizeof(float));
	network_pack(model->network);
	model_set_golden(model, rows, 3, 1e-4f);
	write_older(model, &file);
	back = load(&file);
	assert_int_equal(back->spread_count, model->spread_count);
	assert_memory_equal(back->spread, model->spread,
	    (size_t)(model->spread_count * (width + 1)) * sizeof(float));
	assert_memory_equal(network_known(back->network)->data,
	    network_known(model->network)->data,
	    network_known(model->network)->count * sizeof(float));
	random_rows_free(rows);
	buf_close(&file);
	model_unref(back);
	model_unref(model);
}

static void
check_cuts(struct model *model)
{
	struct buf file = { 0 };
	struct model *back;
	struct err err;

	model_save(model, &file);
	for (size_t size = 0; size < file.size; size += size < 2500 ? 1 : 997) {
		struct slice part = { file.data, size };

		assert_false(model_load(part, NULL, &back, &err));
	}
	buf_close(&file);
	model_unref(model);
}

static void
a_file_cut_anywhere_is_refused(void **state)
{
	(void)state;
	check_cuts(sample_logistic_model(6));
	check_cuts(sample_trees_model(6));
}

RUN_TESTS(cmocka_unit_test(all_kinds_survive_the_round_trip_byte_for_byte),
    cmocka_unit_test(another_digest_is_refused),
    cmocka_unit_test(golden_rows_that_do_not_come_out_are_refused),
    cmocka_unit_test(answers_that_cannot_be_are_refused),
    cmocka_unit_test(trees_that_cannot_be_are_refused),
    cmocka_unit_test(isotonic_scores_survive_the_round_trip),
    cmocka_unit_test(knots_that_do_not_rise_are_refused),
    cmocka_unit_test(a_cost_of_int8_that_cannot_be_is_refused),
    cmocka_unit_test(a_reference_that_cannot_be_is_refused),
    cmocka_unit_test(a_file_of_before_the_logit_read_the_inputs_is_loaded),
    cmocka_unit_test(a_file_cut_anywhere_is_refused))
