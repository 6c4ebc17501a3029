/*
 * model_file_fuzz.c - any bytes as a model file: refused, or a model that is
 * written as a file which loads again.
 *
 * A model file proves itself by golden rows, so a changed byte of a weight is
 * refused by arithmetic before anything else is seen, and most bytes are
 * weights.  The mutator therefore changes the header alone (and repairs its
 * size), or numbers of a file that loads (and computes its golden rows anew),
 * or anything.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "ml/model_file.h"

enum { SIZE_BYTES = sizeof(uint64_t) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
    unsigned int seed);
/* libFuzzer's own: changes in place, returns the new size. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* Bytes of the header; 0 when there is none. */
static size_t
header_size(const uint8_t *data, size_t size)
{
	uint64_t header = 0;

	if (size < SIZE_BYTES)
		return 0;
	memcpy(&header, data, SIZE_BYTES);
	return header > size - SIZE_BYTES ? 0 : (size_t)header;
}

/* The JSON changes; size and tensors stay right. */
static size_t
mutate_header(uint8_t *data, size_t size, size_t most)
{
	size_t header = header_size(data, size);
	size_t rest = size - SIZE_BYTES - header;
	struct buf tensors = { 0 }, json = { 0 };
	uint64_t now;

	buf_add(&tensors, data + SIZE_BYTES + header, rest);
	buf_add(&json, data + SIZE_BYTES, header);
	(void)buf_reserve(&json, most - SIZE_BYTES - rest);
	now = LLVMFuzzerMutate((uint8_t *)json.data, header,
	    most - SIZE_BYTES - rest);
	memcpy(data, &now, SIZE_BYTES);
	memcpy(data + SIZE_BYTES, json.data, now);
	if (rest > 0)
		memcpy(data + SIZE_BYTES + now, tensors.data, rest);
	buf_close(&tensors);
	buf_close(&json);
	return SIZE_BYTES + (size_t)now + rest;
}

static void
mutate_floats(float *values, size_t count)
{
	size_t size = count * sizeof(*values);

	(void)LLVMFuzzerMutate((uint8_t *)values, size, size);
}

/* Weights, scales or texts of the model, whichever `seed` says. */
static void
mutate_part(struct model *model, unsigned int seed)
{
	struct network_standard standard = model->standard;
	struct network_weights *weights;

	switch (seed % 5) {
	case 0:
		mutate_floats(standard.deviation, MODEL_INPUTS);
		model_set_standard(model, &standard);
		break;
	case 1:
		mutate_floats(model->baseline.steps,
		    NETWORK_MAX_STEPS * NETWORK_INPUTS);
		break;
	case 2:
		mutate_floats(model->golden.steps,
		    NETWORK_MAX_STEPS * NETWORK_INPUTS);
		break;
	case 3:
		model->calibration.slope *= 1 + seed % 7;
		model->cuts[0] /= 1 + seed % 3;
		break;
	case 4:
		if (model->network == NULL) {
			mutate_floats(model->weights, MODEL_INPUTS);
			break;
		}
		weights = network_weights(model->network);
		mutate_floats(weights->tensor[seed / 5 % TENSOR_COUNT], 1);
		network_pack(model->network);
		break;
	}
}

/* The rows of the model stay and get the answers it now gives. */
static void
renew_golden(struct model *model)
{
	struct golden old = model->golden;

	model->golden = (struct golden){ 0 };
	model_set_golden(model, old.rows, old.count, old.tolerance);
	free(old.rows);
	free(old.steps);
	free(old.context);
	free(old.logits);
}

/* Another model that proves itself; 0 when this file does not load. */
static size_t
mutate_model(uint8_t *data, size_t size, size_t most, unsigned int seed)
{
	struct slice file = { (const char *)data, size };
	struct buf written = { 0 };
	struct model *model;
	struct err err;

	if (!model_load(file, NULL, &model, &err))
		return 0;
	mutate_part(model, seed);
	renew_golden(model);
	model_save(model, &written);
	model_unref(model);
	size = written.size <= most ? written.size : 0;
	memcpy(data, written.data, size);
	buf_close(&written);
	return size;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
    unsigned int seed)
{
	size_t now = 0;

	if (seed % 8 == 0)
		now = mutate_model(data, size, most, seed / 8);
	else if (seed % 8 < 7 && header_size(data, size) > 0)
		now = mutate_header(data, size, most);
	return now > 0 ? now : LLVMFuzzerMutate(data, size, most);
}

/* Whatever the weights are, 8-bit arithmetic stays inside its arrays. */
static void
answer_by_int8(struct model *model, const char *kernels)
{
	const struct golden *golden = &model->golden;
	struct model_scratch *scratch = model_scratch_new(model, false);
	float logits[MODEL_GOLDEN_MAX];
	struct err err = { 0 };

	if (model_set_arithmetic(model, kernels, true, &err))
		model_logits(model, scratch,
		    &(struct network_batch){ golden->rows,
			(size_t)golden->count, false },
		    &(struct network_output){ .logits = logits });
	else
		must(err.code == ERR_INVALID);
	model_scratch_free(scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice file = { (const char *)data, size };
	struct model *model, *again;
	struct buf written = { 0 };
	char digest[MODEL_DIGEST_SIZE];
	struct err err = { 0 };

	model_digest(file, digest);
	if (!model_load(file, digest, &model, &err)) {
		must(err.code == ERR_INVALID);
		return 0;
	}
	digest[0] = digest[0] == '0' ? '1' : '0';
	must(!model_load(file, digest, &again, &err));
	model_save(model, &written);
	must(model_load(buf_slice(&written), NULL, &again, &err));
	answer_by_int8(model, "");
	answer_by_int8(again, "scalar");
	model_unref(again);
	model_unref(model);
	buf_close(&written);
	return 0;
}
