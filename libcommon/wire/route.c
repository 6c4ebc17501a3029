/*
 * route.c - find the row for a method and a path.
 *
 * Rows are compared one after the other: most differ within a few bytes.  Of
 * several that match, the one wins whose first differing segment is spelled
 * out.
 */
#include "wire/route.h"

#include <string.h>

bool
route_is_inference(const char *path)
{
	return strncmp(path, "/v2", 3) == 0 &&
	    (path[3] == '/' || path[3] == '\0');
}

/* Step over `{name}` in a row's path and what stands for it in the path asked
 * for; false when that is empty. */
static bool
skip_parameter(const char **want, const char **got, const char *end)
{
	const char *from = *got;

	*want += strcspn(*want, "/");
	while (*got < end && **got != '/')
		++*got;
	return *got > from;
}

/* Does the row's path match?  `spelled` has a bit a segment, the first one
 * highest, that is set where the row spells the segment out. */
static bool
match_path(const char *want, struct slice path, unsigned int *spelled)
{
	const char *got = path.data, *end = path.data + path.size;

	*spelled = 1;
	while (*want != '\0') {
		if (*want == '{') {
			*spelled &= ~1u;
			if (!skip_parameter(&want, &got, end))
				return false;
			continue;
		}
		if (got == end || *want != *got)
			return false;
		if (*want == '/')
			*spelled = *spelled << 1 | 1;
		want++;
		got++;
	}
	return got == end;
}

static void
cut_parameters(const char *want, struct slice path,
    struct route_parameters *parameters)
{
	const char *got = path.data, *end = path.data + path.size;

	while (*want != '\0') {
		const char *name = want + 1, *value = got;
		size_t i = parameters->count;

		if (*want != '{') {
			want++;
			got++;
			continue;
		}
		must(i < ROUTE_PARAMETERS && skip_parameter(&want, &got, end));
		parameters->names[i] =
		    (struct slice){ name, (size_t)(want - name) - 1 };
		parameters->values[i] =
		    (struct slice){ value, (size_t)(got - value) };
		parameters->count++;
	}
}

const struct route *
route_find(const struct routes *routes, struct slice method, struct slice path,
    struct route_parameters *parameters, bool *path_known)
{
	const struct route *best = NULL;
	unsigned int most = 0, spelled;

	*path_known = false;
	parameters->count = 0;
	for (size_t i = 0; i < routes->count; i++) {
		const struct route *route = &routes->rows[i];

		if (!match_path(route->path, path, &spelled))
			continue;
		*path_known = true;
		if (spelled > most && slice_is(method, route->method)) {
			best = route;
			most = spelled;
		}
	}
	if (best != NULL)
		cut_parameters(best->path, path, parameters);
	return best;
}
