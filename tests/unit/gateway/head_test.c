/* head_test.c - headers that go on, and traces after W3C Trace Context 3.2.2
 * (its own example is the first of the good ones). */
#include "services/gateway/head.h"

#include <string.h>

#include "tests/support/test.h"

static bool
is_taken(const struct http_header *headers, size_t count, const char *detail)
{
	struct http_request request = { .headers = headers,
		.header_count = count };
	struct err err = { 0 };
	bool is_good = head_check(&request, &err);

	assert_int_equal(err.code, is_good ? ERR_NONE : ERR_MALFORMED);
	if (!is_good && strstr(err.detail, detail) == NULL)
		fail_msg("%s is not in: %s", detail, err.detail);
	return is_good;
}

static void
usual_headers_pass(void **state)
{
	const struct http_header headers[] = {
		{ "Authorization", "Bearer ep_x" },
		{ "content-type", "application/json" },
		{ "If-Match", "\"\xc3\xa9\"" },
		{ "X-Other", "" },
		{ "X-Other", "\xff" },
	};

	(void)state;
	assert_true(is_taken(headers, ARRAY_SIZE(headers), ""));
	assert_true(is_taken(NULL, 0, ""));
}

static void
what_decides_is_given_once(void **state)
{
	static const char *const names[] = { "Authorization", "X-Api-Key",
		"Content-Type", "Content-Encoding", "Idempotency-Key",
		"If-Match", "If-None-Match",
		"Inference-Header-Content-Length" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct http_header twice[] = { { names[i], "1" },
			{ "Host", "b" }, { names[i], "1" } };

		assert_true(is_taken(twice, 2, ""));
		assert_false(is_taken(twice, 3, names[i]));
	}
}

/* A replacement character is longer than the byte that it stands for: the
 * head of the question would be too long to be read. */
static void
what_goes_on_is_short_and_utf8(void **state)
{
	char longest[257];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[256] = '\0';
	assert_false(is_taken(&(struct http_header){ "If-Match", longest }, 1,
	    "If-Match has 1 to 255"));
	longest[255] = '\0';
	assert_true(
	    is_taken(&(struct http_header){ "If-Match", longest }, 1, ""));
	assert_false(is_taken(&(struct http_header){ "If-Match", "" }, 1,
	    "If-Match has 1 to 255"));
	assert_false(
	    is_taken(&(struct http_header){ "Idempotency-Key", "a\xff" }, 1,
		"Idempotency-Key is not UTF-8"));
	assert_false(
	    is_taken(&(struct http_header){ "Content-Type", "\xed\xa0\x80" }, 1,
		"Content-Type is not UTF-8"));
}

static void
the_size_of_the_json_is_a_number(void **state)
{
	static const char name[] = "Inference-Header-Content-Length";
	static const char *const wrong[] = { "", "-1", "+1", "1 ", "0x10",
		"1e3", "1234567890" };
	const struct http_header good = { name, "000123456" };
	struct http_request request = { .headers = &good, .header_count = 1 };
	int64_t size;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(is_taken(&(struct http_header){ name, wrong[i] },
		    1, name));
	assert_true(is_taken(&good, 1, ""));
	assert_true(head_json_size(&request, &size));
	assert_int_equal(size, 123456);
	request.header_count = 0;
	assert_false(head_json_size(&request, &size));
}

static bool
goes_on(const char *given)
{
	const struct http_header header = { "Traceparent", given };
	struct http_request request = { .headers = &header, .header_count = 1 };
	char trace[TRACEPARENT_SIZE];

	head_trace(&request, trace);
	assert_int_equal(strlen(trace), TRACEPARENT_SIZE - 1);
	return strcmp(trace, given) == 0;
}

static void
a_trace_goes_on_when_it_is_one(void **state)
{
	static const char *const wrong[] = { "",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
		"00-4bf92f3577b34da6a3ce929d0e0e473600f067aa0ba902b7--01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x" };

	(void)state;
	assert_true(
	    goes_on("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
	assert_true(
	    goes_on("00-0000000000000000000000000000000a-b000000000000000-00"));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (goes_on(wrong[i]))
			fail_msg("went on: %s", wrong[i]);
}

static void
a_new_trace_is_one_and_never_the_same(void **state)
{
	struct http_request request = { 0 };
	char first[TRACEPARENT_SIZE], second[TRACEPARENT_SIZE];

	(void)state;
	head_trace(&request, first);
	head_trace(&request, second);
	assert_true(goes_on(first));
	assert_string_not_equal(first, second);
}

RUN_TESTS(cmocka_unit_test(usual_headers_pass),
    cmocka_unit_test(what_decides_is_given_once),
    cmocka_unit_test(the_size_of_the_json_is_a_number),
    cmocka_unit_test(what_goes_on_is_short_and_utf8),
    cmocka_unit_test(a_trace_goes_on_when_it_is_one),
    cmocka_unit_test(a_new_trace_is_one_and_never_the_same))
