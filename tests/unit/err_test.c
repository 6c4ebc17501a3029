/* err_test.c - what does not fit into an error is cut between characters, and
 * where it is read between words. */
#include "base/err.h"

#include <string.h>

#include "base/utf8.h"
#include "tests/support/test.h"

static void
check_text(const char *text)
{
	assert_int_equal(utf8_valid(slice_of(text)), strlen(text));
}

/* Characters of two, three and four bytes, begun at each place: some would be
 * cut within. */
static void
every_text_of_an_error_is_whole_characters(void **state)
{
	static const char *const characters[] = { "\xc3\xbc", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		for (size_t start = 0; start < 4; start++) {
			size_t width = strlen(characters[i]);
			char text[1200] = "aaa";
			struct err err = { 0 };

			for (size_t at = start; at + width < sizeof(text);
			     at += width)
				memcpy(text + at, characters[i], width + 1);
			(void)err_at(&err, text, "%s", text);
			check_text(err.places[0].pointer);
			check_text(err.places[0].message);
			check_text(err.detail);
			assert_in_range(strlen(err.places[0].pointer),
			    sizeof(err.places[0].pointer) - 4,
			    sizeof(err.places[0].pointer) - 1);
			(void)err_in(&err, "%s", text);
			check_text(err.detail);
			(void)err_set(&err, ERR_INVALID, "%s", text);
			check_text(err.detail);
			(void)err_in(&err, "in");
			check_text(err.detail);
		}
	}
}

static void
a_text_that_just_fits_is_kept_whole(void **state)
{
	char text[ERR_DETAIL_SIZE];
	struct err err = { 0 };

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + sizeof(text) - 3, "\xc3\xbc", 2);
	(void)err_set(&err, ERR_INVALID, "%s", text);
	assert_string_equal(err.detail, text);
}

static void
what_is_read_ends_behind_a_whole_word(void **state)
{
	char text[2 * ERR_DETAIL_SIZE];
	struct err err = { 0 };

	(void)state;
	for (size_t at = 0; at + 8 < sizeof(text); at += 8)
		memcpy(text + at, "refused ", 9);
	(void)err_set(&err, ERR_CONFLICT, "%s", text);
	assert_string_equal(err.detail + strlen(err.detail) - 11,
	    " refused...");
	assert_in_range(strlen(err.detail), ERR_DETAIL_SIZE - 12,
	    ERR_DETAIL_SIZE - 1);
	(void)err_in(&err, "of it");
	assert_string_equal(err.detail + strlen(err.detail) - 11,
	    " refused...");
	(void)err_at(&err, "x", "%s", text);
	assert_string_equal(err.places[0].message +
		strlen(err.places[0].message) - 11,
	    " refused...");
}

RUN_TESTS(cmocka_unit_test(every_text_of_an_error_is_whole_characters),
    cmocka_unit_test(a_text_that_just_fits_is_kept_whole),
    cmocka_unit_test(what_is_read_ends_behind_a_whole_word))
