/* cutter_test.c - parts of whole lines, of at most eight bytes here. */
#include "services/gateway/cutter.h"

#include <string.h>

#include "tests/support/test.h"

enum { MOST = 8 };

static bool
add(struct cutter *cutter, const char *text)
{
	struct err err = { 0 };
	bool is_added = cutter_add(cutter, slice_of(text), &err);

	assert_int_equal(err.code, is_added ? ERR_NONE : ERR_TOO_LARGE);
	return is_added;
}

/* The next part is `wanted`, and is taken. */
static void
check_part(struct cutter *cutter, enum cut cut, const char *wanted)
{
	struct slice part;

	assert_true(cutter_next(cutter, cut, &part));
	assert_int_equal(part.size, strlen(wanted));
	assert_memory_equal(part.data, wanted, part.size);
	cutter_drop(cutter, part.size);
}

static void
check_nothing(const struct cutter *cutter, enum cut cut)
{
	struct slice part;

	assert_false(cutter_next(cutter, cut, &part));
}

static void
an_empty_cutter_has_no_part(void **state)
{
	struct cutter cutter;

	(void)state;
	cutter_init(&cutter, MOST);
	check_nothing(&cutter, CUT_FULL);
	check_nothing(&cutter, CUT_LINES);
	check_nothing(&cutter, CUT_ALL);
	assert_true(add(&cutter, ""));
	check_nothing(&cutter, CUT_ALL);
	cutter_close(&cutter);
}

static void
lines_wait_until_a_part_is_full_or_they_are_asked_for(void **state)
{
	struct cutter cutter;

	(void)state;
	cutter_init(&cutter, MOST);
	assert_true(add(&cutter, "a\nb\ncd"));
	check_nothing(&cutter, CUT_FULL);
	check_part(&cutter, CUT_LINES, "a\nb\n");
	check_nothing(&cutter, CUT_LINES);
	assert_true(add(&cutter, "e\n"));
	check_part(&cutter, CUT_LINES, "cde\n");
	cutter_close(&cutter);
}

static void
a_full_cutter_gives_whole_lines_only(void **state)
{
	struct cutter cutter;

	(void)state;
	cutter_init(&cutter, MOST);
	assert_true(add(&cutter, "abc\nde\nf"));
	assert_true(cutter_is_full(&cutter));
	check_part(&cutter, CUT_FULL, "abc\nde\n");
	assert_false(cutter_is_full(&cutter));
	check_nothing(&cutter, CUT_FULL);
	check_part(&cutter, CUT_ALL, "f");
	cutter_close(&cutter);
}

static void
more_than_a_part_at_once_leaves_in_parts(void **state)
{
	struct cutter cutter;

	(void)state;
	cutter_init(&cutter, MOST);
	assert_true(add(&cutter, "abc\ndef\nghi\njkl\nmn"));
	check_part(&cutter, CUT_ALL, "abc\ndef\n");
	check_part(&cutter, CUT_ALL, "ghi\njkl\n");
	check_part(&cutter, CUT_ALL, "mn");
	check_nothing(&cutter, CUT_ALL);
	cutter_close(&cutter);
}

static void
a_line_of_exactly_a_part_passes(void **state)
{
	struct cutter cutter;

	(void)state;
	cutter_init(&cutter, MOST);
	assert_true(add(&cutter, "1234567"));
	check_nothing(&cutter, CUT_LINES);
	assert_true(add(&cutter, "\n"));
	check_part(&cutter, CUT_FULL, "1234567\n");
	cutter_close(&cutter);
}

/* Taken, it would fill the cutter and never leave it. */
static void
an_unfinished_line_of_exactly_a_part_is_refused(void **state)
{
	struct cutter cutter;

	(void)state;
	cutter_init(&cutter, MOST);
	assert_false(add(&cutter, "12345678"));
	assert_false(cutter_is_full(&cutter));
	cutter_close(&cutter);

	cutter_init(&cutter, MOST);
	assert_true(add(&cutter, "1234567"));
	assert_false(add(&cutter, "8"));
	assert_false(cutter_is_full(&cutter));
	cutter_close(&cutter);
}

static void
a_finished_line_longer_than_a_part_is_refused(void **state)
{
	struct cutter cutter;

	(void)state;
	cutter_init(&cutter, MOST);
	assert_false(add(&cutter, "12345678\n"));
	cutter_close(&cutter);
}

static void
what_stands_before_a_long_line_may_still_be_cut(void **state)
{
	struct cutter cutter;

	(void)state;
	cutter_init(&cutter, MOST);
	assert_false(add(&cutter, "a\nb\n123456789\nc\n"));
	check_part(&cutter, CUT_LINES, "a\nb\n");
	check_nothing(&cutter, CUT_LINES);
	cutter_close(&cutter);
}

/* Dropped lines do not count to the length of the one that follows. */
static void
a_line_is_measured_from_its_own_beginning(void **state)
{
	struct cutter cutter;

	(void)state;
	cutter_init(&cutter, MOST);
	for (int i = 0; i < 100; i++) {
		assert_true(add(&cutter, "ab\n1234"));
		check_part(&cutter, CUT_LINES, "ab\n");
		assert_true(add(&cutter, "567"));
		assert_true(add(&cutter, "\n"));
		check_part(&cutter, CUT_LINES, "1234567\n");
	}
	check_nothing(&cutter, CUT_ALL);
	cutter_close(&cutter);
}

/* However the bytes come, they leave whole and in order. */
static void
pieces_of_any_size_leave_whole(void **state)
{
	static const char text[] = "a\n\nbcd\nefghijk\nl\nmnopq\n\n\nrst";

	(void)state;
	for (size_t step = 1; step < sizeof(text); step++) {
		struct cutter cutter;
		struct buf out = { 0 };
		struct err err = { 0 };
		struct slice part;

		cutter_init(&cutter, MOST);
		for (size_t at = 0; at < strlen(text); at += step) {
			size_t left = strlen(text) - at;
			struct slice piece = { text + at,
				left < step ? left : step };

			assert_true(cutter_add(&cutter, piece, &err));
			while (cutter_next(&cutter, CUT_FULL, &part)) {
				assert_in_range(part.size, 1, MOST);
				assert_int_equal(part.data[part.size - 1],
				    '\n');
				buf_add(&out, part.data, part.size);
				cutter_drop(&cutter, part.size);
			}
			assert_false(cutter_is_full(&cutter));
		}
		while (cutter_next(&cutter, CUT_ALL, &part)) {
			assert_in_range(part.size, 1, MOST);
			buf_add(&out, part.data, part.size);
			cutter_drop(&cutter, part.size);
		}
		assert_string_equal(out.data, text);
		buf_close(&out);
		cutter_close(&cutter);
	}
}

/* The parts of a text that comes in pieces of one size; `is_early`: its end
 * is known before the last parts are taken. */
static void
cut_all(const char *text, size_t step, bool is_early, struct buf *parts)
{
	struct cutter cutter;
	struct err err = { 0 };
	struct slice part;
	size_t size = strlen(text);

	cutter_init(&cutter, MOST);
	for (size_t at = 0; at < size; at += step) {
		size_t left = size - at;
		struct slice piece = { text + at, left < step ? left : step };
		bool is_end = is_early && left <= step;

		assert_true(cutter_add(&cutter, piece, &err));
		while (
		    cutter_next(&cutter, is_end ? CUT_ALL : CUT_FULL, &part)) {
			buf_printf(parts, "%.*s|", (int)part.size, part.data);
			cutter_drop(&cutter, part.size);
		}
	}
	while (cutter_next(&cutter, CUT_ALL, &part)) {
		buf_printf(parts, "%.*s|", (int)part.size, part.data);
		cutter_drop(&cutter, part.size);
	}
	cutter_close(&cutter);
}

/* A stream that is sent again has to give the same parts. */
static void
full_parts_are_the_same_in_whatever_pieces_bytes_come(void **state)
{
	static const char *const texts[] = { "a\n\nbcd\nefghijk\nl\nmn\n\nrst",
		"abc\nde\nf", "abc\ndef\n", "1234567\nabc\ndefg",
		"1234567\n1234567\n1234567\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct buf wanted = { 0 };

		cut_all(texts[i], 1, false, &wanted);
		for (size_t step = 1; step <= strlen(texts[i]); step++) {
			for (int early = 0; early < 2; early++) {
				struct buf parts = { 0 };

				cut_all(texts[i], step, early, &parts);
				assert_string_equal(parts.data, wanted.data);
				buf_close(&parts);
			}
		}
		buf_close(&wanted);
	}
}

RUN_TESTS(cmocka_unit_test(an_empty_cutter_has_no_part),
    cmocka_unit_test(lines_wait_until_a_part_is_full_or_they_are_asked_for),
    cmocka_unit_test(a_full_cutter_gives_whole_lines_only),
    cmocka_unit_test(more_than_a_part_at_once_leaves_in_parts),
    cmocka_unit_test(a_line_of_exactly_a_part_passes),
    cmocka_unit_test(an_unfinished_line_of_exactly_a_part_is_refused),
    cmocka_unit_test(a_finished_line_longer_than_a_part_is_refused),
    cmocka_unit_test(what_stands_before_a_long_line_may_still_be_cut),
    cmocka_unit_test(a_line_is_measured_from_its_own_beginning),
    cmocka_unit_test(pieces_of_any_size_leave_whole),
    cmocka_unit_test(full_parts_are_the_same_in_whatever_pieces_bytes_come))
