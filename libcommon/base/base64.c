/* base64.c - four characters for three bytes. */
#include "base/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t
byte_at(struct slice bytes, size_t i)
{
	return i < bytes.size ? (unsigned char)bytes.data[i] : 0;
}

void
base64_encode(struct buf *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.size; i += 3) {
		uint32_t word = byte_at(bytes, i) << 16 |
		    byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
		char four[4];

		for (int j = 0; j < 4; j++)
			four[j] = alphabet[word >> (18 - 6 * j) & 63];
		if (i + 1 >= bytes.size)
			four[2] = '=';
		if (i + 2 >= bytes.size)
			four[3] = '=';
		buf_add(out, four, sizeof(four));
	}
}

static int
digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters of which the last `padding` are '='. */
static bool
decode_four(const char *four, size_t padding, char out[3])
{
	uint32_t word = 0;

	for (size_t j = 0; j < 4; j++) {
		int value = j < 4 - padding ? digit(four[j]) : 0;

		if (value == -1)
			return false;
		word = word << 6 | (uint32_t)value;
	}
	for (size_t j = 0; j < 3; j++)
		out[j] = (char)(word >> (16 - 8 * j) & 255);
	/* Bits that stand for nothing must be zero. */
	return padding == 0 || (word & (padding == 1 ? 0xff : 0xffff)) == 0;
}

bool
base64_decode(struct slice text, char *out, size_t *size)
{
	size_t padding = 0;

	*size = 0;
	if (text.size % 4 != 0)
		return false;
	while (padding < 2 && padding < text.size &&
	    text.data[text.size - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < text.size; i += 4) {
		size_t pad = i + 4 == text.size ? padding : 0;
		char three[3];

		if (!decode_four(text.data + i, pad, three))
			return false;
		memcpy(out + *size, three, 3 - pad);
		*size += 3 - pad;
	}
	return true;
}
