/*
 * message_fuzz.c - any bytes as any declared message: its name, a line end,
 * its JSON.
 *
 * What is taken must be written so that it is taken again and written the
 * same, in both codecs; what is refused must be refused with a reason.  The
 * first inputs are proto/golden.
 */
#include <string.h>

#include "proto/registry.h"
#include "wire/binary.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct message *
find_message(struct slice name)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	for (size_t i = 0; i < count; i++) {
		const struct message *const *messages =
		    services[i].proto->messages;

		for (; *messages != NULL; messages++)
			if (slice_is(name, (*messages)->name))
				return *messages;
	}
	return NULL;
}

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
	json_redact(message, value, &second);
	buf_close(&first);
	buf_close(&second);
	buf_close(&bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *end = size > 0 ? memchr(text, '\n', size) : NULL;
	const struct message *message;
	struct slice json;
	struct arena arena;
	struct err err;
	void *value;

	if (end == NULL)
		return 0;
	message = find_message((struct slice){ text, (size_t)(end - text) });
	if (message == NULL)
		return 0;
	json = (struct slice){ end + 1, size - (size_t)(end + 1 - text) };
	arena_init(&arena, 4096);
	value = arena_alloc(&arena, message->size);
	if (json_decode(message, json, JSON_STRICT, &arena, value, &err))
		check_again(message, value, &arena);
	else
		must(err.code == ERR_MALFORMED || err.code == ERR_INVALID);
	if (json_decode(message, json, JSON_LENIENT, &arena, value, &err))
		check_again(message, value, &arena);
	if (binary_decode(message, json, &arena, value, &err))
		check_again(message, value, &arena);
	arena_close(&arena);
	return 0;
}
