/* fault.c - errors as problems, or as the Open Inference Protocol has them. */
#include "services/gateway/fault.h"

#include <string.h>

#include "proto/common.h"
#include "wire/json.h"
#include "wire/route.h"

static const char *
write_plain(const char *detail, struct buf *body)
{
	struct inference_error error = { .error = detail };

	json_encode(&inference_error_message, &error, body);
	return "application/json";
}

const char *
fault_write(const struct http_request *request, const struct err *err,
    struct buf *body)
{
	if (!route_is_inference(request->path))
		return http_problem(request, err, body);
	return write_plain(err->code == ERR_INTERNAL
		? "try again later, and give the operator the X-Request-Id"
		: err->detail,
	    body);
}

const char *
fault_reword(struct http_request *request, const char *type, struct slice *body)
{
	struct buf plain = { 0 };
	struct problem problem;
	struct err err = { 0 };

	if (type == NULL || strcmp(type, "application/problem+json") != 0 ||
	    !route_is_inference(request->path) ||
	    !json_decode(&problem_message, *body, JSON_LENIENT, &request->arena,
		&problem, &err))
		return type;
	type = write_plain(
	    problem.detail != NULL ? problem.detail : problem.title, &plain);
	body->size = plain.size;
	body->data = arena_text(&request->arena, plain.data, plain.size);
	buf_close(&plain);
	return type;
}
