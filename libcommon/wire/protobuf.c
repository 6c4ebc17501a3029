/*
 * protobuf.c - fields of Protocol Buffers, written one behind the other.
 */
#include "wire/protobuf.h"

enum { KIND_VARINT = 0, KIND_BYTES = 2, KIND_BITS = 3 };

/* Seven bits a byte, the lowest first; the top bit says that more follow. */
static void
varint(struct buf *out, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		buf_byte(out, (char)(value | 0x80));
	buf_byte(out, (char)value);
}

void
protobuf_integer(struct buf *out, uint32_t field, int64_t value)
{
	varint(out, (uint64_t)field << KIND_BITS | KIND_VARINT);
	varint(out, (uint64_t)value);
}

void
protobuf_bytes(struct buf *out, uint32_t field, struct slice bytes)
{
	varint(out, (uint64_t)field << KIND_BITS | KIND_BYTES);
	varint(out, bytes.size);
	buf_add(out, bytes.data, bytes.size);
}

void
protobuf_text(struct buf *out, uint32_t field, const char *text)
{
	protobuf_bytes(out, field, slice_of(text));
}

void
protobuf_message(struct buf *out, uint32_t field, struct buf *inner)
{
	protobuf_bytes(out, field, buf_slice(inner));
	buf_clear(inner);
}
