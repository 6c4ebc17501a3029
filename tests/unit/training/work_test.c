/*
 * work_test.c - parts of the child's input come back as they went in.
 */
#include "services/training/work.h"

#include <string.h>

#include "tests/support/test.h"

enum { HEAD = 24, WHOLE = 16 };

static void
add(struct buf *input, enum part_kind kind, uint32_t tag, const char *body)
{
	part_add(input, &(struct part){ kind, tag, slice_of(body), 0 });
}

static void
parts_come_back_in_order(void **state)
{
	struct buf input = { 0 };
	struct slice rest, body;
	struct part part;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 4096);
	add(&input, PART_QUESTION, 0, "what is wanted");
	add(&input, PART_TEST, 12, "");
	rest = buf_slice(&input);
	assert_true(part_next(&rest, &part, &err));
	assert_int_equal(part.kind, PART_QUESTION);
	assert_true(part_open(&part, &arena, &body, &err));
	assert_true(slice_is(body, "what is wanted"));
	assert_true(part_next(&rest, &part, &err));
	assert_int_equal(part.kind, PART_TEST);
	assert_int_equal(part.tag, 12);
	assert_true(part_open(&part, &arena, &body, &err));
	assert_int_equal(body.size, 0);
	assert_false(part_next(&rest, &part, &err));
	assert_int_equal(err.code, ERR_NONE);
	arena_close(&arena);
	buf_close(&input);
}

/* Ten samples of an enrollment begin alike: 40 weeks of chance, ten times. */
static void
what_repeats_itself_takes_the_room_of_one(void **state)
{
	enum { SIZE = 40 * 168, TIMES = 10 };
	struct buf one = { 0 }, body = { 0 }, input = { 0 };
	uint32_t chance = 1;

	(void)state;
	for (int i = 0; i < SIZE; i++) {
		chance = chance * 1664525 + 1013904223;
		buf_byte(&one, (char)(chance >> 24));
	}
	for (int i = 0; i < TIMES; i++)
		buf_add(&body, one.data, SIZE);
	part_add(&input, &(struct part){ PART_TRAIN, 0, buf_slice(&body), 0 });
	assert_true(input.size < SIZE * 5 / 4);
	buf_close(&one);
	buf_close(&body);
	buf_close(&input);
}

static void
what_is_no_part_is_refused(void **state)
{
	struct buf input = { 0 };
	struct slice rest, body;
	struct part part;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 4096);
	add(&input, PART_TRAIN, 0, "some samples");
	for (size_t size = 1; size < input.size; size++) {
		rest = (struct slice){ input.data, size };
		assert_false(part_next(&rest, &part, &err));
		assert_int_equal(err.code, ERR_INVALID);
		err_clear(&err);
	}
	/* a body of another size than it says, or of other bytes */
	for (int i = 0; i < 2; i++) {
		char *at = input.data + (i == 0 ? WHOLE : HEAD + 4);

		*at ^= 1;
		rest = buf_slice(&input);
		assert_true(part_next(&rest, &part, &err));
		assert_false(part_open(&part, &arena, &body, &err));
		assert_int_equal(err.code, ERR_INVALID);
		err_clear(&err);
		*at ^= 1;
	}
	memset(input.data + WHOLE, 0xff, sizeof(uint64_t));
	rest = buf_slice(&input);
	assert_false(part_next(&rest, &part, &err));
	arena_close(&arena);
	buf_close(&input);
}

RUN_TESTS(cmocka_unit_test(parts_come_back_in_order),
    cmocka_unit_test(what_repeats_itself_takes_the_room_of_one),
    cmocka_unit_test(what_is_no_part_is_refused))
