/* paths_test.c - which service answers a public path, and what is not one. */
#include "services/gateway/paths.h"

#include <string.h>

#include "tests/support/test.h"

static int
open_paths(void **state)
{
	static struct paths paths;

	paths_init(&paths);
	*state = &paths;
	return 0;
}

static int
close_paths(void **state)
{
	paths_close(*state);
	return 0;
}

static void
check_found(struct paths *paths, const char *method, const char *path,
    const char *operation, const char *peer)
{
	struct buf allow = { 0 };
	const char *found_peer = NULL;
	const struct route *route =
	    paths_find(paths, method, path, &found_peer, &allow);

	assert_non_null(route);
	assert_string_equal(route->operation, operation);
	assert_string_equal(found_peer, peer);
	assert_int_equal(allow.size, 0);
	buf_close(&allow);
}

/* There is no row; `allow` is what the path does answer. */
static void
check_none(struct paths *paths, const char *method, const char *path,
    const char *wanted)
{
	struct buf allow = { 0 };
	const char *peer = NULL;

	assert_null(paths_find(paths, method, path, &peer, &allow));
	assert_null(peer);
	assert_string_equal(allow.size > 0 ? allow.data : "", wanted);
	buf_close(&allow);
}

static void
each_path_leads_to_the_service_that_declares_it(void **state)
{
	check_found(*state, "GET", "/api/v1/auth/me", "who_am_i", "gateway");
	check_found(*state, "POST", "/api/v1/ingest/batch", "ingest_batch",
	    "ingestion");
	check_found(*state, "GET", "/api/v1/risk", "list_risk", "prediction");
	check_found(*state, "POST", "/api/v1/train/update", "start_training",
	    "training");
}

static void
a_segment_in_braces_matches_one_segment(void **state)
{
	check_found(*state, "PUT", "/api/v1/courses/algebra%202", "put_course",
	    "ingestion");
	check_found(*state, "PUT", "/api/v1/courses/a/enrollments/b",
	    "put_enrollment", "ingestion");
	check_none(*state, "PUT", "/api/v1/courses/a/b", "");
}

static void
head_finds_the_row_of_get(void **state)
{
	check_found(*state, "HEAD", "/api/v1/auth/me", "who_am_i", "gateway");
	check_none(*state, "HEAD", "/api/v1/ingest/batch", "POST");
}

static void
another_method_is_told_which_ones_are_answered(void **state)
{
	check_none(*state, "DELETE", "/api/v1/risk", "GET, HEAD");
	check_none(*state, "DELETE", "/api/v1/api-keys", "GET, HEAD, POST");
	check_none(*state, "POST", "/api/v1/courses/a", "GET, HEAD, PUT");
	check_none(*state, "GET", "/api/v1/api-keys/a", "DELETE");
	check_none(*state, "BREW", "/api/v1/ingest/batch", "POST");
}

static void
an_unknown_path_answers_no_method(void **state)
{
	check_none(*state, "GET", "/api/v1/nothing", "");
	check_none(*state, "GET", "/api/v1", "");
	check_none(*state, "GET", "", "");
}

static void
internal_paths_do_not_exist_from_outside(void **state)
{
	const struct paths *paths = *state;

	check_none(*state, "POST", "/internal/keys/check", "");
	check_none(*state, "GET", "/internal/status", "");
	assert_true(paths->routes.count > 0);
	for (size_t i = 0; i < paths->routes.count; i++)
		assert_true(strncmp(paths->rows[i].path, "/api/v1/", 8) == 0 ||
		    route_is_inference(paths->rows[i].path));
}

#define WITH_PATHS(test) \
	cmocka_unit_test_setup_teardown(test, open_paths, close_paths)

RUN_TESTS(WITH_PATHS(each_path_leads_to_the_service_that_declares_it),
    WITH_PATHS(a_segment_in_braces_matches_one_segment),
    WITH_PATHS(head_finds_the_row_of_get),
    WITH_PATHS(another_method_is_told_which_ones_are_answered),
    WITH_PATHS(an_unknown_path_answers_no_method),
    WITH_PATHS(internal_paths_do_not_exist_from_outside))
