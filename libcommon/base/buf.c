/* buf.c - bytes that grow. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct slice
slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

bool
slice_is(struct slice slice, const char *text)
{
	return strlen(text) == slice.size &&
	    (slice.size == 0 || memcmp(slice.data, text, slice.size) == 0);
}

struct slice
buf_slice(const struct buf *buf)
{
	return (struct slice){ buf->data != NULL ? buf->data : "", buf->size };
}

void
buf_close(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}

void
buf_clear(struct buf *buf)
{
	buf->size = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

char *
buf_reserve(struct buf *buf, size_t more)
{
	size_t need = buf->size + more + 1;

	must(need > more);
	if (need > buf->room) {
		size_t room = buf->room < 64 ? 64 : buf->room;

		while (room < need)
			room += room / 2;
		buf->data = mem_resize(buf->data, room, 1);
		buf->room = room;
	}
	return buf->data + buf->size;
}

void
buf_add(struct buf *buf, const void *data, size_t size)
{
	char *end = buf_reserve(buf, size);

	if (size > 0)
		memcpy(end, data, size);
	buf->size += size;
	buf->data[buf->size] = '\0';
}

void
buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void
buf_byte(struct buf *buf, char byte)
{
	buf_add(buf, &byte, 1);
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	int size;

	va_start(args, format);
	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	must(size >= 0);
	vsnprintf(buf_reserve(buf, (size_t)size), (size_t)size + 1, format,
	    again);
	va_end(again);
	buf->size += (size_t)size;
}

void
buf_be16(struct buf *buf, uint16_t value)
{
	unsigned char bytes[] = { (unsigned char)(value >> 8),
		(unsigned char)(value & 255) };

	buf_add(buf, bytes, sizeof(bytes));
}

void
buf_be32(struct buf *buf, uint32_t value)
{
	buf_be16(buf, (uint16_t)(value >> 16));
	buf_be16(buf, (uint16_t)(value & 65535));
}

void
buf_be64(struct buf *buf, uint64_t value)
{
	buf_be32(buf, (uint32_t)(value >> 32));
	buf_be32(buf, (uint32_t)(value & UINT32_MAX));
}
