/* signature.c - Ed25519 by libcrypto's EVP interface. */
#include "secure/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FILE_MOST = 65536, PUBLIC_SIZE = 32 };

struct signer {
	EVP_PKEY *key; /* owned */
	char name[DIGEST_TEXT_SIZE];
};

struct keyring {
	size_t count;
	EVP_PKEY *keys[KEYRING_MOST]; /* owned */
};

/* Whatever libcrypto has noted of its errors is of no use to anyone later. */
static bool
refuse(struct err *err, const char *path, const char *what)
{
	ERR_clear_error();
	return err_set(err, ERR_INVALID, "%s: %s", path, what);
}

static void
name_key(const EVP_PKEY *key, char name[DIGEST_TEXT_SIZE])
{
	unsigned char bytes[PUBLIC_SIZE], hash[DIGEST_SIZE];
	size_t size = sizeof(bytes);

	must(EVP_PKEY_get_raw_public_key(key, bytes, &size) == 1);
	digest((struct slice){ (const char *)bytes, size }, hash);
	digest_text(hash, name);
}

/* A file with a passphrase is refused, not asked for at a terminal. */
static int
give_no_passphrase(char *to, int size, int writing, void *user)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)user;
	return -1;
}

static EVP_PKEY *
read_private(const struct buf *text)
{
	BIO *bio = BIO_new_mem_buf(text->data, (int)text->size);
	EVP_PKEY *key;

	must(bio != NULL);
	key = PEM_read_bio_PrivateKey(bio, NULL, give_no_passphrase, NULL);
	BIO_free(bio);
	if (key != NULL && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

bool
signer_open(const char *path, struct signer **signer, struct err *err)
{
	struct buf text = { 0 };
	EVP_PKEY *key = NULL;

	*signer = NULL;
	if (secret_read(path, FILE_MOST, &text, err))
		key = read_private(&text);
	if (text.size > 0)
		OPENSSL_cleanse(text.data, text.size);
	buf_close(&text);
	if (key == NULL)
		return err->code == ERR_NONE &&
		    refuse(err, path, "it holds no private Ed25519 key in PEM");
	*signer = mem_alloc(1, sizeof(**signer));
	(*signer)->key = key;
	name_key(key, (*signer)->name);
	return true;
}

void
signer_free(struct signer *signer)
{
	if (signer == NULL)
		return;
	EVP_PKEY_free(signer->key);
	free(signer);
}

const char *
signer_name(const struct signer *signer)
{
	return signer->name;
}

void
signer_sign(const struct signer *signer,
    const unsigned char digest[DIGEST_SIZE],
    unsigned char signature[SIGNATURE_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t size = SIGNATURE_SIZE;

	must(context != NULL);
	must(EVP_DigestSignInit(context, NULL, NULL, NULL, signer->key) == 1);
	must(EVP_DigestSign(context, signature, &size, digest, DIGEST_SIZE) ==
	    1);
	must(size == SIGNATURE_SIZE);
	EVP_MD_CTX_free(context);
}

/* One block of a PEM file: a public Ed25519 key, or NULL. */
static EVP_PKEY *
parse_public(const char *name, const unsigned char *bytes, long size)
{
	EVP_PKEY *key;

	if (strcmp(name, PEM_STRING_PUBLIC) != 0)
		return NULL;
	key = d2i_PUBKEY(NULL, &bytes, size);
	if (key != NULL && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* What stands between the keys, a comment or blanks, is passed over. */
static bool
read_public(struct keyring *keyring, BIO *bio, const char *path,
    struct err *err)
{
	unsigned char *bytes;
	char *name, *header;
	long size;

	while (PEM_read_bio(bio, &name, &header, &bytes, &size) == 1) {
		EVP_PKEY *key = parse_public(name, bytes, size);

		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(bytes);
		if (key == NULL)
			return refuse(err, path,
			    "it holds what is no public Ed25519 key");
		if (keyring->count == KEYRING_MOST) {
			EVP_PKEY_free(key);
			return refuse(err, path, "it holds more than 16 keys");
		}
		keyring->keys[keyring->count++] = key;
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return refuse(err, path, "it is not a whole PEM file");
	ERR_clear_error();
	return keyring->count > 0 ||
	    refuse(err, path, "it holds no public key in PEM");
}

bool
keyring_open(const char *path, struct keyring **keyring, struct err *err)
{
	bool is_read;
	BIO *bio;

	*keyring = mem_alloc(1, sizeof(**keyring));
	if (path == NULL || path[0] == '\0')
		return true;
	bio = BIO_new_file(path, "r");
	is_read = bio != NULL ? read_public(*keyring, bio, path, err)
			      : err_os(err, "open %s", path);
	BIO_free(bio);
	ERR_clear_error();
	if (is_read)
		return true;
	keyring_free(*keyring);
	*keyring = NULL;
	return false;
}

void
keyring_free(struct keyring *keyring)
{
	if (keyring == NULL)
		return;
	for (size_t i = 0; i < keyring->count; i++)
		EVP_PKEY_free(keyring->keys[i]);
	free(keyring);
}

size_t
keyring_count(const struct keyring *keyring)
{
	return keyring->count;
}

static bool
verifies(EVP_PKEY *key, const unsigned char digest[DIGEST_SIZE],
    struct slice signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_good;

	must(context != NULL);
	must(EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1);
	is_good =
	    EVP_DigestVerify(context, (const unsigned char *)signature.data,
		signature.size, digest, DIGEST_SIZE) == 1;
	ERR_clear_error();
	EVP_MD_CTX_free(context);
	return is_good;
}

bool
keyring_verifies(const struct keyring *keyring,
    const unsigned char digest[DIGEST_SIZE], struct slice signature)
{
	if (signature.size != SIGNATURE_SIZE)
		return false;
	for (size_t i = 0; i < keyring->count; i++)
		if (verifies(keyring->keys[i], digest, signature))
			return true;
	return false;
}
