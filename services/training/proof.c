/*
 * proof.c - load, and ask for 8-bit weights.
 */
#include "services/training/proof.h"

#include "ml/model_file.h"

struct proof
proof_of(struct slice file, const char *version, struct arena *arena)
{
	struct proof proof = { 0 };
	struct model *model;
	struct err err = { 0 };

	if (model_load(file, version, &model, &err)) {
		proof.has_int8 = quantisation_passes(&model->quantisation);
		if (model_set_arithmetic(model, NULL, true, &err))
			proof.int8_passes = model->is_int8;
		model_unref(model);
	}
	if (err.code != ERR_NONE)
		proof.fault = arena_copy(arena, err.detail);
	return proof;
}
