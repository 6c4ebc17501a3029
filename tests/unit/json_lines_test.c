/* json_lines_test.c - NDJSON that arrives in parts. */
#include "wire/json_lines.h"

#include <string.h>

#include "tests/support/test.h"

static struct err err;

static bool
note(void *user, size_t line, struct slice text, const struct err *fault,
    struct err *stop)
{
	struct buf *out = user;

	if (slice_is(text, "stop"))
		return err_set(stop, ERR_CONFLICT, "enough");
	if (fault != NULL)
		buf_printf(out, "!%s;", fault->detail);
	else
		buf_printf(out, "%zu:%.*s;", line, (int)text.size, text.data);
	return true;
}

/* Feed `text` in parts of `step` bytes. */
static void
check_lines(const char *text, size_t step, size_t most, const char *want)
{
	struct json_lines lines;
	struct buf out = { 0 };
	size_t size = strlen(text);

	json_lines_init(&lines, most);
	for (size_t i = 0; i < size; i += step) {
		size_t part = size - i < step ? size - i : step;

		assert_true(json_lines_feed(&lines,
		    (struct slice){ text + i, part }, note, &out, &err));
		assert_true(lines.partial.size <= most);
	}
	assert_true(json_lines_finish(&lines, note, &out, &err));
	assert_string_equal(out.size > 0 ? out.data : "", want);
	json_lines_close(&lines);
	buf_close(&out);
}

static void
any_parting_gives_the_same_lines(void **state)
{
	(void)state;
	for (size_t step = 1; step < 20; step++) {
		check_lines("{}\r\n\n  \n[1]\nlast", step, 10,
		    "1:{};4:[1];5:last;");
		check_lines("0123456789\n01234567890\nabc\n", step, 10,
		    "1:0123456789;!line 2 is longer than 10 bytes;3:abc;");
		check_lines("0123456789abcdefghijklm", step, 10,
		    "!line 1 is longer than 10 bytes;");
		check_lines("", step, 10, "");
	}
}

static void
an_endless_line_is_reported_once_and_not_kept(void **state)
{
	static char part[65536];
	struct json_lines lines;
	struct buf out = { 0 };

	(void)state;
	memset(part, 'x', sizeof(part));
	json_lines_init(&lines, 100000);
	for (int i = 0; i < 1000; i++) {
		assert_true(json_lines_feed(&lines,
		    (struct slice){ part, sizeof(part) }, note, &out, &err));
		assert_true(lines.partial.room <= 200000);
	}
	assert_true(
	    json_lines_feed(&lines, slice_of("\n{}\n"), note, &out, &err));
	assert_string_equal(out.data,
	    "!line 1 is longer than 100000 bytes;2:{};");
	json_lines_close(&lines);
	buf_close(&out);
}

static void
the_taker_may_stop(void **state)
{
	struct json_lines lines;
	struct buf out = { 0 };

	(void)state;
	json_lines_init(&lines, 10);
	assert_false(json_lines_feed(&lines, slice_of("a\nstop\nb\n"), note,
	    &out, &err));
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_string_equal(out.data, "1:a;");
	json_lines_close(&lines);
	buf_close(&out);
}

RUN_TESTS(cmocka_unit_test(any_parting_gives_the_same_lines),
    cmocka_unit_test(an_endless_line_is_reported_once_and_not_kept),
    cmocka_unit_test(the_taker_may_stop))
