/* entry_test.c - entries of the log to bytes and back. */
#include "services/ingestion/entry.h"

#include <string.h>

#include "tests/support/test.h"

static const struct entry grade = { .kind = RECORD_GRADE,
	.enrollment_id = 7,
	.occurred_on = 100,
	.known_on = 114,
	.has_code = true,
	.code = TYPE_QUIZ,
	.has_value = true,
	.value = 87.5,
	.has_core = true,
	.core = true,
	.label = "1752" };

static void
what_is_packed_is_unpacked(void **state)
{
	struct log_entry back = { 0 };
	struct buf body = { 0 };
	struct arena arena;
	struct err err;

	(void)state;
	arena_init(&arena, 4096);
	entry_pack(&grade, &body);
	/* As entry.h says: flags, code, value, label. */
	assert_int_equal(body.size, 1 + 1 + 8 + 4);
	assert_int_equal((unsigned char)body.data[0], 1 | 2 | 8 | 16);
	assert_true(
	    entry_unpack(RECORD_GRADE, buf_slice(&body), &arena, &back, &err));
	assert_int_equal(back.value_code, TYPE_QUIZ);
	assert_near(back.value, 87.5, 0);
	assert_true(back.has_core && back.core && !back.has_type_code);
	for (size_t size = 0; size < 10; size++)
		assert_false(entry_unpack(RECORD_GRADE,
		    (struct slice){ body.data, size }, &arena, &back, &err));
	buf_close(&body);
	arena_close(&arena);
}

static void
content_is_the_same_whenever_it_was_known(void **state)
{
	struct entry other = grade;

	(void)state;
	other.known_on++;
	other.core = false;
	assert_true(entry_hash(&other) == entry_hash(&grade));
	other.value = 88;
	assert_false(entry_hash(&other) == entry_hash(&grade));
	other = grade;
	other.occurred_on++;
	assert_false(entry_hash(&other) == entry_hash(&grade));
}

static void
ids_are_keyed_by_tenant_and_source(void **state)
{
	unsigned char a[ID_HASH_SIZE], b[ID_HASH_SIZE];

	(void)state;
	id_hash("t", "s", "1", a);
	id_hash("t", "s", "1", b);
	assert_memory_equal(a, b, ID_HASH_SIZE);
	id_hash("t", "s1", "", b);
	assert_memory_not_equal(a, b, ID_HASH_SIZE);
	id_hash("ts", "", "1", b);
	assert_memory_not_equal(a, b, ID_HASH_SIZE);
}

RUN_TESTS(cmocka_unit_test(what_is_packed_is_unpacked),
    cmocka_unit_test(content_is_the_same_whenever_it_was_known),
    cmocka_unit_test(ids_are_keyed_by_tenant_and_source))
