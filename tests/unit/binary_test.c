/* binary_test.c - the compact reading of messages. */
#include "wire/binary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/sample.h"
#include "tests/support/test.h"
#include "wire/json.h"

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

static const char batch_text[] =
    "{\"source\":\"sis\",\"records\":[{\"student_id\":\"s-1\","
    "\"mark\":\"excused\",\"score\":0,\"weight\":-0.25,\"late\":false,"
    "\"occurred_at\":\"1969-12-31T23:59:59Z\",\"day\":\"2026-01-31\","
    "\"extra\":{\"a\":[1,2.50]},\"seal\":\"AP8Q\",\"labels\":[\"x\",\"\"],"
    "\"curve\":[1,null,0.1]},{\"student_id\":\"s-2\"}],"
    "\"best\":{\"student_id\":\"s-3\",\"seal\":\"\",\"labels\":[]}}";

static void
read_batch(struct sample_batch *batch)
{
	assert_true(json_decode(&sample_batch_message, slice_of(batch_text),
	    JSON_STRICT, &arena, batch, &err));
}

static void
every_type_survives_the_round_trip(void **state)
{
	struct buf bytes = { 0 }, text = { 0 };
	struct sample_batch batch, back;

	(void)state;
	read_batch(&batch);
	binary_encode(&sample_batch_message, &batch, &bytes);
	assert_true(binary_decode(&sample_batch_message, buf_slice(&bytes),
	    &arena, &back, &err));
	json_encode(&sample_batch_message, &back, &text);
	assert_string_equal(text.data, batch_text);
	buf_close(&bytes);
	buf_close(&text);
}

/* Written by hand from the format in binary.h. */
static void
the_bytes_are_as_written_down(void **state)
{
	struct sample_record record = { .student_id = "ab",
		.has_score = true,
		.score = 100,
		.has_late = true,
		.late = true };
	static const char want[] = { 11, 0x15, 0x00, 2, 'a', 'b', (char)0xc8,
		0x01, 1 };
	struct buf bytes = { 0 };

	(void)state;
	binary_encode(&sample_record_message, &record, &bytes);
	assert_int_equal(bytes.size, sizeof(want));
	assert_memory_equal(bytes.data, want, sizeof(want));
	buf_close(&bytes);
}

static bool
decode_record(const void *bytes, size_t size, struct sample_record *record)
{
	char *exact = memcpy(malloc(size + 1), bytes, size);
	bool is_good = binary_decode(&sample_record_message,
	    (struct slice){ exact, size }, &arena, record, &err);

	free(exact);
	return is_good;
}

static void
older_and_newer_writers_are_understood(void **state)
{
	static const char older[] = { 1, 1, 1, 'a' };
	static const char newer[] = { 20, 1, 0, 8, 1, 'a', 9, 9, 9 };
	struct sample_record record;

	(void)state;
	assert_true(decode_record(older, sizeof(older), &record));
	assert_string_equal(record.student_id, "a");
	assert_true(decode_record(newer, sizeof(newer), &record));
	assert_string_equal(record.student_id, "a");
	assert_false(record.has_score);
}

/* As by JSON: blanks around a value are none of it, null is nothing. */
static void
a_raw_value_is_the_one_that_json_reads(void **state)
{
	static const struct {
		const char *raw, *json;
	} cases[] = { { " [1, 2]\n",
			  "{\"student_id\":\"x\",\"extra\":[1, 2]}" },
		{ "\t7 ", "{\"student_id\":\"x\",\"extra\":7}" },
		{ " null ", "{\"student_id\":\"x\"}" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample_record record = { .student_id = "x",
			.extra = slice_of(cases[i].raw) };
		struct buf bytes = { 0 }, text = { 0 };

		binary_encode(&sample_record_message, &record, &bytes);
		assert_true(binary_decode(&sample_record_message,
		    buf_slice(&bytes), &arena, &record, &err));
		json_encode(&sample_record_message, &record, &text);
		assert_string_equal(text.data, cases[i].json);
		buf_close(&bytes);
		buf_close(&text);
	}
}

static void
what_json_would_refuse_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *detail;
	} cases[] = {
		{ "\x01\x00", 2, "student_id: is missing" },
		{ "\x01\x01\x00", 3, "student_id: is empty" },
		{ "\x01\x01\x01\xff", 4, "student_id: is not UTF-8" },
		{ "\x01\x01\x02"
		  "a\0",
		    5, "student_id: holds a NUL character" },
		{ "\x02\x03\x01"
		  "a\x08",
		    5, "mark: 4 stands for nothing" },
		{ "\x03\x05\x01"
		  "a\xca\x01",
		    6, "score: 101 is above 100" },
		{ "\x04\x09\x01"
		  "a\0\0\0\0\0\0\xf8\x7f",
		    12, "weight: is not a number" },
		{ "\x08\x81\x01"
		  "a\x01{",
		    6, "extra: is no JSON: a name in quotes is expected" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample_record record;

		assert_false(
		    decode_record(cases[i].bytes, cases[i].size, &record));
		assert_string_equal(err.detail, cases[i].detail);
	}
}

static void
every_truncation_is_refused(void **state)
{
	struct buf bytes = { 0 };
	struct sample_batch batch, back;

	(void)state;
	read_batch(&batch);
	binary_encode(&sample_batch_message, &batch, &bytes);
	for (size_t size = 0; size < bytes.size; size++) {
		char *exact = memcpy(malloc(size + 1), bytes.data, size);

		assert_false(binary_decode(&sample_batch_message,
		    (struct slice){ exact, size }, &arena, &back, &err));
		free(exact);
	}
	buf_byte(&bytes, 0);
	assert_false(binary_decode(&sample_batch_message, buf_slice(&bytes),
	    &arena, &back, &err));
	buf_close(&bytes);
}

static void
counts_that_lie_take_no_memory(void **state)
{
	/* records: 2^62 items, of which none is there. */
	static const char bytes[] = "\x02\x03\x01s\x80\x80\x80\x80\x80\x80"
				    "\x80\x80\x40";
	struct sample_batch batch;

	(void)state;
	assert_false(binary_decode(&sample_batch_message,
	    (struct slice){ bytes, sizeof(bytes) - 1 }, &arena, &batch, &err));
	assert_int_equal(err.code, ERR_MALFORMED);
	assert_true(arena.used_bytes < 100);
}

RUN_TESTS(cmocka_unit_test_setup_teardown(every_type_survives_the_round_trip,
	      open_arena, close_arena),
    cmocka_unit_test(the_bytes_are_as_written_down),
    cmocka_unit_test_setup_teardown(older_and_newer_writers_are_understood,
	open_arena, close_arena),
    cmocka_unit_test_setup_teardown(a_raw_value_is_the_one_that_json_reads,
	open_arena, close_arena),
    cmocka_unit_test_setup_teardown(what_json_would_refuse_is_refused,
	open_arena, close_arena),
    cmocka_unit_test_setup_teardown(every_truncation_is_refused, open_arena,
	close_arena),
    cmocka_unit_test_setup_teardown(counts_that_lie_take_no_memory, open_arena,
	close_arena))
