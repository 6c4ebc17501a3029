/* query_test.c - queries of addresses. */
#include "wire/query.h"

#include <string.h>

#include "base/clock.h"
#include "tests/support/sample.h"
#include "tests/support/test.h"

static struct arena arena;
static struct err err;

static int
open_arena(void **state)
{
	(void)state;
	arena_init(&arena, 4096);
	return 0;
}

static int
close_arena(void **state)
{
	(void)state;
	arena_close(&arena);
	return 0;
}

static bool
decode(const char *text, struct sample_query *query)
{
	return query_decode(&sample_query_message, slice_of(text), &arena,
	    query, &err);
}

static void
scalars_are_read(void **state)
{
	struct sample_query query;

	(void)state;
	assert_true(decode("top=50&above=0.5&mine=true&since=2026-01-31"
			   "&name=A%2Bb+%C3%A4%26&mark=tardy",
	    &query));
	assert_int_equal(query.top, 50);
	assert_true(query.above == 0.5 && query.mine);
	assert_int_equal(query.since, day_from_civil(2026, 1, 31));
	assert_string_equal(query.name, "A+b \xc3\xa4&");
	assert_int_equal(query.mark, MARK_TARDY);
	assert_true(decode("name=x", &query));
	assert_false(query.has_top || query.has_mine || query.has_mark);
}

static void
wrong_queries_are_refused(void **state)
{
	static const struct {
		const char *text;
		const char *detail;
	} cases[] = {
		{ "", "name: is missing" },
		{ "name=x&top=51", "top: 51 is above 50" },
		{ "name=x&top=1.5", "top: 1.5 is not a whole number" },
		{ "name=x&top=+5",
		    "top: a whole number is wanted, not \" 5\"" },
		{ "name=x&top=0x5",
		    "top: a whole number is wanted, not \"0x5\"" },
		{ "name=x&top=", "top: a whole number is wanted, not \"\"" },
		{ "name=x&mine=yes",
		    "mine: true or false is wanted, not \"yes\"" },
		{ "name=x&name=y", "name: is given twice" },
		{ "name=x&other=1", "other: is not known here" },
		{ "name=", "name: is empty" },
		{ "name=x&=y", "the query holds a value without a name" },
		{ "name=%4",
		    "the query holds a broken escape or is not UTF-8" },
		{ "name=%00",
		    "the query holds a broken escape or is not UTF-8" },
		{ "name=%ff",
		    "the query holds a broken escape or is not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample_query query;

		assert_false(decode(cases[i].text, &query));
		assert_string_equal(err.detail, cases[i].detail);
	}
}

static void
escaping_and_unescaping_are_inverse(void **state)
{
	struct buf out = { 0 };
	const char *back;

	(void)state;
	query_escape(&out, slice_of("a b/+%\xc3\xa4~"));
	assert_string_equal(out.data, "a%20b%2F%2B%25%C3%A4~");
	assert_true(query_unescape(buf_slice(&out), &arena, &back, &err));
	assert_string_equal(back, "a b/+%\xc3\xa4~");
	assert_false(query_unescape(slice_of("%zz"), &arena, &back, &err));
	buf_close(&out);
}

RUN_TESTS(
    cmocka_unit_test_setup_teardown(scalars_are_read, open_arena, close_arena),
    cmocka_unit_test_setup_teardown(wrong_queries_are_refused, open_arena,
	close_arena),
    cmocka_unit_test_setup_teardown(escaping_and_unescaping_are_inverse,
	open_arena, close_arena))
