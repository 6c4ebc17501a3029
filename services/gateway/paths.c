/* paths.c - gathers the registry's routes and looks one up. */
#include "services/gateway/paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/registry.h"

static bool
is_public(const struct route *route)
{
	return strncmp(route->path, "/internal/", 10) != 0;
}

static size_t
count_all(const struct proto_service *services, size_t count)
{
	size_t all = 0;

	for (size_t i = 0; i < count; i++)
		all += services[i].proto->routes.count;
	return all;
}

void
paths_init(struct paths *paths)
{
	size_t count, filled = 0;
	const struct proto_service *services = proto_services(&count);
	size_t room = count_all(services, count);

	paths->rows = mem_alloc(room, sizeof(*paths->rows));
	paths->peers = mem_alloc(room, sizeof(*paths->peers));
	for (size_t i = 0; i < count; i++) {
		const struct routes *from = &services[i].proto->routes;

		for (size_t j = 0; j < from->count; j++) {
			if (!is_public(&from->rows[j]))
				continue;
			paths->peers[filled] = services[i].name;
			paths->rows[filled++] = from->rows[j];
		}
	}
	paths->routes = (struct routes){ paths->rows, filled };
}

void
paths_close(struct paths *paths)
{
	free(paths->rows);
	free(paths->peers);
}

static const struct route *
find(const struct paths *paths, const char *method, const char *path)
{
	struct route_parameters parameters;
	bool is_known;

	return route_find(&paths->routes, slice_of(method), slice_of(path),
	    &parameters, &is_known);
}

static void
list_methods(const struct paths *paths, const char *path, struct buf *allow)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH",
		"DELETE" };

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (find(paths, methods[i], path) != NULL)
			buf_printf(allow, "%s%s%s", allow->size > 0 ? ", " : "",
			    methods[i], i == 0 ? ", HEAD" : "");
}

const struct route *
paths_find(const struct paths *paths, const char *method, const char *path,
    const char **peer, struct buf *allow)
{
	const struct route *route =
	    find(paths, strcmp(method, "HEAD") == 0 ? "GET" : method, path);

	if (route == NULL)
		list_methods(paths, path, allow);
	else
		*peer = paths->peers[route - paths->rows];
	return route;
}
