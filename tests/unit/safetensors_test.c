/*
 * safetensors_test.c - files written by hand from the format's description.
 */
#include "ml/safetensors.h"

#include <string.h>

#include "base/must.h"
#include "tests/support/test.h"

static bool
read_header(struct safetensors *into, struct arena *arena, const char *header,
    size_t data_size, struct err *err)
{
	static char file[4096];
	uint64_t size = strlen(header);

	must(8 + size + data_size <= sizeof(file));
	memset(file, 0, sizeof(file));
	memcpy(file, &size, sizeof(size));
	memcpy(file + 8, header, size);
	for (size_t i = 0; i < data_size / 4; i++) {
		float value = (float)i;

		memcpy(file + 8 + size + 4 * i, &value, sizeof(value));
	}
	return safetensors_read(into, arena,
	    (struct slice){ file, 8 + size + data_size }, err);
}

static void
a_file_as_others_write_it_is_read(void **state)
{
	struct safetensors file;
	struct arena arena;
	struct err err = { 0 };
	float value;

	(void)state;
	arena_init(&arena, 1024);
	assert_true(read_header(&file, &arena,
	    "{ \"b\" : {\"shape\":[2, 3],\"data_offsets\":[4,28],"
	    "\"dtype\":\"F32\"},\"__metadata__\":"
	    "{\"k\":\"q\\\"\\\\\\n\\u00e9\\ud83d\\ude00\"},"
	    "\"a\":{\"dtype\":\"F32\",\"shape\":[1],"
	    "\"data_offsets\":[0,4]}}  ",
	    28, &err));
	assert_int_equal(file.count, 2);
	assert_string_equal(safetensors_text(&file, "k"),
	    "q\"\\\n\xc3\xa9\xf0\x9f\x98\x80");
	assert_null(safetensors_text(&file, "other"));
	assert_int_equal(safetensors_find(&file, "b")->dims, 2);
	assert_int_equal(safetensors_find(&file, "b")->shape[1], 3);
	memcpy(&value, safetensors_find(&file, "b")->data + 20, sizeof(value));
	assert_near(value, 6, 0);
	arena_close(&arena);
}

#define ONE(name, from, to)                              \
	"\"" name "\":{\"dtype\":\"F32\",\"shape\":[1]," \
	"\"data_offsets\":[" from "," to "]}"

static void
headers_that_break_a_rule_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"{}",
		"{" ONE("a", "0", "4") "}",                        /* gap */
		"{" ONE("a", "0", "4") "," ONE("b", "0", "4") "}", /* overlap */
		"{" ONE("a", "0", "4") "," ONE("a", "4", "8") "}", /* twice */
		"{" ONE("a", "0", "4") "," ONE("b", "8", "12") "}",
		"{" ONE("a", "0", "8") "}", /* size against shape */
		"{" ONE("a", "8", "4") "}",
		"{" ONE("a", "00", "4") "," ONE("b", "4", "8") "}",
		"{" ONE("a", "0", "4") "," ONE("b", "4", "8") "} x",
		"{" ONE("a", "0", "4") "," ONE("b", "4", "8") ",}",
		"{" ONE("a", "0", "4") "," ONE("b", "4", "8"),
		"{" ONE("a", "0", "4") "," ONE("\\ud800", "4", "8") "}",
		"{" ONE("a", "0", "4") "," ONE("\\u0000", "4", "8") "}",
		"{" ONE("a", "0", "4") "," ONE("\xff", "4", "8") "}",
		"{" ONE("a", "0", "4") "," ONE("b\n", "4", "8") "}",
		"{\"a\":{\"dtype\":\"F16\",\"shape\":[2],"
		"\"data_offsets\":[0,8]}}",
		"{\"a\":{\"dtype\":\"F32\",\"shape\":[],"
		"\"data_offsets\":[0,8]}}",
		"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],"
		"\"data_offsets\":[0,8]}}",
		"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967295,4294967295],"
		"\"data_offsets\":[0,8]}}",
		"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,2],"
		"\"data_offsets\":[0,8]}}",
		"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}",
		"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],"
		"\"data_offsets\":[0,8]}}",
		"{\"__metadata__\":{\"k\":1}," ONE("a", "0", "4") "," ONE("b",
		    "4", "8") "}",
		"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}," ONE("a", "0",
		    "4") "," ONE("b", "4", "8") "}",
	};
	static const char right[] =
	    "{" ONE("a", "0", "4") "," ONE("b", "4", "8") "}";
	struct safetensors file;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 1024);
	assert_true(read_header(&file, &arena, right, 8, &err));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		err_clear(&err);
		if (read_header(&file, &arena, wrong[i], 8, &err))
			fail_msg("accepted: %s", wrong[i]);
		assert_int_equal(err.code, ERR_INVALID);
	}
	arena_close(&arena);
}

static void
a_header_that_claims_too_much_is_refused(void **state)
{
	char file[64] = { 0 };
	struct slice slice = { file, sizeof(file) };
	uint64_t sizes[] = { 57, SAFETENSORS_HEADER_MAX + 1, UINT64_MAX };
	struct safetensors into;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 1024);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		memcpy(file, &sizes[i], 8);
		assert_false(safetensors_read(&into, &arena, slice, &err));
	}
	slice.size = 7;
	assert_false(safetensors_read(&into, &arena, slice, &err));
	arena_close(&arena);
}

static void
what_is_written_is_read_again(void **state)
{
	const float values[6] = { 1, 2, 3, 4, 5, 6 };
	struct safetensors out = { 0 }, in;
	struct buf file = { 0 };
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 1024);
	safetensors_add_text(&out, "note", "tab\t \"quoted\" \\ end");
	safetensors_add(&out, "matrix", values, 2, 3);
	safetensors_add(&out, "vector", values, 6, 0);
	safetensors_write(&out, &file);
	assert_true(safetensors_read(&in, &arena, buf_slice(&file), &err));
	assert_string_equal(safetensors_text(&in, "note"),
	    "tab\t \"quoted\" \\ end");
	assert_memory_equal(safetensors_find(&in, "matrix")->data, values,
	    sizeof(values));
	assert_int_equal(safetensors_find(&in, "vector")->dims, 1);
	buf_close(&file);
	arena_close(&arena);
}

RUN_TESTS(cmocka_unit_test(a_file_as_others_write_it_is_read),
    cmocka_unit_test(headers_that_break_a_rule_are_refused),
    cmocka_unit_test(a_header_that_claims_too_much_is_refused),
    cmocka_unit_test(what_is_written_is_read_again))
