/*
 * inference_write_test.c - answers of the Open Inference Protocol: what stands
 * in them reads back to the bit.
 */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "services/prediction/inference.h"
#include "tests/support/test.h"

static const char version[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void
an_answer_has_what_was_asked_for_in_that_order(void **state)
{
	static const struct look looks[] = {
		{ .score = .25,
		    .logit = -1.5f,
		    .category = RISK_MEDIUM,
		    .low = .1,
		    .high = .3333 },
		{ .score = 1,
		    .logit = 3e7f,
		    .category = RISK_CRITICAL,
		    .low = 0,
		    .high = 1 },
	};
	struct inference inference = { .id = "a\"b",
		.rows = 2,
		.wanted_count = 4,
		.wanted = { OUT_INTERVAL, OUT_RISK_CATEGORY, OUT_LOGIT,
		    OUT_RISK_SCORE } };
	struct buf out = { NULL, 0, 0 };
	size_t json_size = inference_write(&inference, version, looks, &out);

	(void)state;
	assert_int_equal(json_size, out.size);
	assert_string_equal(out.data,
	    "{\"model_name\":\"risk\",\"model_version\":"
	    "\"0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef\","
	    "\"id\":\"a\\\"b\",\"outputs\":["
	    "{\"name\":\"interval\",\"datatype\":\"FP64\",\"shape\":[2,2],"
	    "\"data\":[0.1,0.3333,0,1]},"
	    "{\"name\":\"risk_category\",\"datatype\":\"BYTES\","
	    "\"shape\":[2],\"data\":[\"medium\",\"critical\"]},"
	    "{\"name\":\"logit\",\"datatype\":\"FP32\",\"shape\":[2],"
	    "\"data\":[-1.5,30000000]},"
	    "{\"name\":\"risk_score\",\"datatype\":\"FP64\",\"shape\":[2],"
	    "\"data\":[0.25,1]}]}");
	buf_close(&out);
}

static void
bytes_are_told_by_their_size(void **state)
{
	static const struct look look = { .score = .75,
		.logit = 1.25f,
		.category = RISK_HIGH };
	struct inference inference = { .rows = 1,
		.wanted_count = 3,
		.wanted = { OUT_RISK_CATEGORY, OUT_RISK_SCORE, OUT_LOGIT },
		.is_binary = { true, false, true } };
	/* 4, "high"; then 1.25 (IEEE 754), little-endian */
	static const char tail[] = "\4\0\0\0high\0\0\xa0\x3f";
	struct buf out = { NULL, 0, 0 };
	size_t json_size = inference_write(&inference, version, &look, &out);

	(void)state;
	assert_int_equal(out.size, json_size + 12);
	assert_memory_equal(out.data + json_size, tail, 12);
	assert_non_null(strstr(out.data,
	    "\"shape\":[1],\"parameters\":{\"binary_data_size\":8}}"));
	assert_non_null(strstr(out.data, "\"data\":[0.75]"));
	assert_non_null(strstr(out.data,
	    "\"shape\":[1],\"parameters\":{\"binary_data_size\":4}}"));
	assert_null(strstr(out.data, "\"id\""));
	buf_close(&out);
}

static void
logits_in_text_keep_their_bits(void **state)
{
	enum { ROWS = 1000 };
	static struct look looks[ROWS];
	struct inference inference = { .rows = ROWS,
		.wanted_count = 1,
		.wanted = { OUT_LOGIT } };
	struct random random;
	struct buf out = { NULL, 0, 0 };
	char *at;

	(void)state;
	random_init(&random, 5, 1);
	for (size_t i = 0; i < ROWS; i++)
		looks[i].logit = (float)(4 * random_normal(&random));
	(void)inference_write(&inference, version, looks, &out);
	at = strstr(out.data, "\"data\":[") + 8;
	for (size_t i = 0; i < ROWS; i++)
		assert_true(
		    strtof(i == 0 ? at : at + 1, &at) == looks[i].logit);
	assert_string_equal(at, "]}]}");
	buf_close(&out);
}

RUN_TESTS(cmocka_unit_test(an_answer_has_what_was_asked_for_in_that_order),
    cmocka_unit_test(bytes_are_told_by_their_size),
    cmocka_unit_test(logits_in_text_keep_their_bits))
