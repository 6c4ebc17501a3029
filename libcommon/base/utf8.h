/*
 * utf8.h - is it UTF-8?  RFC 3629: no overlong forms, no surrogates, nothing
 * above U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdint.h>

#include "base/buf.h"

/* Bytes of the character that begins at `at`; 0 when none does. */
size_t utf8_size(const char *at, size_t left);

/* How many bytes from the beginning are whole characters: all of them when
 * the text is UTF-8, otherwise the place of the first fault. */
size_t utf8_valid(struct slice text);

/* The longest beginning of at most `most` bytes that ends with a whole
 * character; for quoting in messages. */
size_t utf8_cut(struct slice text, size_t most);

/* Write a code point; returns its 1 to 4 bytes. */
size_t utf8_put(uint32_t code, char out[4]);

#endif
