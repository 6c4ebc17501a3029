/*
 * signature.h - Ed25519 signatures (RFC 8032) over SHA-256 digests; over
 * libcrypto.
 *
 * What is signed is the 32 bytes of a digest.  Keys are PEM files as OpenSSL
 * makes them: the private key in PKCS #8 (RFC 8410), public keys as
 * SubjectPublicKeyInfo, one behind another.  A key's name is the SHA-256 of
 * its 32 public bytes, lower-case hexadecimal.
 */
#ifndef SECURE_SIGNATURE_H
#define SECURE_SIGNATURE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "secure/digest.h"

enum { SIGNATURE_SIZE = 64, KEYRING_MOST = 16 };

/* The private key. */
struct signer;

/* Reads the file, which others may not be able to read.  ERR_INVALID: it
 * holds no Ed25519 key. */
MUST_CHECK bool signer_open(const char *path, struct signer **signer,
    struct err *err);
void signer_free(struct signer *signer); /* NULL is nothing */

const char *signer_name(const struct signer *signer);
void signer_sign(const struct signer *signer,
    const unsigned char digest[DIGEST_SIZE],
    unsigned char signature[SIGNATURE_SIZE]);

/* Public keys that are trusted, at most KEYRING_MOST. */
struct keyring;

/* Reads a file of public keys; `path` NULL or "": no key, nothing verifies.
 * ERR_INVALID: it holds none, something else, or too many. */
MUST_CHECK bool keyring_open(const char *path, struct keyring **keyring,
    struct err *err);
void keyring_free(struct keyring *keyring); /* NULL is nothing */

size_t keyring_count(const struct keyring *keyring);

/* Did one of the keys sign this digest?  Signatures of another size do not
 * verify. */
bool keyring_verifies(const struct keyring *keyring,
    const unsigned char digest[DIGEST_SIZE], struct slice signature);

#endif
