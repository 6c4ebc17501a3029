/*
 * openapi.c - docs/openapi.json: the public routes of all services as
 * OpenAPI 3.1.
 */
#include "proto/print/print.h"
#include "proto/registry.h"

#include <ctype.h>
#include <string.h>

#include "proto/print/schema.h"
#include "wire/json.h"

enum { OPERATIONS_MOST = 512 };

struct operation {
	const struct route *route;
	const char *service;
};

struct document {
	struct operation operations[OPERATIONS_MOST];
	size_t count;
	struct schemas schemas;
};

static bool
is_public(const struct route *route)
{
	return strncmp(route->path, "/internal/", 10) != 0;
}

static bool
has_query(const struct route *route)
{
	return strcmp(route->method, "GET") == 0 ||
	    strcmp(route->method, "DELETE") == 0;
}

static bool
has_json_body(const struct route *route)
{
	return !has_query(route) && route->request->fields().count > 0 &&
	    (route->body == BODY_JSON || route->body == BODY_BATCH ||
		route->body == BODY_TENSORS);
}

static void
gather(struct document *document)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	for (size_t i = 0; i < count; i++) {
		struct routes routes = services[i].proto->routes;

		for (size_t j = 0; j < routes.count; j++) {
			const struct route *route = &routes.rows[j];

			if (!is_public(route))
				continue;
			must(document->count < OPERATIONS_MOST);
			document->operations[document->count++] =
			    (struct operation){ route, services[i].name };
			if (has_json_body(route))
				schema_name(&document->schemas, route->request);
			if (route->reply != &nothing_message)
				schema_name(&document->schemas, route->reply);
		}
	}
	schema_name(&document->schemas, &problem_message);
	schema_name(&document->schemas, &inference_error_message);
}

static void
add_parameter(struct buf *out, const char **before, struct slice name,
    const char *in, bool is_required)
{
	buf_text(out, *before);
	buf_text(out, "{\"name\":");
	json_text(out, name);
	buf_printf(out, ",\"in\":\"%s\",\"required\":%s,\"schema\":", in,
	    is_required ? "true" : "false");
	*before = ",";
}

static void
add_parameters(struct buf *out, const struct route *route)
{
	struct fields fields = route->request->fields();
	const char *before = ",\"parameters\":[";

	for (const char *at = strchr(route->path, '{'); at != NULL;
	     at = strchr(at + 1, '{')) {
		struct slice name = { at + 1, strcspn(at + 1, "}") };

		add_parameter(out, &before, name, "path", true);
		buf_text(out, "{\"type\":\"string\",\"minLength\":1}}");
	}
	for (size_t i = 0; has_query(route) && i < fields.count; i++) {
		const struct field *field = &fields.rows[i];

		add_parameter(out, &before, slice_of(field->name), "query",
		    field->presence == REQUIRED);
		schema_field(out, field);
		if (field->type == FIELD_TEXTS)
			buf_text(out, ",\"style\":\"form\",\"explode\":false");
		buf_byte(out, '}');
	}
	if (before[1] == '\0')
		buf_byte(out, ']');
}

static void
add_media(struct buf *out, const char **before, const char *type)
{
	buf_printf(out, "%s\"%s\":", *before, type);
	*before = ",";
}

static void
add_body(struct buf *out, const struct route *route)
{
	const char *before = "";

	if (route->body == BODY_NONE || has_query(route))
		return;
	buf_text(out, ",\"requestBody\":{\"required\":true,\"content\":{");
	if (has_json_body(route)) {
		add_media(out, &before, "application/json");
		buf_text(out, "{\"schema\":");
		schema_reference(out, route->request);
		buf_byte(out, '}');
	}
	if (route->body == BODY_BATCH || route->body == BODY_STREAM) {
		add_media(out, &before, "application/x-ndjson");
		buf_text(out, "{}");
	}
	if (route->body == BODY_TENSORS) {
		add_media(out, &before, "application/octet-stream");
		buf_text(out, "{}");
	}
	if (route->body == BODY_UPLOAD) {
		add_media(out, &before, "application/zip");
		buf_text(out, "{}");
		add_media(out, &before, "text/csv");
		buf_text(out, "{}");
	}
	if (before[0] == '\0')
		buf_text(out, "\"application/json\":{}");
	buf_text(out, "}}");
}

/* A row does not say which of the 2xx it is: what is certain is said.  A GET
 * that answers with no message answers with bytes. */
static void
add_responses(struct buf *out, const struct route *route)
{
	bool is_get = strcmp(route->method, "GET") == 0;

	buf_text(out, ",\"responses\":{");
	if (route->reply == &nothing_message && is_get) {
		buf_text(out,
		    "\"200\":{\"description\":\"A file\",\"content\":"
		    "{\"application/octet-stream\":{}}}");
	} else if (route->reply == &nothing_message) {
		buf_text(out, "\"204\":{\"description\":\"Done\"}");
	} else {
		buf_printf(out,
		    "\"%s\":{\"description\":", is_get ? "200" : "2XX");
		json_text(out, slice_of(route->reply->help));
		buf_text(out,
		    ",\"content\":{\"application/json\":{\"schema\":");
		schema_reference(out, route->reply);
		buf_printf(out, "}%s}}",
		    route->body == BODY_TENSORS
			? ",\"application/octet-stream\":{}"
			: "");
	}
	buf_printf(out,
	    ",\"default\":{\"$ref\":\"#/components/responses/%s\"}}",
	    route_is_inference(route->path) ? "inference_error" : "problem");
}

static void
add_roles(struct buf *out, unsigned int roles)
{
	const char *before = "";

	buf_text(out, ",\"x-roles\":[");
	for (size_t i = 0; i < role_choice.count; i++)
		if ((roles & MAY(i)) != 0) {
			buf_printf(out, "%s\"%s\"", before,
			    role_choice.names[i]);
			before = ",";
		}
	buf_byte(out, ']');
}

static void
add_operation(struct buf *out, const struct operation *operation)
{
	const struct route *route = operation->route;

	buf_byte(out, '"');
	for (const char *c = route->method; *c != '\0'; c++)
		buf_byte(out, (char)tolower((unsigned char)*c));
	buf_printf(out,
	    "\":{\"operationId\":\"%s\",\"tags\":[\"%s\"],"
	    "\"summary\":",
	    route->operation, operation->service);
	json_text(out, slice_of(route->help));
	add_roles(out, route->roles);
	buf_printf(out, ",\"x-deadline-seconds\":%d", route->deadline);
	if (route->body_most > 0)
		buf_printf(out, ",\"x-body-bytes\":%zu", route->body_most);
	add_parameters(out, route);
	add_body(out, route);
	add_responses(out, route);
	buf_byte(out, '}');
}

static bool
is_first_of_path(const struct document *document, size_t index)
{
	const char *path = document->operations[index].route->path;

	for (size_t i = 0; i < index; i++)
		if (strcmp(document->operations[i].route->path, path) == 0)
			return false;
	return true;
}

static void
add_paths(struct buf *out, const struct document *document)
{
	const char *between_paths = "";

	for (size_t i = 0; i < document->count; i++) {
		const char *path = document->operations[i].route->path;
		const char *between = "";

		if (!is_first_of_path(document, i))
			continue;
		buf_text(out, between_paths);
		json_text(out, slice_of(path));
		buf_text(out, ":{");
		for (size_t j = i; j < document->count; j++) {
			const struct operation *other =
			    &document->operations[j];

			if (strcmp(other->route->path, path) != 0)
				continue;
			buf_text(out, between);
			add_operation(out, other);
			between = ",";
		}
		buf_byte(out, '}');
		between_paths = ",";
	}
}

void
print_openapi(struct buf *out)
{
	struct document document = { .count = 0 };
	struct buf json = { 0 };

	gather(&document);
	buf_text(&json,
	    "{\"openapi\":\"3.1.0\",\"info\":{\"title\":"
	    "\"EduPulse\",\"version\":\"" EDUPULSE_VERSION "\","
	    "\"description\":\"Printed from proto/ by make docs. "
	    "Errors are problems of RFC 9457; below /v2 they have the form "
	    "of the Open Inference Protocol.\"},"
	    "\"servers\":[{\"url\":\"/\"}],"
	    "\"security\":[{\"key\":[]},{\"bearer\":[]}],"
	    "\"paths\":{");
	add_paths(&json, &document);
	buf_text(&json,
	    "},\"components\":{\"securitySchemes\":{"
	    "\"key\":{\"type\":\"apiKey\",\"in\":\"header\","
	    "\"name\":\"X-Api-Key\"},"
	    "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}},"
	    "\"responses\":{\"problem\":{\"description\":"
	    "\"What went wrong\",\"content\":{\"application/problem+json\":"
	    "{\"schema\":");
	schema_reference(&json, &problem_message);
	buf_text(&json,
	    "}}},\"inference_error\":{\"description\":"
	    "\"What went wrong\",\"content\":{\"application/json\":"
	    "{\"schema\":");
	schema_reference(&json, &inference_error_message);
	buf_text(&json, "}}}},\"schemas\":{");
	schemas_print(&json, &document.schemas);
	buf_text(&json, "}}}");
	json_pretty(out, buf_slice(&json));
	buf_close(&json);
}
