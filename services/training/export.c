/* export.c - GET models/{version}/onnx: a network for other runtimes. */
#include "ml/model_file.h"
#include "ml/onnx.h"
#include "services/training/queries.h"
#include "services/training/training.h"

static bool
load(struct worker *w, const char *tenant, const char *version,
    struct model **model, struct err *err)
{
	struct db_result result = { 0 };
	bool is_loaded;

	if (!db_query(w->db, &query_model_bytes,
		DB_ARGS(db_text(tenant), db_text(version)), &result, err))
		return false;
	is_loaded =
	    model_load(db_get_bytes(&result, 0, 0), version, model, err);
	db_result_close(&result);
	return is_loaded;
}

bool
get_model_onnx(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant, *version;
	struct buf file = { 0 };
	struct model *model;
	bool is_written;

	if (!model_version_of(w, tenant, call_path(call, "version"), &version,
		err) ||
	    !load(w, tenant, version, &model, err))
		return false;
	is_written = onnx_write(model, &file, err);
	model_unref(model);
	call_tag(call, version);
	if (is_written)
		reply_bytes(call, 200, "application/octet-stream",
		    buf_slice(&file));
	buf_close(&file);
	return is_written;
}
