/* export.c - GET models/{version}/onnx: a network for other runtimes. */
#include "db/row.h"
#include "ml/model_file.h"
#include "ml/onnx.h"
#include "services/training/queries.h"
#include "services/training/training.h"

static const char *
tell_newest(struct worker *w, const struct db_result *result)
{
	return db_is_null(result, 0, 1)
	    ? "there is none yet"
	    : arena_printf(&w->arena, "the newest is %.12s",
		  db_get_text(result, 0, 1, &w->arena));
}

/* Whoever asks for another kind is told which network there is. */
static bool
check_network(struct worker *w, const char *tenant, const char *version,
    struct err *err)
{
	struct db_result result = { 0 };

	if (!db_query(w->db, &query_model_as_network,
		DB_ARGS(db_text(tenant), db_text(version)), &result, err))
		return false;
	if (!db_get_flag(&result, 0, 0))
		err_set(err, ERR_INVALID,
		    "%.12s is not a network, and only a network can be "
		    "written as ONNX: %s",
		    version, tell_newest(w, &result));
	db_result_close(&result);
	return err->code == ERR_NONE;
}

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
	    !check_network(w, tenant, version, err) ||
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
