/* bus_frame.c - a message of the bus as bytes, signed and verified. */
#include <stdlib.h>
#include <string.h>

#include "io/bus_inside.h"
#include "secure/digest.h"

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

/* Over the head's size too: what it bounds must not be moved. */
static void
sign(const struct bus *bus, const char *frame, size_t size,
    unsigned char mac[DIGEST_SIZE])
{
	digest_mac(buf_slice(&bus->key), (struct slice){ frame + 4, 4 },
	    (struct slice){ frame + FRAME_PREFIX, size - FRAME_PREFIX }, mac);
}

nng_msg *
frame_make(const struct bus *bus, struct slice head, struct slice body)
{
	size_t size = FRAME_PREFIX + head.size + body.size;
	unsigned char mac[DIGEST_SIZE];
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
	sign(bus, out, size, mac);
	memcpy(out + 8, mac, sizeof(mac));
	return message;
}

bool
frame_open(const struct bus *bus, nng_msg *message, struct slice *head,
    struct slice *body)
{
	unsigned char mac[DIGEST_SIZE];
	const char *in = nng_msg_body(message);
	size_t size = nng_msg_len(message);

	if (size < FRAME_PREFIX || memcmp(in, magic, sizeof(magic)) != 0)
		return false;
	*head = (struct slice){ in + FRAME_PREFIX, get_size(in + 4) };
	if (head->size > size - FRAME_PREFIX)
		return false;
	body->data = head->data + head->size;
	body->size = size - FRAME_PREFIX - head->size;
	sign(bus, in, size, mac);
	return digest_equal(mac, in + 8, sizeof(mac));
}
