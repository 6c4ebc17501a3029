/* fault_test.c - errors as those want them who ask. */
#include "services/gateway/fault.h"

#include <string.h>

#include "tests/support/test.h"

static const char problem[] =
    "{\"type\":\"/problems/not-found\",\"title\":\"There is no such thing\","
    "\"status\":404,\"detail\":\"no \\\"x\\\"\",\"later\":1}";

static void
an_error_is_a_problem_but_below_v2(void **state)
{
	const struct http_request ours = { .path = "/api/v1/models" };
	const struct http_request theirs = { .path = "/v2/models/x" };
	struct buf body = { 0 };
	struct err err = { 0 };

	(void)state;
	(void)err_set(&err, ERR_NOT_FOUND, "no \"x\"");
	assert_string_equal(fault_write(&ours, &err, &body),
	    "application/problem+json");
	assert_non_null(strstr(body.data, "/problems/not-found"));
	buf_clear(&body);
	assert_string_equal(fault_write(&theirs, &err, &body),
	    "application/json");
	assert_string_equal(body.data, "{\"error\":\"no \\\"x\\\"\"}");
	buf_clear(&body);
	(void)err_set(&err, ERR_INTERNAL, "table secrets is gone");
	(void)fault_write(&theirs, &err, &body);
	assert_null(strstr(body.data, "secrets"));
	buf_close(&body);
}

static void
a_services_problem_is_reworded_below_v2(void **state)
{
	struct http_request request = { .path = "/v2/models/x" };
	struct slice body = slice_of(problem);

	(void)state;
	arena_init(&request.arena, 1024);
	assert_string_equal(
	    fault_reword(&request, "application/problem+json", &body),
	    "application/json");
	assert_true(slice_is(body, "{\"error\":\"no \\\"x\\\"\"}"));
	body = slice_of("{}");
	assert_string_equal(fault_reword(&request, "application/json", &body),
	    "application/json");
	assert_true(slice_is(body, "{}"));
	assert_null(fault_reword(&request, NULL, &body));
	request.path = "/api/v1/models";
	body = slice_of(problem);
	assert_string_equal(
	    fault_reword(&request, "application/problem+json", &body),
	    "application/problem+json");
	assert_true(slice_is(body, problem));
	arena_close(&request.arena);
}

RUN_TESTS(cmocka_unit_test(an_error_is_a_problem_but_below_v2),
    cmocka_unit_test(a_services_problem_is_reworded_below_v2))
