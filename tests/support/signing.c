/* signing.c - PEM files by libcrypto. */
#include "tests/support/signing.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/must.h"

static EVP_PKEY *
make_key(const unsigned char seed[32])
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);

	must(key != NULL);
	return key;
}

void
write_private_key(const char *path, const unsigned char seed[32])
{
	EVP_PKEY *key = make_key(seed);
	FILE *file = fopen(path, "w");

	must(file != NULL && chmod(path, 0600) == 0);
	must(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
	must(fclose(file) == 0);
	EVP_PKEY_free(key);
}

void
add_public_key(const char *path, const unsigned char seed[32])
{
	EVP_PKEY *key = make_key(seed);
	FILE *file = fopen(path, "a");

	must(file != NULL);
	must(PEM_write_PUBKEY(file, key) == 1);
	must(fclose(file) == 0);
	EVP_PKEY_free(key);
}
