/* utf8.c - check characters, eight ASCII bytes at a time where possible. */
#include "base/utf8.h"

#include <string.h>

/* The least and most second byte after `lead`, RFC 3629 section 4. */
static void
second_range(unsigned char lead, unsigned char *least, unsigned char *most)
{
	*least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	*most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
}

size_t
utf8_size(const char *at, size_t left)
{
	unsigned char lead = left > 0 ? (unsigned char)at[0] : 0xff;
	unsigned char least, most;
	size_t size;

	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (left < size)
		return 0;
	second_range(lead, &least, &most);
	if ((unsigned char)at[1] < least || (unsigned char)at[1] > most)
		return 0;
	for (size_t i = 2; i < size; i++)
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

size_t
utf8_valid(struct slice text)
{
	size_t i = 0;

	while (i < text.size) {
		uint64_t eight;
		size_t size;

		if (text.size - i >= sizeof(eight)) {
			memcpy(&eight, text.data + i, sizeof(eight));
			if ((eight & UINT64_C(0x8080808080808080)) == 0) {
				i += sizeof(eight);
				continue;
			}
		}
		size = utf8_size(text.data + i, text.size - i);
		if (size == 0)
			return i;
		i += size;
	}
	return i;
}

size_t
utf8_cut(struct slice text, size_t most)
{
	if (text.size <= most)
		return text.size;
	while (most > 0 && ((unsigned char)text.data[most] & 0xc0) == 0x80)
		most--;
	return most;
}

size_t
utf8_put(uint32_t code, char out[4])
{
	size_t size = code < 0x80 ? 1
	    : code < 0x800        ? 2
	    : code < 0x10000      ? 3
				  : 4;
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = size - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (char)(leads[size] | code);
	return size;
}
