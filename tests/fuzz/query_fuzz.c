/*
 * query_fuzz.c - any bytes as the address of a request: PATH?QUERY.
 *
 * The path is looked up among the routes of all services, and its parameters
 * are decoded; the query is read as the question of the route found, and as
 * the cursor of a page.  What is taken must be written in JSON so that it is
 * taken again.
 */
#include <string.h>

#include "base/utf8.h"
#include "proto/registry.h"
#include "service/cursor.h"
#include "tests/support/sample.h"
#include "wire/json.h"
#include "wire/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_parameters(const struct route_parameters *parameters, struct arena *arena)
{
	for (size_t i = 0; i < parameters->count; i++) {
		struct slice given = parameters->values[i];
		struct buf again = { 0 };
		const char *plain, *back;
		struct err err;

		if (!query_unescape(given, arena, &plain, &err))
			continue;
		must(utf8_valid(slice_of(plain)) == strlen(plain));
		query_escape(&again, slice_of(plain));
		must(query_unescape(buf_slice(&again), arena, &back, &err));
		must(strcmp(plain, back) == 0);
		buf_close(&again);
	}
}

static void
read_query(const struct message *message, struct slice query,
    struct arena *arena)
{
	void *value = arena_alloc(arena, message->size);
	struct buf json = { 0 }, again = { 0 };
	struct err err;

	if (query_decode(message, query, arena, value, &err)) {
		json_encode(message, value, &json);
		must(json_decode(message, buf_slice(&json), JSON_STRICT, arena,
		    value, &err));
		json_encode(message, value, &again);
		must(strcmp(json.data, again.data) == 0);
	} else {
		must(err.code != ERR_NONE && err.detail[0] != '\0');
	}
	buf_close(&json);
	buf_close(&again);
}

static void
read_cursor(const char *text)
{
	struct cursor cursor, again;
	char printed[CURSOR_TEXT_SIZE];
	struct err err = { 0 };

	if (!cursor_parse(text, &cursor, &err)) {
		must(err.code == ERR_INVALID);
		return;
	}
	cursor_print(&cursor, printed);
	must(cursor_parse(printed, &again, &err));
	must(cursor.epoch == again.epoch && cursor.xid == again.xid &&
	    cursor.id == again.id);
}

/* Routes whose question stands in the address. */
static void
ask_services(struct slice path, struct slice query, struct arena *arena)
{
	static const char *const methods[] = { "GET", "DELETE" };
	size_t count;
	const struct proto_service *services = proto_services(&count);

	for (size_t i = 0; i < count * ARRAY_SIZE(methods); i++) {
		const struct proto *proto = services[i / 2].proto;
		struct route_parameters parameters;
		const struct route *route;
		bool is_known;

		route = route_find(&proto->routes, slice_of(methods[i % 2]),
		    path, &parameters, &is_known);
		must(route == NULL || is_known);
		if (route == NULL)
			continue;
		read_parameters(&parameters, arena);
		read_query(route->request, query, arena);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice path = { (const char *)data, size }, query = { 0 };
	const char *mark;
	struct arena arena;

	arena_init(&arena, 4096);
	/* As in a target, which ends at the first NUL. */
	path = slice_of(arena_text(&arena, path.data, path.size));
	query = (struct slice){ path.data + path.size, 0 };
	mark = memchr(path.data, '?', path.size);
	if (mark != NULL) {
		query = slice_of(mark + 1);
		path.size = (size_t)(mark - path.data);
	}
	ask_services(path, query, &arena);
	read_query(&sample_query_message, query, &arena);
	read_cursor(query.data);
	arena_close(&arena);
	return 0;
}
