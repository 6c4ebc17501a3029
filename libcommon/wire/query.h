/*
 * query.h - the query of an address as a message of scalar fields.
 *
 * `top=10&since=2026-01-31`: names and values are percent-decoded, + is a
 * blank.  Repeated and unknown names are refused, values are checked as in
 * JSON.  A flag is true or false.  Messages that describe queries have no
 * fields of type RAW, ONE, MANY or REALS; TEXTS are one value parted by
 * commas.
 */
#ifndef WIRE_QUERY_H
#define WIRE_QUERY_H

#include "base/arena.h"
#include "base/err.h"
#include "wire/message.h"

/* `query` is what stands behind the question mark; it may be empty. */
MUST_CHECK bool query_decode(const struct message *message,
    struct slice query, struct arena *arena, void *value, struct err *err);

/* Percent-decode a segment of a path into the arena.  MALFORMED when an
 * escape is broken or the result is not UTF-8 or holds a NUL. */
MUST_CHECK bool query_unescape(struct slice text, struct arena *arena,
    const char **plain, struct err *err);

/* Append `text` so that it may stand in a path or query. */
void query_escape(struct buf *out, struct slice text);

#endif
