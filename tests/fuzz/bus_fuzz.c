/*
 * bus_fuzz.c - any bytes as a message of the bus.
 *
 * As they are they never verify, for their HMAC is wrong.  Then magic, the
 * head's size and the HMAC are made right, so that what stands behind them is
 * reached: the head of a question or of an answer.
 */
#include <stdlib.h>
#include <string.h>

#include "io/bus_inside.h"
#include "proto/common.h"
#include "secure/digest.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static nng_msg *
message_of(struct slice bytes)
{
	nng_msg *message = NULL;

	must(nng_msg_alloc(&message, bytes.size) == 0);
	if (bytes.size > 0)
		memcpy(nng_msg_body(message), bytes.data, bytes.size);
	return message;
}

static void
refuse_strange(const struct bus *bus, struct slice bytes)
{
	nng_msg *message = message_of(bytes);
	struct slice head, body;

	must(!frame_open(bus, message, NULL, &head, &body));
	nng_msg_free(message);
}

static void
read_head(const struct message *message, struct slice head)
{
	struct buf json = { 0 };
	struct arena arena;
	struct err err;
	void *value;

	arena_init(&arena, 4096);
	value = arena_alloc(&arena, message->size);
	if (json_decode(message, head, JSON_LENIENT, &arena, value, &err)) {
		json_encode(message, value, &json);
		must(json_decode(message, buf_slice(&json), JSON_STRICT, &arena,
		    value, &err));
	}
	buf_close(&json);
	arena_close(&arena);
}

/* Two bytes say how long the head is; a frame made of it opens again, and not
 * as an answer, nor when any one bit of it has changed. */
static void
open_ours(const struct bus *bus, struct slice head, struct slice body)
{
	nng_msg *message = frame_make(bus, NULL, head, body);
	struct slice got_head, got_body;
	struct frame_mark about;
	size_t size = nng_msg_len(message);
	char *bytes = nng_msg_body(message);
	size_t at = (head.size * 31 + body.size * 7) % size;

	must(frame_open(bus, message, NULL, &got_head, &got_body));
	must(got_head.size == head.size && got_body.size == body.size);
	read_head(&bus_head_message, got_head);
	read_head(&bus_answer_message, got_head);
	about = frame_mark(message);
	must(!frame_open(bus, message, &about, &got_head, &got_body));
	bytes[at] = (char)(bytes[at] ^ 1 << (body.size & 7));
	must(!frame_open(bus, message, NULL, &got_head, &got_body));
	nng_msg_free(message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char key[] = "thirty-two bytes for a cluster..";
	const struct bus bus = { .key = { .data = key,
				     .size = sizeof(key) - 1 } };
	struct slice bytes = { (const char *)data, size };
	size_t head;

	refuse_strange(&bus, bytes);
	if (size < 2)
		return 0;
	head = data[0] | (size_t)data[1] << 8;
	bytes = (struct slice){ bytes.data + 2, size - 2 };
	head = head < bytes.size ? head : bytes.size;
	open_ours(&bus, (struct slice){ bytes.data, head },
	    (struct slice){ bytes.data + head, bytes.size - head });
	return 0;
}
