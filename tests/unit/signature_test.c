/*
 * signature_test.c - keys and signatures, held against RFC 8032: the key pair
 * is that of its 7.1, TEST 1, and the signature of SHA-256("abc") is what two
 * other programs make with it, the code of the RFC's section 6 written out in
 * Python and Python's `cryptography`.
 */
#include "secure/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/signing.h"
#include "tests/support/test.h"

/* RFC 8032, 7.1, TEST 1: the private and the public key. */
static const unsigned char seed[32] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd,
	0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
	0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae,
	0x7f, 0x60 };
static const unsigned char public_bytes[32] = { 0xd7, 0x5a, 0x98, 0x01, 0x82,
	0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e,
	0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7,
	0x07, 0x51, 0x1a };
static const unsigned char other_seed[32] = { 1, 2, 3 };

/* Of SHA-256("abc"). */
static const unsigned char expected[SIGNATURE_SIZE] = { 0x09, 0x6f, 0x55, 0x69,
	0xd8, 0x07, 0xee, 0x8a, 0xc7, 0xb1, 0x91, 0x3d, 0xa7, 0x0c, 0xf0, 0xaa,
	0xb3, 0x35, 0xc2, 0x58, 0xf4, 0xb9, 0x4c, 0x8f, 0x21, 0x0d, 0xd1, 0x41,
	0xe9, 0x74, 0x39, 0x27, 0xc8, 0xd1, 0xa6, 0xb3, 0x78, 0x87, 0x2a, 0x72,
	0xc9, 0x44, 0x6c, 0x1f, 0x75, 0xe6, 0xdc, 0x7b, 0x2d, 0xef, 0x98, 0xbd,
	0x0c, 0x21, 0x4b, 0xe6, 0x70, 0x6d, 0x48, 0x79, 0x1f, 0x57, 0x68,
	0x0a };

struct files {
	char folder[32];
	char private[64];
	char public[64];
};

static void
make_files(struct files *files)
{
	snprintf(files->folder, sizeof(files->folder), "/tmp/eps.XXXXXX");
	assert_non_null(mkdtemp(files->folder));
	snprintf(files->private, sizeof(files->private), "%s/private",
	    files->folder);
	snprintf(files->public, sizeof(files->public), "%s/public",
	    files->folder);
	write_private_key(files->private, seed);
}

static void
remove_files(const struct files *files)
{
	unlink(files->private);
	unlink(files->public);
	assert_int_equal(rmdir(files->folder), 0);
}

static struct signer *
open_signer(const struct files *files)
{
	struct signer *signer;
	struct err err = { 0 };

	if (!signer_open(files->private, &signer, &err))
		fail_msg("%s", err.detail);
	return signer;
}

static struct keyring *
open_keyring(const struct files *files)
{
	struct keyring *keyring;
	struct err err = { 0 };

	if (!keyring_open(files->public, &keyring, &err))
		fail_msg("%s", err.detail);
	return keyring;
}

static void
a_signature_is_that_of_rfc_8032(void **state)
{
	unsigned char hash[DIGEST_SIZE], made[SIGNATURE_SIZE];
	char name[DIGEST_TEXT_SIZE];
	struct signer *signer;
	struct files files;

	(void)state;
	make_files(&files);
	signer = open_signer(&files);
	digest(slice_of("abc"), hash);
	signer_sign(signer, hash, made);
	assert_memory_equal(made, expected, SIGNATURE_SIZE);
	digest((struct slice){ (const char *)public_bytes, 32 }, hash);
	digest_text(hash, name);
	assert_string_equal(signer_name(signer), name);
	signer_free(signer);
	remove_files(&files);
}

static void
only_what_a_trusted_key_signed_verifies(void **state)
{
	unsigned char hash[DIGEST_SIZE], copy[SIGNATURE_SIZE + 1] = { 0 };
	struct slice signature = { (char *)copy, SIGNATURE_SIZE };
	struct keyring *keyring;
	struct files files;

	(void)state;
	make_files(&files);
	add_public_key(files.public, other_seed);
	keyring = open_keyring(&files);
	digest(slice_of("abc"), hash);
	memcpy(copy, expected, SIGNATURE_SIZE);
	assert_false(keyring_verifies(keyring, hash, signature));
	keyring_free(keyring);
	/* Another key behind the first, as in a change of keys. */
	add_public_key(files.public, seed);
	keyring = open_keyring(&files);
	assert_int_equal(keyring_count(keyring), 2);
	assert_true(keyring_verifies(keyring, hash, signature));
	for (size_t i = 0; i < SIGNATURE_SIZE; i++) {
		copy[i] ^= 1;
		assert_false(keyring_verifies(keyring, hash, signature));
		copy[i] ^= 1;
	}
	hash[31] ^= 1;
	assert_false(keyring_verifies(keyring, hash, signature));
	hash[31] ^= 1;
	signature.size = SIGNATURE_SIZE + 1;
	assert_false(keyring_verifies(keyring, hash, signature));
	signature.size = 0;
	assert_false(keyring_verifies(keyring, hash, signature));
	keyring_free(keyring);
	remove_files(&files);
}

static void
without_a_key_nothing_verifies(void **state)
{
	struct slice signature = { (const char *)expected, SIGNATURE_SIZE };
	unsigned char hash[DIGEST_SIZE];
	struct keyring *keyring;
	struct err err = { 0 };

	(void)state;
	assert_true(keyring_open("", &keyring, &err));
	assert_int_equal(keyring_count(keyring), 0);
	digest(slice_of("abc"), hash);
	assert_false(keyring_verifies(keyring, hash, signature));
	keyring_free(keyring);
}

static void
write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
a_file_without_a_key_is_refused_by_its_name(void **state)
{
	static const char broken[] = "-----BEGIN PUBLIC KEY-----\n"
				     "MCowBQYDK2VwAyEA\n"
				     "-----END PUBLIC KEY-----\n";
	struct signer *signer;
	struct keyring *keyring;
	struct err err = { 0 };
	struct files files;

	(void)state;
	make_files(&files);
	assert_false(keyring_open(files.public, &keyring, &err));
	assert_non_null(strstr(err.detail, files.public));
	err_clear(&err);
	write_text(files.public, "no key\n");
	assert_false(keyring_open(files.public, &keyring, &err));
	assert_int_equal(err.code, ERR_INVALID);
	err_clear(&err);
	write_text(files.public, broken);
	assert_false(keyring_open(files.public, &keyring, &err));
	assert_int_equal(err.code, ERR_INVALID);
	err_clear(&err);
	assert_int_equal(chmod(files.public, 0600), 0);
	assert_false(signer_open(files.public, &signer, &err));
	assert_int_equal(err.code, ERR_INVALID);
	err_clear(&err);
	write_text(files.public, "");
	assert_false(signer_open(files.public, &signer, &err));
	assert_int_equal(err.code, ERR_INVALID);
	err_clear(&err);
	/* A private key that everyone may read is none any more. */
	assert_int_equal(chmod(files.private, 0644), 0);
	assert_false(signer_open(files.private, &signer, &err));
	assert_non_null(strstr(err.detail, "chmod"));
	remove_files(&files);
}

RUN_TESTS(cmocka_unit_test(a_signature_is_that_of_rfc_8032),
    cmocka_unit_test(only_what_a_trusted_key_signed_verifies),
    cmocka_unit_test(without_a_key_nothing_verifies),
    cmocka_unit_test(a_file_without_a_key_is_refused_by_its_name))
