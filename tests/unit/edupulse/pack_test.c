/* pack_test.c - a packed folder is a file of its own, or none at all. */
#include "services/edupulse/pack.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

static void
where_no_file_can_be_made_none_is_named(void **state)
{
	struct arena arena;
	struct err err = { 0 };
	const char *path = "of an earlier call";

	(void)state;
	arena_init(&arena, 4096);
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	assert_false(pack_folder("/", &arena, &path, &err));
	assert_null(path);
	assert_non_null(strstr(err.detail, "/nonexistent/"));
	arena_close(&arena);
}

static void
what_a_failure_leaves_is_named(void **state)
{
	struct arena arena;
	struct err err = { 0 };
	const char *path = NULL;

	(void)state;
	arena_init(&arena, 4096);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_false(pack_folder("/nonexistent", &arena, &path, &err));
	assert_non_null(path);
	assert_int_equal(unlink(path), 0);
	arena_close(&arena);
}

RUN_TESTS(cmocka_unit_test(where_no_file_can_be_made_none_is_named),
    cmocka_unit_test(what_a_failure_leaves_is_named))
