/* bus_frame.c - a message of the bus as bytes, signed and verified. */
#include <stdlib.h>
#include <string.h>

#include "io/bus_inside.h"
#include "secure/digest.h"

static const char magic[4] = { 'E', 'P', 'B', '1' };

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

nng_msg *
frame_make(const struct bus *bus, struct slice head, struct slice body)
{
	unsigned char mac[DIGEST_SIZE];
	nng_msg *message = NULL;
	char *out;

	must(
	    nng_msg_alloc(&message, FRAME_PREFIX + head.size + body.size) == 0);
	out = nng_msg_body(message);
	digest_mac(buf_slice(&bus->key), head, body, mac);
	memcpy(out, magic, sizeof(magic));
	put_size(out + 4, (uint32_t)head.size);
	memcpy(out + 8, mac, sizeof(mac));
	memcpy(out + FRAME_PREFIX, head.data, head.size);
	if (body.size > 0)
		memcpy(out + FRAME_PREFIX + head.size, body.data, body.size);
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
	digest_mac(buf_slice(&bus->key), *head, *body, mac);
	return digest_equal(mac, in + 8, sizeof(mac));
}
