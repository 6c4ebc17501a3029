/*
 * route.c - find the row for a method and a path.
 *
 * Rows are compared one after the other: most differ within a few bytes, so
 * a hundred of them cost about as much as hashing the path would.  Of several
 * that match, the one wins whose first differing segment is spelled out.
 */
#include "wire/route.h"

#include <string.h>

/* What one row made of a path. */
struct match {
	const struct route *route;
	unsigned int spelled; /* a bit a segment, the first one highest */
	struct route_parameters parameters;
};

static struct slice
segment_at(const char *at, const char *end)
{
	const char *slash = memchr(at, '/', (size_t)(end - at));

	return (
	    struct slice){ at, (size_t)((slash != NULL ? slash : end) - at) };
}

static bool
is_parameter(struct slice segment)
{
	return segment.size > 2 && segment.data[0] == '{';
}

static void
keep(struct route_parameters *parameters, struct slice name, struct slice value)
{
	must(parameters->count < ROUTE_PARAMETERS);
	parameters->names[parameters->count] =
	    (struct slice){ name.data + 1, name.size - 2 };
	parameters->values[parameters->count++] = value;
}

static bool
match_segment(struct match *match, struct slice want, struct slice got)
{
	match->spelled <<= 1;
	if (is_parameter(want)) {
		keep(&match->parameters, want, got);
		return got.size > 0;
	}
	match->spelled |= 1;
	return want.size == got.size &&
	    memcmp(want.data, got.data, want.size) == 0;
}

static bool
match_path(struct match *match, struct slice path)
{
	const char *want = match->route->path;
	const char *want_end = want + strlen(want);
	const char *got = path.data, *got_end = path.data + path.size;

	for (;;) {
		struct slice wanted = segment_at(want, want_end);
		struct slice given = segment_at(got, got_end);

		if (!match_segment(match, wanted, given))
			return false;
		want += wanted.size;
		got += given.size;
		if (want == want_end || got == got_end)
			return want == want_end && got == got_end;
		want++;
		got++;
	}
}

const struct route *
route_find(const struct routes *routes, struct slice method, struct slice path,
    struct route_parameters *parameters, bool *path_known)
{
	struct match best = { 0 };

	*path_known = false;
	parameters->count = 0;
	for (size_t i = 0; i < routes->count; i++) {
		struct match match = { .route = &routes->rows[i] };

		if (!match_path(&match, path))
			continue;
		*path_known = true;
		if (slice_is(method, match.route->method) &&
		    (best.route == NULL || match.spelled > best.spelled))
			best = match;
	}
	if (best.route != NULL)
		*parameters = best.parameters;
	return best.route;
}
