/* model_check.c - loads a model file to see whether it would serve. */
#include "services/prediction/model_check.h"

#include "ml/model_file.h"

bool
model_file_is_good(struct slice file, const char *version, struct err *err)
{
	struct model *model;

	if (!model_load(file, version, &model, err))
		return false;
	model_unref(model);
	return true;
}
