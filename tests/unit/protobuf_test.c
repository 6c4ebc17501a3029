/*
 * protobuf_test.c - the examples of
 * https://protobuf.dev/programming-guides/encoding, byte for byte.
 */
#include "wire/protobuf.h"

#include "tests/support/test.h"

static void
check(struct buf *out, const char *expected, size_t size)
{
	assert_int_equal(out->size, size);
	assert_memory_equal(out->data, expected, size);
	buf_close(out);
}

static void
a_number_is_a_varint(void **state)
{
	struct buf out = { 0 };

	(void)state;
	protobuf_integer(&out, 1, 150);
	check(&out, "\x08\x96\x01", 3);
}

static void
a_negative_number_takes_ten_bytes(void **state)
{
	struct buf out = { 0 };

	(void)state;
	protobuf_integer(&out, 1, -2);
	check(&out, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
}

static void
a_text_has_its_size_before_it(void **state)
{
	struct buf out = { 0 };

	(void)state;
	protobuf_text(&out, 2, "testing");
	check(&out, "\x12\x07testing", 9);
}

static void
a_message_lies_inside_another(void **state)
{
	struct buf out = { 0 }, inner = { 0 };

	(void)state;
	protobuf_integer(&inner, 1, 150);
	protobuf_message(&out, 3, &inner);
	assert_int_equal(inner.size, 0);
	buf_close(&inner);
	check(&out, "\x1a\x03\x08\x96\x01", 5);
}

static void
a_field_above_15_has_a_tag_of_two_bytes(void **state)
{
	struct buf out = { 0 };

	(void)state;
	protobuf_integer(&out, 20, 7);
	check(&out, "\xa0\x01\x07", 3);
}

RUN_TESTS(cmocka_unit_test(a_number_is_a_varint),
    cmocka_unit_test(a_negative_number_takes_ten_bytes),
    cmocka_unit_test(a_text_has_its_size_before_it),
    cmocka_unit_test(a_message_lies_inside_another),
    cmocka_unit_test(a_field_above_15_has_a_tag_of_two_bytes))
