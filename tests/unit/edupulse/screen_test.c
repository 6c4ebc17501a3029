/*
 * screen_test.c - what a terminal would obey is not shown.  Control characters
 * are those of ISO 6429 (C0, DEL, C1); C1's forms in UTF-8 are c2 80 to c2 9f.
 */
#include "services/edupulse/screen.h"

#include <string.h>

#include "tests/support/test.h"

#define LOST "\xef\xbf\xbd"

static void
a_plain_text_is_shown_as_it_is(void **state)
{
	static const char *const plain[] = { "", "S3-00597", "a b~",
		"Gr\xc3\xb6\xc3\x9f"
		"e \xe4\xb8\xad",
		"\xc2\xa0" };
	struct arena arena;

	(void)state;
	arena_init(&arena, 4096);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		assert_ptr_equal(text_shown(&arena, plain[i]), plain[i]);
	arena_close(&arena);
}

static void
what_a_terminal_would_obey_is_replaced(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{ "\x1b[2Jx", LOST "[2Jx" },
		{ "a\nb\tc\rd\x7f", "a" LOST "b" LOST "c" LOST "d" LOST },
		/* CSI in one character, and the last of C1. */
		{ "\xc2\x9b"
		  "2J\xc2\x9f",
		    LOST "2J" LOST },
		/* A byte alone is C1 to a terminal that reads Latin-1. */
		{ "\x9b"
		  "2J",
		    LOST "2J" },
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, 4096);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(text_shown(&arena, rows[i].text),
		    rows[i].shown);
	arena_close(&arena);
}

static void
a_cell_of_a_table_is_made_harmless(void **state)
{
	struct table table = TABLE("student");

	(void)state;
	table_cell(&table, "%s", "\x1b]0;x\a");
	assert_string_equal(table.cells.data, LOST "]0;x" LOST);
	assert_int_equal(table.cell_count, 1);
	buf_close(&table.cells);
}

RUN_TESTS(cmocka_unit_test(a_plain_text_is_shown_as_it_is),
    cmocka_unit_test(what_a_terminal_would_obey_is_replaced),
    cmocka_unit_test(a_cell_of_a_table_is_made_harmless))
