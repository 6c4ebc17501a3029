/*
 * json_fuzz.c - any bytes as a message: what is taken must be written so that
 * it is taken again and written the same, in both codecs, whole and as a list.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/support/sample.h"
#include "wire/binary.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_again(const struct message *message, const void *value,
    struct arena *arena)
{
	struct buf first = { 0 }, second = { 0 }, bytes = { 0 };
	void *back = arena_alloc(arena, message->size);
	struct err err;

	json_encode(message, value, &first);
	must(json_decode(message, buf_slice(&first), JSON_STRICT, arena, back,
	    &err));
	binary_encode(message, back, &bytes);
	must(binary_decode(message, buf_slice(&bytes), arena, back, &err));
	json_encode(message, back, &second);
	must(strcmp(first.data, second.data) == 0);
	buf_close(&first);
	buf_close(&second);
	buf_close(&bytes);
}

static bool
take(void *user, const struct json_item *item, struct err *err)
{
	(void)err;
	must((item->value == NULL) == (item->fault != NULL));
	if (item->value != NULL)
		check_again(&sample_record_message, item->value, user);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct sample_around around;
	struct sample_batch batch;
	struct arena arena;
	struct err err;

	arena_init(&arena, 4096);
	if (json_decode(&sample_batch_message, text, JSON_STRICT, &arena,
		&batch, &err))
		check_again(&sample_batch_message, &batch, &arena);
	if (json_decode(&sample_batch_message, text, JSON_LENIENT, &arena,
		&batch, &err))
		check_again(&sample_batch_message, &batch, &arena);
	(void)json_decode_list(&sample_around_message, "records",
	    &sample_record_message, text, &arena, &around, take, &arena, &err);
	arena_close(&arena);
	return 0;
}
