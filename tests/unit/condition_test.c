/*
 * condition_test.c - entity tags: the examples of RFC 9110, 8.8.3.2 and
 * 13.1.2, and what stands between them.
 */
#include "service/call.h"
#include "tests/support/test.h"

static bool
holds(const char *tag, const char *if_none_match)
{
	struct bus_head head = { .if_none_match = if_none_match };
	struct arena arena;
	struct call call = { .head = &head, .arena = &arena };
	bool answer;

	arena_init(&arena, 1024);
	call_tag(&call, tag);
	answer = call_holds(&call);
	arena_close(&arena);
	return answer;
}

static void
a_caller_holds_what_one_of_its_tags_names(void **state)
{
	(void)state;
	assert_true(holds("xyzzy", "\"xyzzy\""));
	assert_true(holds("xyzzy", "W/\"xyzzy\""));
	assert_true(holds("xyzzy", "\"r2d2xxxx\", \"xyzzy\" , \"c3piozzzz\""));
	assert_true(holds("c3", "\"a,b\",W/\"c3\""));
	assert_true(holds("xyzzy", "*"));
	assert_false(holds("xyzzy", NULL));
	assert_false(holds("xyzzy", ""));
	assert_false(holds("xyzzy", "xyzzy"));
	assert_false(holds("b", "\"a,b\""));
	assert_false(holds("xyzzy", "\"xyzz\", \"xyzzyx\""));
	assert_false(holds("xyzzy", ", ,\"xyzzy"));
}

static enum err_code
code_of(const char *if_match, const char **tag, struct arena *arena)
{
	struct bus_head head = { .if_match = if_match };
	struct call call = { .head = &head, .arena = arena };
	struct err err = { 0 };

	return call_if_match(&call, "it", tag, &err) ? ERR_NONE : err.code;
}

static void
a_change_names_the_tag_it_is_based_on(void **state)
{
	struct arena arena;
	const char *tag = NULL;

	(void)state;
	arena_init(&arena, 1024);
	assert_int_equal(code_of("\"7\"", &tag, &arena), ERR_NONE);
	assert_string_equal(tag, "7");
	assert_int_equal(code_of(NULL, &tag, &arena), ERR_PRECONDITION_MISSING);
	assert_int_equal(code_of("7", &tag, &arena), ERR_MALFORMED);
	assert_int_equal(code_of("\"", &tag, &arena), ERR_MALFORMED);
	assert_int_equal(code_of("W/\"7", &tag, &arena), ERR_MALFORMED);
	assert_int_equal(code_of("garbage", &tag, &arena), ERR_MALFORMED);
	assert_int_equal(code_of("W/\"7\"", &tag, &arena), ERR_PRECONDITION);
	assert_int_equal(code_of("*", &tag, &arena), ERR_PRECONDITION);
	arena_close(&arena);
}

RUN_TESTS(cmocka_unit_test(a_caller_holds_what_one_of_its_tags_names),
    cmocka_unit_test(a_change_names_the_tag_it_is_based_on))
