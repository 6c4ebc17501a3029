/* http_text_test.c - RFC 3986, 9110: decoding, matching, dates. */
#include "io/http_text.h"

#include <string.h>

#include "tests/support/test.h"

static void
check_decoded(const char *text, bool plus_is_blank, const char *want)
{
	struct arena arena;
	const char *got;

	arena_init(&arena, 256);
	got = http_decode(&arena, slice_of(text), plus_is_blank);
	if (want == NULL)
		assert_null(got);
	else
		assert_string_equal(got, want);
	arena_close(&arena);
}

static void
percent_escapes_become_bytes(void **state)
{
	(void)state;
	check_decoded("", false, "");
	check_decoded("plain", false, "plain");
	check_decoded("%41%c3%A9%2f", false, "A\xc3\xa9/");
	check_decoded("a+b", false, "a+b");
	check_decoded("a+b%2B", true, "a b+");
}

static void
broken_escapes_and_nul_are_refused(void **state)
{
	(void)state;
	check_decoded("%", false, NULL);
	check_decoded("%4", false, NULL);
	check_decoded("a%4g", false, NULL);
	check_decoded("a%00b", false, NULL);
	check_decoded("%%41", false, NULL);
}

static void
a_query_is_taken_pair_by_pair(void **state)
{
	static const char *const want[][2] = { { "a", "1" }, { "b", "" },
		{ "c", "" }, { "d", "x=y" }, { "", "z" } };
	struct slice query = slice_of("&a=1&b&&c=&d=x=y&=z&");
	struct slice name, value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_true(http_next_param(&query, &name, &value));
		assert_true(slice_is(name, want[i][0]));
		assert_true(slice_is(value, want[i][1]));
	}
	assert_false(http_next_param(&query, &name, &value));
}

static void
check_segments(const char *path, size_t count, const char *last)
{
	struct slice rest = slice_of(path), segment = slice_of("");
	size_t seen = 0;

	while (http_next_segment(&rest, &segment))
		seen++;
	assert_int_equal(seen, count);
	assert_true(slice_is(segment, last));
}

static void
a_path_is_taken_segment_by_segment(void **state)
{
	(void)state;
	check_segments("", 0, "");
	check_segments("*", 0, "");
	check_segments("/", 1, "");
	check_segments("/api/v1/students", 3, "students");
	check_segments("/api//x/", 4, "");
}

static void
names_are_tokens_and_values_hold_no_line_break(void **state)
{
	(void)state;
	assert_true(http_is_token(slice_of("X-Request-Id")));
	assert_false(http_is_token(slice_of("")));
	assert_false(http_is_token(slice_of("a b")));
	assert_false(http_is_token(slice_of("a:b")));
	assert_false(http_is_token((struct slice){ "a\0b", 3 }));
	assert_true(http_is_value(""));
	assert_true(http_is_value("a\tb caf\xc3\xa9"));
	assert_false(http_is_value("a\r\nSet-Cookie: b"));
	assert_false(http_is_value("a\nb"));
	assert_false(http_is_value("\x7f"));
}

static void
media_types_match_without_case_and_parameters(void **state)
{
	const char *json = "application/json";

	(void)state;
	assert_true(http_media_is("application/json", json));
	assert_true(http_media_is("Application/JSON ; charset=utf-8", json));
	assert_false(http_media_is("application/jsonx", json));
	assert_false(http_media_is("application/x-ndjson", json));
	assert_false(http_media_is("", json));
	assert_false(http_media_is(NULL, json));
}

/* The order of closeness is RFC 9110's example in 12.5.1. */
static void
the_most_specific_member_of_accept_decides(void **state)
{
	const char *some = "text/*;q=0, text/plain, */*;q=0.5";

	(void)state;
	assert_true(http_accepts(NULL, "text/html"));
	assert_true(http_accepts(some, "text/plain"));
	assert_false(http_accepts(some, "text/html"));
	assert_true(http_accepts(some, "image/png"));
	assert_true(http_accepts("gzip, br", "gzip"));
	assert_false(http_accepts("br", "gzip"));
	assert_false(http_accepts("*, gzip;q=0.000", "gzip"));
	assert_true(http_accepts("gzip;Q=0.001", "gzip"));
	assert_false(http_accepts("", "gzip"));
}

/* The date is the example of RFC 9110, 5.6.7. */
static void
dates_and_reasons_are_those_of_the_standard(void **state)
{
	char text[HTTP_DATE_SIZE];

	(void)state;
	http_date(784111777, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(http_reason(404), "Not Found");
	assert_string_equal(http_reason(299), "");
}

RUN_TESTS(cmocka_unit_test(percent_escapes_become_bytes),
    cmocka_unit_test(broken_escapes_and_nul_are_refused),
    cmocka_unit_test(a_query_is_taken_pair_by_pair),
    cmocka_unit_test(a_path_is_taken_segment_by_segment),
    cmocka_unit_test(names_are_tokens_and_values_hold_no_line_break),
    cmocka_unit_test(media_types_match_without_case_and_parameters),
    cmocka_unit_test(the_most_specific_member_of_accept_decides),
    cmocka_unit_test(dates_and_reasons_are_those_of_the_standard))
