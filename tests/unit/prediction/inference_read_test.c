/*
 * inference_read_test.c - requests of the Open Inference Protocol, as its text
 * and that of the binary extension have them, and all that is none.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "services/prediction/inference.h"
#include "tests/support/test.h"

enum { WIDTH = NETWORK_INPUTS };

struct reader {
	struct arena arena;
	struct inference read;
	struct err err;
};

static void
open_reader(struct reader *reader)
{
	memset(reader, 0, sizeof(*reader));
	arena_init(&reader->arena, 4096);
}

static bool
read_parts(struct reader *reader, struct slice body, size_t json_size)
{
	err_clear(&reader->err);
	return inference_read(body, json_size, &reader->arena, &reader->read,
	    &reader->err);
}

static void
must_read(struct reader *reader, const struct buf *body, size_t json_size)
{
	if (!read_parts(reader, buf_slice(body), json_size))
		fail_msg("%s", reader->err.detail);
}

/* `count` zeros in brackets. */
static void
put_zeros(struct buf *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_text(out, i == 0 ? "[0" : ",0");
	buf_byte(out, ']');
}

/* A request of one row and one step, but for `inputs` and what follows. */
static void
put_request(struct buf *out, const char *rest)
{
	buf_text(out,
	    "{\"inputs\":[{\"name\":\"sequence\",\"datatype\":\"FP32\","
	    "\"shape\":[1,1,42],\"data\":");
	put_zeros(out, WIDTH);
	buf_printf(out,
	    "},{\"name\":\"context\",\"datatype\":\"FP32\","
	    "\"shape\":[1,4],\"data\":[1,2,3,4]}%s",
	    rest);
}

/* 0, 1 ... as (2, 2, 42), flat or nested. */
static void
put_steps(struct buf *out, bool is_nested)
{
	buf_text(out, is_nested ? "[[[" : "[");
	for (int i = 0; i < 4 * WIDTH; i++) {
		if (is_nested && i > 0 && i % (2 * WIDTH) == 0)
			buf_text(out, "]] , [[");
		else if (is_nested && i > 0 && i % WIDTH == 0)
			buf_text(out, "],[");
		else if (i > 0)
			buf_text(out, ", ");
		buf_printf(out, "%d", i);
	}
	buf_text(out, is_nested ? "]]]" : "]");
}

static void
flat_and_nested_data_are_the_same(void **state)
{
	struct reader reader;
	struct buf body = { NULL, 0, 0 };

	(void)state;
	open_reader(&reader);
	for (int form = 0; form < 2; form++) {
		buf_clear(&body);
		buf_text(&body,
		    "{\"id\": \"a\", \"inputs\": [{\"name\": \"context\", "
		    "\"shape\": [2, 4], \"datatype\": \"FP32\", \"data\": "
		    "[[1, 2, 3, 4], [5, 6, 7, 8]]}, {\"shape\": [2, 2, 42], "
		    "\"data\": ");
		put_steps(&body, form == 1);
		buf_text(&body,
		    ", \"name\": \"sequence\", \"datatype\": \"FP32\"}]}");
		must_read(&reader, &body, body.size);
		assert_int_equal(reader.read.rows, 2);
		assert_int_equal(reader.read.steps, 2);
		assert_string_equal(reader.read.id, "a");
		for (int i = 0; i < 4 * WIDTH; i++)
			assert_true(reader.read.sequence[i] == (float)i);
		for (int i = 0; i < 8; i++)
			assert_true(reader.read.context[i] == (float)(i + 1));
		assert_int_equal(reader.read.lengths[1], 2);
		assert_int_equal(reader.read.wanted_count, OUT_COUNT);
	}
	buf_close(&body);
	arena_close(&reader.arena);
}

/* Nine digits are enough for any float (IEEE 754-2019, 5.12.2). */
static void
floats_in_text_keep_their_bits(void **state)
{
	float values[WIDTH];
	struct random random;
	struct reader reader;
	struct buf body = { NULL, 0, 0 };

	(void)state;
	open_reader(&reader);
	random_init(&random, 1, 1);
	for (int i = 0; i < WIDTH; i++)
		values[i] = (float)(random_normal(&random) *
		    pow(10, random_unit(&random) * 28 - 14));
	values[7] = NAN;
	buf_text(&body,
	    "{\"inputs\":[{\"name\":\"context\",\"datatype\":\"FP32\","
	    "\"shape\":[1,4],\"data\":[-0.0,1e-40,null,1E3]},"
	    "{\"name\":\"sequence\",\"datatype\":\"FP32\","
	    "\"shape\":[1,1,42],\"data\":[");
	for (int i = 0; i < WIDTH; i++)
		if (i == 7)
			buf_text(&body, ",null");
		else
			buf_printf(&body, "%s%.9g", i == 0 ? "" : ",",
			    (double)values[i]);
	buf_text(&body, "]}]}");
	must_read(&reader, &body, body.size);
	for (int i = 0; i < WIDTH; i++)
		assert_true(i == 7 ? isnan(reader.read.sequence[i])
				   : reader.read.sequence[i] == values[i]);
	assert_true(signbit(reader.read.context[0]));
	assert_true(reader.read.context[1] == 1e-40f);
	assert_true(isnan(reader.read.context[2]));
	assert_true(reader.read.context[3] == 1000);
	buf_close(&body);
	arena_close(&reader.arena);
}

static void
bytes_stand_behind_the_json_in_the_order_of_the_inputs(void **state)
{
	static const char *const datatypes[] = { "INT32", "INT64" };
	float context[8] = { 1, 2, 3, NAN, 5, 6, 7, 8 };
	float steps[2 * 3 * WIDTH];
	int32_t narrow[] = { 3, 1 };
	int64_t wide[] = { 3, 1 };
	struct reader reader;
	struct buf body = { NULL, 0, 0 };
	size_t json_size;

	(void)state;
	open_reader(&reader);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		steps[i] = (float)i / 3;
	for (size_t i = 0; i < 2; i++) {
		size_t width = i == 0 ? sizeof(narrow) : sizeof(wide);

		buf_clear(&body);
		buf_printf(&body,
		    "{\"parameters\":{\"binary_data_output\":true},\"inputs\":["
		    "{\"name\":\"lengths\",\"datatype\":\"%s\",\"shape\":[2],"
		    "\"parameters\":{\"binary_data_size\":%zu}},"
		    "{\"name\":\"context\",\"datatype\":\"FP32\","
		    "\"shape\":[2,4],\"parameters\":{\"binary_data_size\":32}},"
		    "{\"name\":\"sequence\",\"datatype\":\"FP32\","
		    "\"shape\":[2,3,42],"
		    "\"parameters\":{\"x\":\"y\",\"binary_data_size\":1008}}],"
		    "\"outputs\":[{\"name\":\"interval\"},"
		    "{\"name\":\"logit\",\"parameters\":{\"binary_data\":false}}"
		    "]}",
		    datatypes[i], width);
		json_size = body.size;
		buf_add(&body, i == 0 ? (const void *)narrow : wide, width);
		buf_add(&body, context, sizeof(context));
		buf_add(&body, steps, sizeof(steps));
		must_read(&reader, &body, json_size);
		assert_memory_equal(reader.read.sequence, steps, sizeof(steps));
		assert_memory_equal(reader.read.context, context,
		    sizeof(context));
		assert_int_equal(reader.read.lengths[0], 3);
		assert_int_equal(reader.read.lengths[1], 1);
		assert_int_equal(reader.read.wanted_count, 2);
		assert_int_equal(reader.read.wanted[0], OUT_INTERVAL);
		assert_true(reader.read.is_binary[0]);
		assert_int_equal(reader.read.wanted[1], OUT_LOGIT);
		assert_false(reader.read.is_binary[1]);
		assert_false(read_parts(&reader, buf_slice(&body), body.size));
		assert_false(
		    read_parts(&reader, buf_slice(&body), body.size + 1));
		buf_byte(&body, '\0');
		assert_false(read_parts(&reader, buf_slice(&body), json_size));
		assert_non_null(
		    strstr(reader.err.detail, "1 bytes at the end"));
	}
	buf_close(&body);
	arena_close(&reader.arena);
}

/* A name may be spelled with escapes, as any other text of JSON. */
static void
escaped_names_are_names(void **state)
{
	struct reader reader;
	struct buf body = { NULL, 0, 0 };

	(void)state;
	open_reader(&reader);
	buf_text(&body,
	    "{\"inp\\u0075ts\":[{\"name\":\"context\",\"datatype\":\"FP32\","
	    "\"shape\":[1,4],\"data\":[1,2,3,4]},{\"name\":\"sequence\","
	    "\"datatype\":\"FP32\",\"shape\":[1,1,42],\"d\\u0061ta\":");
	put_zeros(&body, WIDTH);
	buf_text(&body, "}]}");
	must_read(&reader, &body, body.size);
	assert_true(reader.read.context[3] == 4);
	buf_close(&body);
	arena_close(&reader.arena);
}

/* The rest of a request that is good so far, and what is said of it. */
static const struct {
	const char *rest;
	const char *detail;
} refused_rests[] = {
	{ "", "a comma or ] is expected" },
	{ "]} ]", "nothing may follow" },
	{ "],\"inputs\":[]}", "is given twice" },
	{ "],\"more\":1}", "more" },
	{ "],\"id\":7}", "id" },
	{ "],\"parameters\":[]}", "parameters are no object" },
	{ "],\"parameters\":{\"a\":{}}}", "a string, a number or a boolean" },
	{ "],\"parameters\":{\"a\":null}}", "a string, a number or a boolean" },
	{ "],\"parameters\":{\"binary_data_output\":1}}", "true or false" },
	{ "],\"outputs\":[{\"name\":\"odds\"}]}", "no such output" },
	{ "],\"outputs\":[{\"name\":\"logit\"},{\"name\":\"logit\"}]}",
	    "outputs[1]: is asked for twice" },
	{ "],\"outputs\":[{\"name\":\"logit\",\"parameters\":"
	  "{\"binary_data\":\"yes\"}}]}",
	    "true or false" },
	{ ",{\"name\":\"context\",\"datatype\":\"FP32\",\"shape\":[1,4],"
	  "\"data\":[1,2,3,4]}]}",
	    "inputs[2]: is given twice" },
	{ ",{\"name\":\"mask\",\"datatype\":\"FP32\",\"shape\":[1],"
	  "\"data\":[1]}]}",
	    "inputs[2]: there is no such input" },
	{ ",{\"name\":\"lengths\",\"datatype\":\"FP32\",\"shape\":[1],"
	  "\"data\":[1]}]}",
	    "INT32 or INT64, not FP32" },
	{ ",{\"name\":\"lengths\",\"datatype\":\"INT64\",\"shape\":[1],"
	  "\"data\":[2]}]}",
	    "not from 1 to 1" },
	{ ",{\"name\":\"lengths\",\"datatype\":\"INT64\",\"shape\":[1],"
	  "\"data\":[0]}]}",
	    "not from 1 to 1" },
	{ ",{\"name\":\"lengths\",\"datatype\":\"INT64\",\"shape\":[1],"
	  "\"data\":[1.0]}]}",
	    "no whole number" },
	{ ",{\"name\":\"lengths\",\"datatype\":\"INT64\",\"shape\":[1],"
	  "\"data\":[18446744073709551617]}]}",
	    "not from 1 to 1" },
	{ ",{\"name\":\"lengths\",\"datatype\":\"INT64\",\"shape\":[2],"
	  "\"data\":[1,1]}]}",
	    "lengths has 2 rows, sequence has 1" },
	{ ",{\"name\":\"lengths\",\"datatype\":\"INT64\",\"shape\":[1]}]}",
	    "give data, or the parameter" },
	{ ",{\"name\":\"lengths\",\"datatype\":\"INT64\",\"shape\":[1],"
	  "\"data\":[1],\"parameters\":{\"binary_data_size\":8}}]}",
	    "give data, or the parameter" },
	{ ",{\"name\":\"lengths\",\"datatype\":\"INT64\",\"shape\":[1],"
	  "\"parameters\":{\"binary_data_size\":8}}]}",
	    "0 bytes are left" },
	{ ",{\"name\":\"lengths\",\"datatype\":\"INT64\",\"shape\":[1],"
	  "\"parameters\":{\"binary_data_size\":8,\"binary_data_size\":8}}]}",
	    "given twice" },
};

static void
what_is_wrong_is_named(void **state)
{
	struct reader reader;

	(void)state;
	open_reader(&reader);
	for (size_t i = 0; i < ARRAY_SIZE(refused_rests); i++) {
		struct buf body = { NULL, 0, 0 };

		put_request(&body, refused_rests[i].rest);
		assert_false(read_parts(&reader, buf_slice(&body), body.size));
		assert_int_equal(reader.err.code, ERR_MALFORMED);
		if (!strstr(reader.err.detail, refused_rests[i].detail))
			fail_msg("%s: %s", refused_rests[i].rest,
			    reader.err.detail);
		buf_close(&body);
	}
	arena_close(&reader.arena);
}

/* A context in place of a good one. */
static const struct {
	const char *shape, *data;
	const char *detail;
} refused_contexts[] = {
	{ "[1,4]", "[1,2,3]", "another number of values" },
	{ "[1,4]", "[1,2,3,4,5]", "another number of values" },
	{ "[1,4]", "[[1,2,3,4],[]]", "another number of values" },
	{ "[1,4]", "[[1,2],[3,4]]", "another number of values" },
	{ "[1,4]", "[[[1,2,3,4]]]", "no number" },
	{ "[1,4]", "[1,2,3,[4]]", "no number" },
	{ "[1,4]", "[[1,2,3,4],5]", "another number of values" },
	{ "[1,4]", "7", "another number of values" },
	{ "[1,4]", "\"[1,2,3,4]\"", "another number of values" },
	{ "[1,4]", "[1,2,3,\"4\"]", "context: value 3 is no number" },
	{ "[1,4]", "[1,2,3,true]", "no number" },
	{ "[1,4]", "[1,2,3,NaN]", "a value is expected" },
	{ "[1,4]", "[1,2,3,1e16]", "beyond 1e15" },
	{ "[1,4]", "[1,2,3,-1e999]", "beyond 1e15" },
	{ "[1,5]", "[1,2,3,4,5]", "shape[1] is not from 4 to 4" },
	{ "[4]", "[1,2,3,4]", "shape has 2 sizes, not 1" },
	{ "[1,4,1]", "[1,2,3,4]", "shape has 2 sizes, not 3" },
	{ "[0,4]", "[]", "shape[0] is not from 1 to 1024" },
	{ "[-1,4]", "[1,2,3,4]", "shape[0] is not from 1 to 1024" },
	{ "[1025,4]", "[]", "shape[0] is not from 1 to 1024" },
	{ "[1.5,4]", "[1,2,3,4]", "shape[0] is not from 1 to 1024" },
	{ "[null,4]", "[1,2,3,4]", "shape[0] is not from 1 to 1024" },
	{ "[1e300,4]", "[1,2,3,4]", "shape[0] is not from 1 to 1024" },
	{ "[2,4]", "[1,2,3,4,5,6,7,8]", "context has 2 rows, sequence has 1" },
};

static void
data_are_as_many_as_their_shape_says(void **state)
{
	struct reader reader;

	(void)state;
	open_reader(&reader);
	for (size_t i = 0; i < ARRAY_SIZE(refused_contexts); i++) {
		struct buf body = { NULL, 0, 0 };

		buf_text(&body,
		    "{\"inputs\":[{\"name\":\"sequence\","
		    "\"datatype\":\"FP32\",\"shape\":[1,1,42],\"data\":");
		put_zeros(&body, WIDTH);
		buf_printf(&body,
		    "},{\"name\":\"context\",\"datatype\":\"FP32\","
		    "\"shape\":%s,\"data\":%s}]}",
		    refused_contexts[i].shape, refused_contexts[i].data);
		assert_false(read_parts(&reader, buf_slice(&body), body.size));
		assert_int_equal(reader.err.code, ERR_MALFORMED);
		if (!strstr(reader.err.detail, refused_contexts[i].detail))
			fail_msg("%s: %s", refused_contexts[i].data,
			    reader.err.detail);
		buf_close(&body);
	}
	arena_close(&reader.arena);
}

static void
a_request_is_no_larger_than_it_must_be(void **state)
{
	struct reader reader;
	struct buf body = { NULL, 0, 0 }, id = { NULL, 0, 0 };

	(void)state;
	open_reader(&reader);
	for (size_t i = 0; i < 70000; i++)
		buf_byte(&id, 'x');
	put_request(&body, "],\"parameters\":{\"x\":\"");
	buf_text(&body, id.data);
	buf_text(&body, "\"}}");
	assert_false(read_parts(&reader, buf_slice(&body), body.size));
	assert_non_null(strstr(reader.err.detail, "65536 are taken"));
	assert_false(read_parts(&reader, slice_of(""), 0));
	assert_false(read_parts(&reader, slice_of("[]"), 2));
	assert_non_null(strstr(reader.err.detail, "no JSON object"));
	assert_false(read_parts(&reader, slice_of("{}"), 2));
	assert_non_null(strstr(reader.err.detail, "inputs"));
	buf_clear(&body);
	buf_text(&body, "{\"inputs\":[]}");
	assert_false(read_parts(&reader, buf_slice(&body), body.size));
	assert_non_null(strstr(reader.err.detail, "sequence is missing"));
	buf_close(&body);
	buf_close(&id);
	arena_close(&reader.arena);
}

RUN_TESTS(cmocka_unit_test(flat_and_nested_data_are_the_same),
    cmocka_unit_test(floats_in_text_keep_their_bits),
    cmocka_unit_test(bytes_stand_behind_the_json_in_the_order_of_the_inputs),
    cmocka_unit_test(escaped_names_are_names),
    cmocka_unit_test(what_is_wrong_is_named),
    cmocka_unit_test(data_are_as_many_as_their_shape_says),
    cmocka_unit_test(a_request_is_no_larger_than_it_must_be))
