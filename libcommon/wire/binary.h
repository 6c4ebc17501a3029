/*
 * binary.h - the compact reading of the same tables, for bulk pages.
 *
 * A message is
 *	varint	number of fields the writer knew
 *	bytes	one presence bit a field, field 0 in the lowest bit of byte 0
 *	then the present fields in the order of the rows:
 *	TEXT BYTES RAW	varint size, bytes
 *	INTEGER TIME	zigzag varint
 *	DAY CHOICE	zigzag varint
 *	REAL		8 bytes, little-endian IEEE 754
 *	FLAG		1 byte, 0 or 1
 *	ONE		varint size, message
 *	MANY		varint count, then each as varint size, message
 *	TEXTS		varint count, then each as varint size, bytes
 *	REALS		varint count, 8 bytes each
 * A reader skips what a newer writer added behind (sizes tell) by refusing
 * nothing it does not know: fields beyond its own are ignored, fields the
 * writer did not know are absent.  Ranges and UTF-8 are checked as in JSON.
 */
#ifndef WIRE_BINARY_H
#define WIRE_BINARY_H

#include "base/arena.h"
#include "base/err.h"
#include "wire/message.h"

void binary_encode(const struct message *message, const void *value,
    struct buf *out);

/* The whole of `bytes` must be one message. */
MUST_CHECK bool binary_decode(const struct message *message,
    struct slice bytes, struct arena *arena, void *value, struct err *err);

#endif
