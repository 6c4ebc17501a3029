/* json_test.c - messages from JSON and to it. */
#include "wire/json.h"

#include <math.h>
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

/* Decode a record of exactly these bytes: none behind them may be read. */
static bool
read_record(const char *text, struct sample_record *record)
{
	size_t size = strlen(text);
	char *exact = memcpy(arena_alloc(&arena, size + 1), text, size);

	return json_decode(&sample_record_message,
	    (struct slice){ exact, size }, JSON_STRICT, &arena, record, &err);
}

static const char full[] =
    "{\"student_id\":\"s-1\",\"mark\":\"absent\",\"score\":100,"
    "\"weight\":-0.25,\"late\":true,\"occurred_at\":\"2026-01-31T08:00:00Z\","
    "\"day\":\"2026-01-31\",\"extra\":{\"a\":[1,2.50]},\"seal\":\"AP8Q\","
    "\"labels\":[\"x\",\"\\u00e4 \\\"\"],\"curve\":[1,null,0.1]}";

static void
every_type_is_read(void **state)
{
	struct sample_record record;

	(void)state;
	assert_true(read_record(full, &record));
	assert_string_equal(record.student_id, "s-1");
	assert_true(record.has_mark && record.mark == MARK_ABSENT);
	assert_true(record.has_score && record.score == 100);
	assert_true(record.has_weight && record.weight == -0.25);
	assert_true(record.has_late && record.late);
	/* date -u -d 2026-01-31T08:00:00Z +%s */
	assert_int_equal(record.occurred_at, 1769846400 * SECOND_US);
	assert_int_equal(record.day, day_from_civil(2026, 1, 31));
	assert_true(slice_is(record.extra, "{\"a\":[1,2.50]}"));
	assert_int_equal(record.seal.size, 3);
	assert_memory_equal(record.seal.data, "\x00\xff\x10", 3);
	assert_int_equal(record.labels_count, 2);
	assert_string_equal(record.labels[1], "\xc3\xa4 \"");
	assert_int_equal(record.curve_count, 3);
	assert_true(isnan(record.curve[1]) && record.curve[2] == 0.1);
}

static void
what_was_read_is_written_the_same(void **state)
{
	struct sample_record record;
	struct buf out = { 0 };

	(void)state;
	assert_true(read_record(full, &record));
	json_encode(&sample_record_message, &record, &out);
	assert_string_equal(out.data,
	    "{\"student_id\":\"s-1\",\"mark\":\"absent\",\"score\":100,"
	    "\"weight\":-0.25,\"late\":true,"
	    "\"occurred_at\":\"2026-01-31T08:00:00Z\",\"day\":\"2026-01-31\","
	    "\"extra\":{\"a\":[1,2.50]},\"seal\":\"AP8Q\","
	    "\"labels\":[\"x\",\"\xc3\xa4 \\\"\"],\"curve\":[1,null,0.1]}");
	buf_close(&out);
}

static void
absent_and_null_are_the_same(void **state)
{
	struct sample_record record;
	struct buf out = { 0 };

	(void)state;
	assert_true(read_record("{\"score\":null,\"extra\":null,"
				"\"student_id\":\"x\",\"labels\":null}",
	    &record));
	assert_false(record.has_score || record.has_mark);
	assert_null(record.extra.data);
	assert_null(record.labels);
	json_encode(&sample_record_message, &record, &out);
	assert_string_equal(out.data, "{\"student_id\":\"x\"}");
	buf_close(&out);
}

static void
private_values_do_not_reach_the_log(void **state)
{
	struct sample_record inner = { .student_id = "s-1",
		.score = 42,
		.has_score = true };
	struct sample_batch batch = { .source = "sis", .best = &inner };
	struct buf out = { 0 };

	(void)state;
	json_redact(&sample_record_message, &inner, &out);
	assert_string_equal(out.data,
	    "{\"student_id\":\"(private)\","
	    "\"score\":\"(private)\"}");
	buf_clear(&out);
	json_redact(&sample_batch_message, &batch, &out);
	assert_string_equal(out.data,
	    "{\"source\":\"sis\",\"records\":"
	    "\"(private)\",\"best\":\"(private)\"}");
	buf_close(&out);
}

/* A text, and the one place and message it must be refused with. */
struct refusal {
	const char *text;
	const char *pointer;
	const char *message;
};

static void
faults_name_place_value_and_what_is_wanted(void **state)
{
	static const struct refusal refusals[] = {
		{ "{\"student_id\":\"x\",\"score\":117}", "score",
		    "117 is above 100" },
		{ "{\"student_id\":\"x\",\"score\":-1}", "score",
		    "-1 is below 0" },
		{ "{\"student_id\":\"x\",\"score\":1.5}", "score",
		    "1.5 is not a whole number" },
		{ "{\"student_id\":\"x\",\"score\":\"5\"}", "score",
		    "a whole number is wanted, not a text" },
		{ "{\"student_id\":\"x\",\"weight\":1e999}", "weight",
		    "1e999 is above 1.5" },
		{ "{\"student_id\":\"x\",\"mark\":\"late\"}", "mark",
		    "\"late\" is not one of: present, tardy, absent, excused" },
		{ "{\"student_id\":\"x\",\"late\":1}", "late",
		    "true or false is wanted, not a number" },
		{ "{\"student_id\":\"x\",\"day\":\"20225-01-01\"}", "day",
		    "\"20225-01-01\" is not a day such as 2026-01-31" },
		{ "{\"student_id\":\"x\",\"occurred_at\":\"2026-01-31\"}",
		    "occurred_at",
		    "\"2026-01-31\" is not a time such as "
		    "2026-01-31T08:00:00Z" },
		{ "{\"student_id\":\"x\",\"seal\":\"AP8\"}", "seal",
		    "is not base64" },
		{ "{\"student_id\":\"x\",\"seal\":\"AAAAAAAAAAAA\"}", "seal",
		    "is longer than 8 bytes" },
		{ "{\"student_id\":\"x\",\"labels\":[\"a\",2]}", "labels[1]",
		    "a text is wanted, not a number" },
		{ "{\"student_id\":\"x\",\"labels\":[\"\",\"\",\"\",\"\"]}",
		    "labels", "has 4 items, more than 3" },
		{ "{\"student_id\":\"x\",\"curve\":[\"a\"]}", "curve[0]",
		    "a number is wanted, not a text" },
		{ "{\"student_id\":\"\"}", "student_id", "is empty" },
		{ "{\"student_id\":\"12345678901234567\"}", "student_id",
		    "is longer than 16 bytes" },
		{ "{\"student_id\":\"a\\u0000b\"}", "student_id",
		    "holds a NUL character" },
		{ "{}", "student_id", "is missing" },
		{ "{\"student_id\":null}", "student_id",
		    "a text is wanted, not null" },
		{ "{\"student_id\":\"x\",\"student_id\":\"x\"}", "student_id",
		    "is given twice" },
		{ "{\"student_id\":\"x\",\"Score\":1}", "Score",
		    "is not known here" },
		{ "{\"student_id\":\"x\",\"score\\u0000\":1}", "score\\u0000",
		    "is not known here" },
		{ "[]", "", "an object is wanted, not an array" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct sample_record record;

		assert_false(read_record(refusals[i].text, &record));
		assert_int_equal(err.code, ERR_INVALID);
		assert_int_equal(err.place_count, 1);
		assert_string_equal(err.places[0].pointer, refusals[i].pointer);
		assert_string_equal(err.places[0].message, refusals[i].message);
	}
}

static void
several_faults_are_found_at_once(void **state)
{
	static const char text[] =
	    "{\"records\":[{\"student_id\":\"a\"},{\"student_id\":\"b\","
	    "\"score\":117,\"labels\":[1]}],\"best\":{}}";
	struct sample_batch batch;

	(void)state;
	assert_false(json_decode(&sample_batch_message, slice_of(text),
	    JSON_STRICT, &arena, &batch, &err));
	assert_int_equal(err.place_count, 4);
	assert_string_equal(err.places[0].pointer, "records[1].score");
	assert_string_equal(err.places[1].pointer, "records[1].labels[0]");
	assert_string_equal(err.places[2].pointer, "best.student_id");
	assert_string_equal(err.places[3].pointer, "source");
	assert_string_equal(err.detail, "records[1].score: 117 is above 100");
}

static void
an_escaped_key_is_still_the_key(void **state)
{
	struct sample_record record;

	(void)state;
	assert_true(read_record("{\"student\\u005fid\":\"x\"}", &record));
	assert_string_equal(record.student_id, "x");
}

static void
unknown_keys_pass_when_lenient(void **state)
{
	struct sample_record record;

	(void)state;
	assert_true(json_decode(&sample_record_message,
	    slice_of("{\"new\":[{}],\"student_id\":\"x\"}"), JSON_LENIENT,
	    &arena, &record, &err));
	assert_string_equal(record.student_id, "x");
}

/* From the JSON test suite of RFC 8259's corner cases: each must be refused
 * as no JSON; cJSON alone takes many of them. */
static void
what_is_no_json_is_refused(void **state)
{
	static const char *const wrong[] = { "", " ", "{", "}", "{\"a\":}",
		"{\"a\" 1}", "{\"a\":1,}", "{,}", "[1 2]", "[1,]", "{a:1}",
		"{\"a\":+1}", "{\"a\":01}", "{\"a\":-}", "{\"a\":.5}",
		"{\"a\":1.}", "{\"a\":1e}", "{\"a\":0x10}", "{\"a\":NaN}",
		"{\"a\":Infinity}", "{\"a\":-Infinity}", "{\"a\":TRUE}",
		"{\"a\":nul}", "{\"a\":'x'}", "{\"a\":\"\n\"}",
		"{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\ud800\"}",
		"{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\u0041\"}",
		"{\"a\":\"x}", "{}x", "{} {}", "\xef\xbb\xbf{}",
		"{\"a\":\"\xff\"}", "{\"a\":\"\xc0\xaf\"}",
		"{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf5\x80\x80\x80\"}",
		"{\"a\":\"\xe2\x82\"}", "{\"a\":1\f}", "{\"a\":/**/1}",
		"{\"a\":100000000000000000000000000000000000000000000000000"
		"0000000000}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct sample_record record;

		if (read_record(wrong[i], &record) || err.code != ERR_MALFORMED)
			fail_msg("taken: %s", wrong[i]);
	}
}

static void
depth_ends_at_32(void **state)
{
	struct sample_record record;
	struct buf text = { 0 };

	(void)state;
	for (int depth = 31; depth <= 32; depth++) {
		buf_clear(&text);
		buf_text(&text, "{\"student_id\":\"x\",\"other\":");
		for (int i = 0; i < depth; i++)
			buf_byte(&text, '[');
		for (int i = 0; i < depth; i++)
			buf_byte(&text, ']');
		buf_text(&text, "}");
		assert_int_equal(json_decode(&sample_record_message,
				     buf_slice(&text), JSON_LENIENT, &arena,
				     &record, &err),
		    depth == 31);
	}
	assert_string_equal(err.detail,
	    "byte 59: it is nested deeper than 32 levels");
	buf_close(&text);
}

static void
texts_are_escaped_and_repaired(void **state)
{
	struct buf out = { 0 };

	(void)state;
	json_text(&out,
	    (struct slice){ "a\"\\\n\x01\0\xff\xe2\x82\xac\xe2\x82", 12 });
	assert_string_equal(out.data,
	    "\"a\\\"\\\\\\n\\u0001\\u0000\xef\xbf\xbd\xe2\x82\xac"
	    "\xef\xbf\xbd\xef\xbf\xbd\"");
	buf_close(&out);
}

static void
numbers_read_back_the_same_in_their_shortest_form(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = { { 0.1, "0.1" }, { 1.0 / 3, "0.3333333333333333" },
		{ 100, "100" }, { -0.0, "-0" }, { 1e300, "1e+300" },
		{ 5e-324, "4.94065645841247e-324" },
		{ 0.1 + 0.2, "0.30000000000000004" }, { (double)NAN, "null" },
		{ -(double)INFINITY, "null" } };
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		buf_clear(&out);
		json_real(&out, cases[i].value);
		assert_string_equal(out.data, cases[i].text);
	}
	buf_close(&out);
}

RUN_TESTS(cmocka_unit_test_setup_teardown(every_type_is_read, open_arena,
	      close_arena),
    cmocka_unit_test_setup_teardown(what_was_read_is_written_the_same,
	open_arena, close_arena),
    cmocka_unit_test_setup_teardown(absent_and_null_are_the_same, open_arena,
	close_arena),
    cmocka_unit_test(private_values_do_not_reach_the_log),
    cmocka_unit_test_setup_teardown(faults_name_place_value_and_what_is_wanted,
	open_arena, close_arena),
    cmocka_unit_test_setup_teardown(several_faults_are_found_at_once,
	open_arena, close_arena),
    cmocka_unit_test_setup_teardown(an_escaped_key_is_still_the_key, open_arena,
	close_arena),
    cmocka_unit_test_setup_teardown(unknown_keys_pass_when_lenient, open_arena,
	close_arena),
    cmocka_unit_test_setup_teardown(what_is_no_json_is_refused, open_arena,
	close_arena),
    cmocka_unit_test_setup_teardown(depth_ends_at_32, open_arena, close_arena),
    cmocka_unit_test(texts_are_escaped_and_repaired),
    cmocka_unit_test(numbers_read_back_the_same_in_their_shortest_form))
