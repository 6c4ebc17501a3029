/* http_problem_test.c - RFC 9457 bodies, and reading a request's query. */
#include <string.h>

#include "io/http_server.h"
#include "tests/support/test.h"

static const struct http_request asked = { .path = "/a\"b",
	.id = "id-1",
	.query = "x=1&name%5B%5D=a+b%21&x=2&bad=%4&%zz=1" };

static void
a_problem_names_type_status_detail_place_and_id(void **state)
{
	struct buf body = { 0 };
	struct err err = { 0 };

	(void)state;
	(void)err_at(&err, "records[3].score", "117 is above 100");
	http_problem(&asked, &err, &body);
	assert_string_equal(body.data,
	    "{\"type\":\"/problems/invalid\","
	    "\"title\":\"The request is not valid\",\"status\":422,"
	    "\"detail\":\"records[3].score: 117 is above 100\","
	    "\"instance\":\"/a\\\"b\",\"request_id\":\"id-1\","
	    "\"errors\":[{\"pointer\":\"records[3].score\","
	    "\"message\":\"117 is above 100\"}]}");
	buf_close(&body);
}

static void
what_failed_inside_stays_inside(void **state)
{
	struct buf body = { 0 };
	struct err err;

	(void)state;
	(void)err_set(&err, ERR_INTERNAL, "table secrets is gone");
	http_problem(&asked, &err, &body);
	assert_non_null(strstr(body.data, "\"status\":500"));
	assert_null(strstr(body.data, "secrets"));
	buf_close(&body);
}

static void
a_detail_of_any_bytes_is_valid_json_text(void **state)
{
	struct buf body = { 0 };
	struct err err;

	(void)state;
	(void)err_set(&err, ERR_MALFORMED, "\xc3\xa9 \xff \xed\xa0\x80 \n\\");
	http_problem(&asked, &err, &body);
	assert_non_null(strstr(body.data,
	    "\"detail\":\"\xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd"
	    "\xef\xbf\xbd \\u000a\\\\\""));
	buf_close(&body);
}

static void
the_first_parameter_of_a_name_is_decoded(void **state)
{
	struct http_request request = asked;
	const char *value;
	struct err err;

	(void)state;
	arena_init(&request.arena, 256);
	assert_true(http_query(&request, "x", &value, &err));
	assert_string_equal(value, "1");
	assert_true(http_query(&request, "name[]", &value, &err));
	assert_string_equal(value, "a b!");
	assert_false(http_query(&request, "bad", &value, &err));
	assert_int_equal(err.code, ERR_MALFORMED);
	assert_false(http_query(&request, "absent", &value, &err));
	request.query = "x=1";
	assert_true(http_query(&request, "absent", &value, &err));
	assert_null(value);
	arena_close(&request.arena);
}

static void
headers_are_found_whatever_their_case(void **state)
{
	static const struct http_header headers[] = { { "Content-TYPE", "a" },
		{ "content-type", "b" } };
	struct http_request request = { .headers = headers, .header_count = 2 };

	(void)state;
	assert_string_equal(http_header(&request, "Content-Type"), "a");
	assert_null(http_header(&request, "Content"));
}

RUN_TESTS(cmocka_unit_test(a_problem_names_type_status_detail_place_and_id),
    cmocka_unit_test(what_failed_inside_stays_inside),
    cmocka_unit_test(a_detail_of_any_bytes_is_valid_json_text),
    cmocka_unit_test(the_first_parameter_of_a_name_is_decoded),
    cmocka_unit_test(headers_are_found_whatever_their_case))
