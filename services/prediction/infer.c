/*
 * infer.c - /v2: the Open Inference Protocol over the tenant's champion.
 *
 * The same model, arithmetic and rounding as every other answer: rows become
 * looks, and looks_score does the rest.  What is asked for here is about rows
 * of numbers and nobody in particular, so nothing of it is stored.
 */
#include <math.h>
#include <string.h>

#include "services/prediction/inference.h"
#include "services/prediction/prediction.h"
#include "services/prediction/queries.h"

/* Column of aliased_versions. */
enum { ALIASED_VERSION = 1 };

/* A body of more bytes than this is worked on at the one place for large
 * answers. */
enum { INFER_SMALL_MOST = 512 * 1024, INFER_BUSY_SECONDS = 1 };

bool
get_inference_server(struct worker *w, struct call *call, struct err *err)
{
	const char *extensions[] = { "binary_tensor_data" };
	struct inference_server server = { .name = "edupulse",
		.version = EDUPULSE_VERSION,
		.extensions = extensions,
		.extensions_count = ARRAY_SIZE(extensions) };

	(void)w;
	(void)err;
	return reply(call, 200, &inference_server_message, &server);
}

/* The version that the tenant is served with, if that is the one asked for;
 * NULL: any. */
static bool
find_version(struct worker *w, struct call *call, const char *asked,
    const char **version, struct err *err)
{
	struct db_result result;
	bool is_there;

	if (strcmp(call_path(call, "model"), INFERENCE_MODEL) != 0)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no such model; " INFERENCE_MODEL " is the one");
	if (!db_query(w->db, &query_aliased_versions,
		DB_ARGS(db_text(call->head->tenant), db_text("champion")),
		&result, err))
		return false;
	is_there = result.row_count > 0;
	*version = is_there
	    ? db_get_text(&result, 0, ALIASED_VERSION, call->arena)
	    : NULL;
	db_result_close(&result);
	if (!is_there)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no model yet: train one with `edupulse train`, "
		    "or POST /api/v1/train/update");
	return asked == NULL || strcmp(asked, *version) == 0 ||
	    err_set(err, ERR_NOT_FOUND, "that version does not serve; %s does",
		*version);
}

/* A reference for the caller. */
static bool
take_model(struct worker *w, struct call *call, const char *asked,
    struct model **model, struct err *err)
{
	const char *version = NULL;

	return find_version(w, call, asked, &version, err) &&
	    models_take(w, call->head->tenant, version, model, err);
}

static void
describe(const struct tensor_kind *kinds, size_t count, struct arena *arena,
    struct inference_tensor *tensors)
{
	for (size_t i = 0; i < count; i++) {
		double *shape =
		    arena_array(arena, kinds[i].rank, sizeof(*shape));

		for (size_t k = 0; k < kinds[i].rank; k++)
			shape[k] = kinds[i].shape[k];
		tensors[i] = (struct inference_tensor){ .name = kinds[i].name,
			.datatype = kinds[i].datatype,
			.shape = shape,
			.shape_count = kinds[i].rank };
	}
}

static bool
tell_of_model(struct worker *w, struct call *call, const char *asked,
    struct err *err)
{
	struct inference_tensor inputs[IN_COUNT], outputs[OUT_COUNT];
	struct inference_model answer = { .name = INFERENCE_MODEL,
		.inputs = inputs,
		.inputs_count = IN_COUNT,
		.outputs = outputs,
		.outputs_count = OUT_COUNT };
	struct model *model;
	const char *version;

	if (!take_model(w, call, asked, &model, err))
		return false;
	version = model->digest;
	answer.versions = &version;
	answer.versions_count = 1;
	answer.platform = arena_printf(call->arena, "edupulse_%s",
	    model_kind_name(model->kind));
	describe(inference_in, IN_COUNT, call->arena, inputs);
	describe(inference_out, OUT_COUNT, call->arena, outputs);
	reply(call, 200, &inference_model_message, &answer);
	model_unref(model);
	return true;
}

bool
get_inference_model(struct worker *w, struct call *call, struct err *err)
{
	return tell_of_model(w, call, NULL, err);
}

bool
get_inference_version(struct worker *w, struct call *call, struct err *err)
{
	return tell_of_model(w, call, call_path(call, "version"), err);
}

static bool
tell_readiness(struct worker *w, struct call *call, const char *asked,
    struct err *err)
{
	struct inference_ready ready = { INFERENCE_MODEL, true };
	struct model *model;

	if (!take_model(w, call, asked, &model, err))
		return false;
	model_unref(model);
	return reply(call, 200, &inference_ready_message, &ready);
}

bool
is_inference_model_ready(struct worker *w, struct call *call, struct err *err)
{
	return tell_readiness(w, call, NULL, err);
}

bool
is_inference_version_ready(struct worker *w, struct call *call, struct err *err)
{
	return tell_readiness(w, call, call_path(call, "version"), err);
}

/* The rows as looks of nobody. */
static struct look *
score(struct models *models, struct model *model,
    const struct inference *inference, struct arena *arena)
{
	struct look *looks =
	    arena_array(arena, inference->rows, sizeof(*looks));
	size_t row = inference->steps * NETWORK_INPUTS;
	struct thinker thinker;

	for (size_t i = 0; i < inference->rows; i++) {
		struct feature_sequence *sequence = &looks[i].sequence;

		sequence->status = FEATURES_READY;
		sequence->step_count = (size_t)inference->lengths[i];
		sequence->steps = inference->sequence + i * row;
		memcpy(sequence->context,
		    inference->context + i * NETWORK_CONTEXT,
		    sizeof(sequence->context));
	}
	thinker = thinker_take(models, model, false);
	looks_score(&thinker, arena, looks, inference->rows);
	thinker_give(models, &thinker);
	return looks;
}

static bool
check_finite(const struct look *looks, size_t rows, struct err *err)
{
	for (size_t i = 0; i < rows; i++)
		if (!isfinite(looks[i].logit))
			return err_set(err, ERR_MALFORMED,
			    "row %zu: the model gives no finite score for "
			    "these values",
			    i);
	return true;
}

static bool
answer_rows(struct worker *w, struct call *call, struct model *model,
    struct err *err)
{
	const struct bus_head *head = call->head;
	size_t json_size =
	    head->has_json_size ? (size_t)head->json_size : call->body.size;
	struct buf out = { NULL, 0, 0 };
	struct inference inference;
	struct look *looks;

	if (!inference_read(call->body, json_size, call->arena, &inference,
		err))
		return false;
	looks = score(w->state, model, &inference, call->arena);
	if (!check_finite(looks, inference.rows, err))
		return false;
	json_size = inference_write(&inference, model->digest, looks, &out);
	call->answer.json_size = (int64_t)json_size;
	call->answer.has_json_size = json_size < out.size;
	reply_bytes(call, 200,
	    call->answer.has_json_size ? "application/octet-stream"
				       : "application/json",
	    buf_slice(&out));
	buf_close(&out);
	return true;
}

static bool
answer_at_a_place(struct worker *w, struct call *call, struct model *model,
    struct err *err)
{
	bool is_good;

	if (call->body.size <= INFER_SMALL_MOST)
		return answer_rows(w, call, model, err);
	if (!large_take(w->state)) {
		err_set(err, ERR_UNAVAILABLE,
		    "another request of more than %d bytes is being answered; "
		    "ask again in a moment, or for fewer rows",
		    INFER_SMALL_MOST);
		err->retry_after = INFER_BUSY_SECONDS;
		return false;
	}
	is_good = answer_rows(w, call, model, err);
	large_give(w->state);
	return is_good;
}

static bool
infer_with(struct worker *w, struct call *call, const char *asked,
    struct err *err)
{
	struct model *model;
	bool is_good;

	if (!take_model(w, call, asked, &model, err))
		return false;
	is_good = answer_at_a_place(w, call, model, err);
	model_unref(model);
	return is_good;
}

bool
infer(struct worker *w, struct call *call, struct err *err)
{
	return infer_with(w, call, NULL, err);
}

bool
infer_version(struct worker *w, struct call *call, struct err *err)
{
	return infer_with(w, call, call_path(call, "version"), err);
}
