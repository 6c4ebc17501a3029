/*
 * base64.h - bytes as text: RFC 4648 section 4, with padding, nothing else.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

void base64_encode(struct buf *out, struct slice bytes);

/* `out` has room for three quarters of the text; false when it is not
 * exactly what base64_encode() would have written. */
MUST_CHECK bool base64_decode(struct slice text, char *out, size_t *size);

#endif
