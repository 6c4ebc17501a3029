/*
 * inference_read.c - from the bytes of a request to rows.
 *
 * Numbers are read only when shapes are known to be sound and to agree, so
 * that nobody's request takes more room than its own bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "services/prediction/inference_json.h"

const struct tensor_kind inference_in[IN_COUNT] = {
	[IN_SEQUENCE] = { "sequence", "FP32", 3, { -1, -1, NETWORK_INPUTS } },
	[IN_CONTEXT] = { "context", "FP32", 2, { -1, NETWORK_CONTEXT } },
	[IN_LENGTHS] = { "lengths", "INT64", 1, { -1 } },
};

const struct tensor_kind inference_out[OUT_COUNT] = {
	[OUT_RISK_SCORE] = { "risk_score", "FP64", 1, { -1 } },
	[OUT_LOGIT] = { "logit", "FP32", 1, { -1 } },
	[OUT_RISK_CATEGORY] = { "risk_category", "BYTES", 1, { -1 } },
	[OUT_INTERVAL] = { "interval", "FP64", 2, { -1, 2 } },
};

/* A request in the reading. */
struct request {
	struct arena *arena;
	struct inference_json json;
	struct slice tail;                    /* bytes no input has taken yet */
	struct tensor_source bound[IN_COUNT]; /* name NULL: not given */
	size_t width[IN_COUNT];               /* bytes of an element */
};

static size_t
find_kind(const struct tensor_kind *kinds, size_t count, const char *name)
{
	size_t at = 0;

	while (at < count && strcmp(kinds[at].name, name) != 0)
		at++;
	return at;
}

static bool
read_datatype(struct request *r, enum inference_in in, const char *datatype,
    struct err *err)
{
	bool is_wide = strcmp(datatype, "INT64") == 0;

	r->width[in] = is_wide ? sizeof(int64_t) : sizeof(float);
	if (in != IN_LENGTHS && strcmp(datatype, "FP32") != 0)
		return err_set(err, ERR_MALFORMED,
		    "the datatype is FP32, not %s", datatype);
	if (in == IN_LENGTHS && !is_wide && strcmp(datatype, "INT32") != 0)
		return err_set(err, ERR_MALFORMED,
		    "the datatype is INT32 or INT64, not %s", datatype);
	return true;
}

static bool
read_shape(const struct tensor_kind *kind, const struct inference_input *input,
    struct tensor_source *source, struct err *err)
{
	if (input->shape_count != kind->rank)
		return err_set(err, ERR_MALFORMED,
		    "shape has %zu sizes, not %zu", kind->rank,
		    input->shape_count);
	source->rank = kind->rank;
	for (size_t i = 0; i < kind->rank; i++) {
		int any = i == 0 ? INFERENCE_ROWS : NETWORK_MAX_STEPS;
		int least = kind->shape[i] == -1 ? 1 : kind->shape[i];
		int most = kind->shape[i] == -1 ? any : kind->shape[i];
		double size = input->shape[i];

		if (!(size >= least && size <= most) || size != trunc(size))
			return err_set(err, ERR_MALFORMED,
			    "shape[%zu] is not from %d to %d", i, least, most);
		source->shape[i] = (size_t)size;
	}
	return true;
}

static size_t
bytes_of(const struct request *r, enum inference_in in)
{
	size_t size = r->width[in];

	for (size_t i = 0; i < r->bound[in].rank; i++)
		size *= r->bound[in].shape[i];
	return size;
}

/* The next bytes behind the JSON, if they are as many as the shape needs. */
static bool
take_bytes(struct request *r, enum inference_in in, struct slice text,
    struct err *err)
{
	size_t wanted = bytes_of(r, in);
	char *end;
	unsigned long long size = strtoull(text.data, &end, 10);

	if (end != text.data + text.size || size != wanted)
		return err_set(err, ERR_MALFORMED,
		    "binary_data_size is not %zu, which shape and datatype "
		    "need",
		    wanted);
	if (r->tail.size < wanted)
		return err_set(err, ERR_MALFORMED,
		    "%zu bytes are left behind the JSON, %zu are wanted; "
		    "Inference-Header-Content-Length says where it ends",
		    r->tail.size, wanted);
	r->bound[in].data = (struct slice){ r->tail.data, wanted };
	r->bound[in].is_binary = true;
	r->tail.data += wanted;
	r->tail.size -= wanted;
	return true;
}

/* `aside`: what was set aside of the input.  A name that was spelled with
 * escapes was not, and its data are where the decoder put them. */
static bool
take_data(struct request *r, enum inference_in in,
    const struct inference_input *input, struct slice aside, struct err *err)
{
	struct slice data = aside.size > 0 ? aside : input->data;
	bool has_data = data.size > 0 && !slice_is(data, "null");
	struct slice size;

	if (!inference_parameter(input->parameters, "binary_data_size", &size,
		err))
		return false;
	if (has_data == (size.size > 0))
		return err_set(err, ERR_MALFORMED,
		    "give data, or the parameter binary_data_size");
	if (!has_data)
		return take_bytes(r, in, size, err);
	r->bound[in].data = data;
	return true;
}

static bool
bind_input(struct request *r, size_t at, struct err *err)
{
	const struct inference_input *input = &r->json.question.inputs[at];
	size_t in = find_kind(inference_in, IN_COUNT, input->name);

	if (in == IN_COUNT)
		return err_set(err, ERR_MALFORMED,
		    "there is no such input; sequence, context and lengths "
		    "are read");
	if (r->bound[in].name != NULL)
		return err_set(err, ERR_MALFORMED, "is given twice");
	r->bound[in].name = inference_in[in].name;
	return read_datatype(r, in, input->datatype, err) &&
	    read_shape(&inference_in[in], input, &r->bound[in], err) &&
	    take_data(r, in, input, r->json.data[at], err);
}

static bool
bind_inputs(struct request *r, struct err *err)
{
	const struct tensor_source *bound = r->bound;

	for (size_t i = 0; i < r->json.question.inputs_count; i++)
		if (!bind_input(r, i, err))
			return err_in(err, "inputs[%zu]", i);
	if (r->tail.size > 0)
		return err_set(err, ERR_MALFORMED,
		    "%zu bytes at the end belong to no input", r->tail.size);
	for (size_t in = 0; in < IN_COUNT; in++) {
		if (bound[in].name == NULL && in != IN_LENGTHS)
			return err_set(err, ERR_MALFORMED,
			    "the input %s is missing", inference_in[in].name);
		if (bound[in].name != NULL &&
		    bound[in].shape[0] != bound[0].shape[0])
			return err_set(err, ERR_MALFORMED,
			    "%s has %zu rows, %s has %zu", bound[in].name,
			    bound[in].shape[0], bound[0].name,
			    bound[0].shape[0]);
	}
	return true;
}

static bool
read_rows(struct request *r, struct inference *out, struct err *err)
{
	const struct tensor_source *sequence = &r->bound[IN_SEQUENCE];
	size_t rows = sequence->shape[0], steps = sequence->shape[1];

	out->rows = rows;
	out->steps = steps;
	out->sequence = arena_alloc_aligned(r->arena,
	    rows * steps * NETWORK_INPUTS * sizeof(float));
	out->context =
	    arena_array(r->arena, rows * NETWORK_CONTEXT, sizeof(float));
	out->lengths = arena_array(r->arena, rows, sizeof(int));
	for (size_t i = 0; i < rows; i++)
		out->lengths[i] = (int)steps;
	return tensor_floats(sequence, out->sequence, err) &&
	    tensor_floats(&r->bound[IN_CONTEXT], out->context, err) &&
	    (r->bound[IN_LENGTHS].name == NULL ||
		tensor_counts(&r->bound[IN_LENGTHS], r->width[IN_LENGTHS],
		    (int)steps, out->lengths, err));
}

static bool
add_wanted(struct inference *out, const struct inference_wanted *wanted,
    bool is_binary, struct err *err)
{
	size_t at = find_kind(inference_out, OUT_COUNT, wanted->name);

	if (at == OUT_COUNT)
		return err_set(err, ERR_MALFORMED,
		    "there is no such output; risk_score, logit, "
		    "risk_category and interval are written");
	for (size_t i = 0; i < out->wanted_count; i++)
		if (out->wanted[i] == (enum inference_out)at)
			return err_set(err, ERR_MALFORMED,
			    "is asked for twice");
	if (!inference_flag(wanted->parameters, "binary_data", &is_binary, err))
		return false;
	out->is_binary[out->wanted_count] = is_binary;
	out->wanted[out->wanted_count++] = (enum inference_out)at;
	return true;
}

static bool
read_wanted(const struct inference_question *question, struct inference *out,
    struct err *err)
{
	bool is_binary = false;

	if (!inference_flag(question->parameters, "binary_data_output",
		&is_binary, err))
		return false;
	for (size_t i = 0; i < question->outputs_count; i++)
		if (!add_wanted(out, &question->outputs[i], is_binary, err))
			return err_in(err, "outputs[%zu]", i);
	if (question->outputs_count > 0)
		return true;
	for (size_t i = 0; i < OUT_COUNT; i++) {
		out->wanted[i] = (enum inference_out)i;
		out->is_binary[i] = is_binary;
	}
	out->wanted_count = OUT_COUNT;
	return true;
}

bool
inference_read(struct slice body, size_t json_size, struct arena *arena,
    struct inference *inference, struct err *err)
{
	struct request r = { .arena = arena };
	bool is_good;

	*inference = (struct inference){ .id = NULL };
	if (json_size > body.size)
		return err_set(err, ERR_MALFORMED,
		    "Inference-Header-Content-Length is %zu, the body has %zu "
		    "bytes",
		    json_size, body.size);
	r.tail = (struct slice){ body.data + json_size, body.size - json_size };
	is_good = inference_json_read((struct slice){ body.data, json_size },
		      arena, &r.json, err) &&
	    bind_inputs(&r, err) &&
	    read_wanted(&r.json.question, inference, err) &&
	    read_rows(&r, inference, err);
	inference->id = r.json.question.id;
	inference_json_close(&r.json);
	return is_good;
}
