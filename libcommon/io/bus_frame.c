/* bus_frame.c - a message of the bus as bytes, signed and verified. */
#include <stdlib.h>
#include <string.h>

#include "io/bus_inside.h"

static const char magic[4] = { 'E', 'P', 'B', '2' };

static void
put_size(char *out, uint32_t size)
{
	for (int i = 0; i < 4; i++)
		out[i] = (char)(size >> (8 * i) & 0xff);
}

static uint32_t
get_size(const char *in)
{
	uint32_t size = 0;

	for (int i = 0; i < 4; i++)
		size |= (uint32_t)(unsigned char)in[i] << (8 * i);
	return size;
}

/* Over the head's size too: what it bounds must not be moved.  Over the
 * question's mark too: an old answer must not do for another question. */
static void
sign(const struct bus *bus, const char *frame, size_t size,
    const struct frame_mark *about, struct frame_mark *mark)
{
	char first[DIGEST_SIZE + 4] = { 0 };

	if (about != NULL)
		memcpy(first, about->mac, DIGEST_SIZE);
	memcpy(first + DIGEST_SIZE, frame + 4, 4);
	digest_mac(buf_slice(&bus->key), (struct slice){ first, sizeof(first) },
	    (struct slice){ frame + FRAME_PREFIX, size - FRAME_PREFIX },
	    mark->mac);
}

struct frame_mark
frame_mark(nng_msg *message)
{
	struct frame_mark mark;

	must(nng_msg_len(message) >= FRAME_PREFIX);
	memcpy(mark.mac, (const char *)nng_msg_body(message) + 8, DIGEST_SIZE);
	return mark;
}

nng_msg *
frame_make(const struct bus *bus, const struct frame_mark *about,
    struct slice head, struct slice body)
{
	size_t size = FRAME_PREFIX + head.size + body.size;
	struct frame_mark mark;
	nng_msg *message = NULL;
	char *out;

	must(nng_msg_alloc(&message, size) == 0);
	out = nng_msg_body(message);
	memcpy(out, magic, sizeof(magic));
	put_size(out + 4, (uint32_t)head.size);
	if (head.size > 0)
		memcpy(out + FRAME_PREFIX, head.data, head.size);
	if (body.size > 0)
		memcpy(out + FRAME_PREFIX + head.size, body.data, body.size);
	sign(bus, out, size, about, &mark);
	memcpy(out + 8, mark.mac, sizeof(mark.mac));
	return message;
}

bool
frame_open(const struct bus *bus, nng_msg *message,
    const struct frame_mark *about, struct slice *head, struct slice *body)
{
	struct frame_mark mark;
	const char *in = nng_msg_body(message);
	size_t size = nng_msg_len(message);

	if (size < FRAME_PREFIX || memcmp(in, magic, sizeof(magic)) != 0)
		return false;
	*head = (struct slice){ in + FRAME_PREFIX, get_size(in + 4) };
	if (head->size > size - FRAME_PREFIX)
		return false;
	body->data = head->data + head->size;
	body->size = size - FRAME_PREFIX - head->size;
	sign(bus, in, size, about, &mark);
	return digest_equal(mark.mac, in + 8, sizeof(mark.mac));
}
