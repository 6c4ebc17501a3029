/*
 * model_file_fuzz.c - any bytes as a model file: refused, or a model that is
 * written as a file which loads again.
 */
#include "base/must.h"
#include "ml/model_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice file = { (const char *)data, size };
	struct model *model, *again;
	struct buf written = { 0 };
	struct err err = { 0 };

	if (!model_load(file, NULL, &model, &err))
		return 0;
	model_save(model, &written);
	must(model_load(buf_slice(&written), NULL, &again, &err));
	model_unref(again);
	model_unref(model);
	buf_close(&written);
	return 0;
}
