/*
 * buf.h - bytes that grow, and a view of bytes that do not.
 *
 * A zeroed `struct buf` is empty and ready.  The data is always followed by a
 * NUL that does not count, so a buf that holds text can be read as one.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"

/* Bytes of someone else's; not NUL-terminated. */
struct slice {
	const char *data; /* borrowed */
	size_t size;
};

struct buf {
	char *data; /* owned; NULL while nothing was ever added */
	size_t size;
	size_t room; /* bytes allocated */
};

struct slice slice_of(const char *text);
bool slice_is(struct slice slice, const char *text);
struct slice buf_slice(const struct buf *buf);

void buf_close(struct buf *buf);
void buf_clear(struct buf *buf);
/* Room for `more` bytes behind the end; returns where they go. */
char *buf_reserve(struct buf *buf, size_t more);

void buf_add(struct buf *buf, const void *data, size_t size);
void buf_text(struct buf *buf, const char *text);
void buf_byte(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Big-endian integers: the byte order of PostgreSQL's wire. */
void buf_be16(struct buf *buf, uint16_t value);
void buf_be32(struct buf *buf, uint32_t value);
void buf_be64(struct buf *buf, uint64_t value);

#endif
