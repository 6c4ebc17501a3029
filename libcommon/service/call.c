/* call.c - what a handler uses: parameters, the request, the reply. */
#include "service/call.h"

#include <string.h>

#include "service/inside.h"
#include "wire/json.h"
#include "wire/query.h"

const char *
call_path(const struct call *call, const char *name)
{
	const struct route_parameters *parameters = &call->parameters;
	const char *decoded;
	struct err err;

	for (size_t i = 0; i < parameters->count; i++) {
		if (!slice_is(parameters->names[i], name))
			continue;
		/* What cannot be decoded is nobody's name. */
		return query_unescape(parameters->values[i], call->arena,
			   &decoded, &err)
		    ? decoded
		    : "";
	}
	must(!"the route has this parameter");
	return "";
}

bool
call_read(struct call *call, void *value, struct err *err)
{
	const struct message *message = call->route->request;
	const char *method = call->route->method;

	if (strcmp(method, "GET") == 0 || strcmp(method, "DELETE") == 0)
		return query_decode(message, call->query, call->arena, value,
		    err);
	return json_decode(message, call->body, JSON_STRICT, call->arena, value,
	    err);
}

bool
reply(struct call *call, int status, const struct message *message,
    const void *value)
{
	buf_clear(call->answer_body);
	json_encode(message, value, call->answer_body);
	call->answer.status = status;
	call->answer.content_type = "application/json";
	return true;
}

bool
reply_bytes(struct call *call, int status, const char *content_type,
    struct slice body)
{
	buf_clear(call->answer_body);
	buf_add(call->answer_body, body.data, body.size);
	call->answer.status = status;
	call->answer.content_type = arena_copy(call->arena, content_type);
	return true;
}

bool
reply_nothing(struct call *call, int status)
{
	buf_clear(call->answer_body);
	call->answer.status = status;
	call->answer.content_type = NULL;
	return true;
}
