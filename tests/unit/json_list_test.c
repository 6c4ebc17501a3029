/* json_list_test.c - batches, where a bad item is refused alone. */
#include <string.h>

#include "tests/support/sample.h"
#include "tests/support/test.h"
#include "wire/json.h"

static struct arena arena;
static struct err err;
static struct sample_around around;

/* What came of the items, one line each. */
static bool
note(void *user, const struct json_item *item, struct err *stop)
{
	const struct sample_record *record = item->value;
	struct buf *out = user;

	(void)stop;
	if (record != NULL)
		buf_printf(out, "%zu %s\n", item->index, record->student_id);
	else
		buf_printf(out, "%zu %.*s -> %s: %s\n", item->index,
		    (int)item->raw.size, item->raw.data,
		    err_row(item->fault->code)->slug, item->fault->detail);
	return true;
}

/* Read a batch; `want` is what is noted of it, NULL: it is refused whole. */
static void
check_batch(const char *text, const char *want)
{
	struct buf out = { 0 };
	bool is_read;

	arena_init(&arena, 4096);
	is_read = json_decode_list(&sample_around_message, "records",
	    &sample_record_message, slice_of(text), &arena, &around, note, &out,
	    &err);
	if (want == NULL)
		assert_false(is_read);
	else if (!is_read)
		fail_msg("refused: %s", err.detail);
	else
		assert_string_equal(out.size > 0 ? out.data : "", want);
	buf_close(&out);
	arena_close(&arena);
}

static void
good_items_come_one_by_one(void **state)
{
	(void)state;
	check_batch(" { \"source\" : \"sis\" , \"records\" : [ "
		    "{\"student_id\":\"a\"} , {\"student_id\":\"b]},\\\"\"} ]"
		    ", \"atomic\" : true } ",
	    "0 a\n1 b]},\"\n");
	assert_true(around.atomic && around.records.size == 0);
}

static void
a_bad_item_is_refused_alone(void **state)
{
	(void)state;
	check_batch("{\"source\":\"s\",\"records\":[{\"student_id\":\"a\"},"
		    "{\"student_id\":\"b\",\"score\":117},7,{\"x\" 1},"
		    "{\"student_id\":\"\xff\"},{\"student_id\":\"c\"}]}",
	    "0 a\n"
	    "1 {\"student_id\":\"b\",\"score\":117} -> invalid: "
	    "records[1].score: 117 is above 100\n"
	    "2 7 -> invalid: records[2]: an object is wanted, not a number\n"
	    "3 {\"x\" 1} -> malformed: records[3]: byte 83: "
	    "a colon is expected\n"
	    "4 {\"student_id\":\"\xff\"} -> malformed: records[4]: "
	    "byte 101: it is not UTF-8\n"
	    "5 c\n");
}

static void
an_empty_list_has_no_items(void **state)
{
	(void)state;
	check_batch("{\"source\":\"s\",\"records\":[ ]}", "");
}

static void
what_cannot_be_split_is_refused_whole(void **state)
{
	static const char *const wrong[] = { "", "{", "[]",
		"{\"source\":\"s\",\"records\":[{\"a\":1]}",
		"{\"source\":\"s\",\"records\":[1 2]}",
		"{\"source\":\"s\",\"records\":[1,]}",
		"{\"source\":\"s\",\"records\":[,1]}",
		"{\"source\":\"s\",\"records\":[\"a]}",
		"{\"source\":\"s\",\"records\":[1}}",
		"{\"source\":\"s\",\"records\":[1]", "{\"source\":+1}",
		"{\"source\":\"s\",\"records\":[1]}x",
		"{\"source\":\"\xff\",\"records\":[1]}",
		"{\"source\":\"s\",\"records\":[1],\"\xff\":1}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		check_batch(wrong[i], NULL);
		assert_int_equal(err.code, ERR_MALFORMED);
	}
}

static void
faults_around_the_list_are_invalid(void **state)
{
	static const struct {
		const char *text;
		const char *detail;
	} cases[] = {
		{ "{\"source\":\"s\"}", "records: is missing" },
		{ "{\"source\":\"s\",\"records\":{}}",
		    "records: an array is wanted" },
		{ "{\"records\":[1]}", "source: is missing" },
		{ "{\"source\":\"s\",\"records\":[1],\"records\":[2]}",
		    "records: is given twice" },
		{ "{\"source\":\"s\",\"records\":[1],\"more\":0}",
		    "more: is not known here" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_batch(cases[i].text, NULL);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.detail, cases[i].detail);
	}
}

static bool
stop_at_second(void *user, const struct json_item *item, struct err *stop)
{
	(void)user;
	return item->index < 1 || err_set(stop, ERR_CONFLICT, "enough");
}

static void
the_taker_may_stop(void **state)
{
	(void)state;
	arena_init(&arena, 4096);
	assert_false(json_decode_list(&sample_around_message, "records",
	    &sample_record_message,
	    slice_of("{\"source\":\"s\",\"records\":[1,2,3]}"), &arena, &around,
	    stop_at_second, NULL, &err));
	assert_int_equal(err.code, ERR_CONFLICT);
	arena_close(&arena);
}

RUN_TESTS(cmocka_unit_test(good_items_come_one_by_one),
    cmocka_unit_test(a_bad_item_is_refused_alone),
    cmocka_unit_test(an_empty_list_has_no_items),
    cmocka_unit_test(what_cannot_be_split_is_refused_whole),
    cmocka_unit_test(faults_around_the_list_are_invalid),
    cmocka_unit_test(the_taker_may_stop))
