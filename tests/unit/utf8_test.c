/* utf8_test.c - UTF-8 and base64. */
#include "base/utf8.h"

#include <string.h>

#include "base/base64.h"
#include "tests/support/test.h"

/* Markus Kuhn's classes of wrong sequences, with the place of the fault. */
static void
faults_are_found_where_they_are(void **state)
{
	static const struct {
		const char *text;
		size_t valid;
	} cases[] = {
		{ "plain ascii, longer than eight", 30 },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "a\x80", 1 },
		{ "12345678\xc0\xaf", 8 },
		{ "ab\xe0\x80\xaf", 2 },
		{ "\xf0\x80\x80\xaf", 0 },
		{ "\xed\xa0\x80", 0 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xe2\x82", 0 },
		{ "x\xfe", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(utf8_valid(slice_of(cases[i].text)),
		    cases[i].valid);
}

static void
every_code_point_is_whole_and_cut_nowhere(void **state)
{
	char text[4];

	(void)state;
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		size_t size = utf8_put(code, text);
		bool is_surrogate = code >= 0xd800 && code <= 0xdfff;

		assert_int_equal(utf8_size(text, size),
		    is_surrogate ? 0 : size);
		if (!is_surrogate)
			assert_int_equal(
			    utf8_cut((struct slice){ text, size }, size - 1),
			    0);
	}
}

/* RFC 4648, section 10. */
static void
base64_is_that_of_the_rfc(void **state)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		char back[8];
		size_t size;

		buf_clear(&out);
		base64_encode(&out, slice_of(pairs[i][0]));
		assert_string_equal(out.size > 0 ? out.data : "", pairs[i][1]);
		assert_true(base64_decode(slice_of(pairs[i][1]), back, &size));
		assert_int_equal(size, strlen(pairs[i][0]));
		assert_memory_equal(back, pairs[i][0], size);
	}
	buf_close(&out);
}

static void
what_is_no_base64_is_refused(void **state)
{
	static const char *const wrong[] = { "A", "AA", "AAA", "AAA=A",
		"A===", "====", "AA=A", "AB==", "AAB=", "AA-_", "AAA\n",
		"Zg== " };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		char back[8];
		size_t size;

		if (base64_decode(slice_of(wrong[i]), back, &size))
			fail_msg("taken: %s", wrong[i]);
	}
}

RUN_TESTS(cmocka_unit_test(faults_are_found_where_they_are),
    cmocka_unit_test(every_code_point_is_whole_and_cut_nowhere),
    cmocka_unit_test(base64_is_that_of_the_rfc),
    cmocka_unit_test(what_is_no_base64_is_refused))
