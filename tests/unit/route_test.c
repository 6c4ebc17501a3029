/* route_test.c - methods and paths find their row. */
#include "wire/route.h"

#include "tests/support/test.h"

static const struct route rows[] = {
	{ .operation = "student",
	    .method = "GET",
	    .path = "/api/v1/students/{student_id}" },
	{ .operation = "me", .method = "GET", .path = "/api/v1/students/me" },
	{ .operation = "drop",
	    .method = "DELETE",
	    .path = "/api/v1/students/{student_id}" },
	{ .operation = "weeks",
	    .method = "GET",
	    .path = "/api/v1/{kind}/{id}/weeks/{week}" },
	{ .operation = "root", .method = "GET", .path = "/" },
};
static const struct routes table = { rows, ARRAY_SIZE(rows) };

static struct route_parameters parameters;
static bool path_known;

static const char *
find(const char *method, const char *path)
{
	const struct route *route = route_find(&table, slice_of(method),
	    slice_of(path), &parameters, &path_known);

	return route != NULL ? route->operation : "none";
}

static void
parameters_are_cut_out(void **state)
{
	(void)state;
	assert_string_equal(find("GET", "/api/v1/students/a%20b/weeks/12"),
	    "weeks");
	assert_int_equal(parameters.count, 3);
	assert_true(slice_is(parameters.names[0], "kind"));
	assert_true(slice_is(parameters.values[0], "students"));
	assert_true(slice_is(parameters.names[1], "id"));
	assert_true(slice_is(parameters.values[1], "a%20b"));
	assert_true(slice_is(parameters.values[2], "12"));
}

static void
a_spelled_out_segment_wins(void **state)
{
	(void)state;
	assert_string_equal(find("GET", "/api/v1/students/me"), "me");
	assert_int_equal(parameters.count, 0);
	assert_string_equal(find("GET", "/api/v1/students/mee"), "student");
	assert_string_equal(find("DELETE", "/api/v1/students/me"), "drop");
	assert_string_equal(find("GET", "/"), "root");
}

static void
unknown_paths_and_methods_are_told_apart(void **state)
{
	static const char *const unknown[] = { "", "/api", "/api/v1/students",
		"/api/v1/students/", "/api/v1/students/x/",
		"//api/v1/students/x", "/api/v1/students/x/weeks" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		assert_string_equal(find("GET", unknown[i]), "none");
		assert_false(path_known);
	}
	assert_string_equal(find("POST", "/api/v1/students/x"), "none");
	assert_true(path_known);
	assert_string_equal(find("get", "/api/v1/students/x"), "none");
}

static void
the_inference_protocol_has_its_own_paths(void **state)
{
	(void)state;
	assert_true(route_is_inference("/v2"));
	assert_true(route_is_inference("/v2/"));
	assert_true(route_is_inference("/v2/models/risk"));
	assert_false(route_is_inference("/v20/models"));
	assert_false(route_is_inference("/api/v1/v2"));
	assert_false(route_is_inference("/"));
	assert_false(route_is_inference(""));
}

RUN_TESTS(cmocka_unit_test(parameters_are_cut_out),
    cmocka_unit_test(the_inference_protocol_has_its_own_paths),
    cmocka_unit_test(a_spelled_out_segment_wins),
    cmocka_unit_test(unknown_paths_and_methods_are_told_apart))
