/*
 * digest.h - SHA-256, HMAC, random bytes and comparing secrets; over libcrypto.
 */
#ifndef SECURE_DIGEST_H
#define SECURE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { DIGEST_SIZE = 32, DIGEST_TEXT_SIZE = 65 };

void digest(struct slice bytes, unsigned char out[DIGEST_SIZE]);
/* Its first 64 bits, of a text: a number that stands for a name. */
uint64_t digest_number(const char *text);
/* Lower-case hexadecimal. */
void digest_text(const unsigned char bytes[DIGEST_SIZE],
    char text[DIGEST_TEXT_SIZE]);

/* In pieces: digest_start, digest_add..., digest_end (which frees). */
struct digest_state;
struct digest_state *digest_start(void);
void digest_add(struct digest_state *state, struct slice bytes);
void digest_end(struct digest_state *state, unsigned char out[DIGEST_SIZE]);

/* HMAC-SHA-256 (RFC 2104) over two pieces, as if they were one. */
void digest_mac(struct slice key, struct slice first, struct slice second,
    unsigned char out[DIGEST_SIZE]);

/* Equal, in a time that does not tell where they differ. */
bool digest_equal(const void *a, const void *b, size_t size);

void random_bytes(void *out, size_t size);

/* The whole of a small file, without a newline at its end; at most
 * `most` bytes.  Refuses a file that others may read. */
MUST_CHECK bool secret_read(const char *path, size_t most, struct buf *out,
    struct err *err);

#endif
