/*
 * protobuf.h - the few words of Protocol Buffers that writing a message takes
 * (https://protobuf.dev/programming-guides/encoding).
 *
 * A field is a tag, its number and kind as a varint, then the value.  A message
 * inside a message is written to a buffer of its own first and added as bytes.
 */
#ifndef WIRE_PROTOBUF_H
#define WIRE_PROTOBUF_H

#include <stdint.h>

#include "base/buf.h"

/* Kind 0.  Negative numbers take ten bytes, as int64 does. */
void protobuf_integer(struct buf *out, uint32_t field, int64_t value);
/* Kind 2: bytes, texts, messages. */
void protobuf_bytes(struct buf *out, uint32_t field, struct slice bytes);
void protobuf_text(struct buf *out, uint32_t field, const char *text);
/* The message in `inner`, which is emptied. */
void protobuf_message(struct buf *out, uint32_t field, struct buf *inner);

#endif
