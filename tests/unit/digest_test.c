/*
 * digest_test.c - SHA-256 against the examples of FIPS 180-4 (published by
 * NIST as "SHA256.pdf"), HMAC against RFC 4231.
 */
#include "secure/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

static struct slice
repeat(char *room, int byte, size_t size)
{
	memset(room, byte, size);
	return (struct slice){ room, size };
}

static void
check_digest(struct slice bytes, const char *want)
{
	unsigned char got[DIGEST_SIZE];
	char text[DIGEST_TEXT_SIZE];

	digest(bytes, got);
	digest_text(got, text);
	assert_string_equal(text, want);
}

static void
sha_256_gives_the_published_digests(void **state)
{
	(void)state;
	check_digest(slice_of("abc"),
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	check_digest(slice_of(""),
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	check_digest(slice_of(
			 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnop"
			 "nopq"),
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1");
}

static void
a_million_letters_in_pieces_give_the_published_digest(void **state)
{
	struct digest_state *digesting = digest_start();
	unsigned char got[DIGEST_SIZE];
	char text[DIGEST_TEXT_SIZE];
	char piece[1000];

	(void)state;
	for (int i = 0; i < 1000; i++)
		digest_add(digesting, repeat(piece, 'a', sizeof(piece)));
	digest_end(digesting, got);
	digest_text(got, text);
	assert_string_equal(text,
	    "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0");
}

static void
check_mac(struct slice key, struct slice data, const char *want)
{
	unsigned char got[DIGEST_SIZE];
	char text[DIGEST_TEXT_SIZE];

	for (size_t cut = 0; cut <= data.size; cut += data.size) {
		digest_mac(key, (struct slice){ data.data, cut },
		    (struct slice){ data.data + cut, data.size - cut }, got);
		digest_text(got, text);
		assert_string_equal(text, want);
	}
}

static void
hmac_gives_the_values_of_rfc_4231(void **state)
{
	char key[131], data[50];

	(void)state;
	check_mac(repeat(key, 0x0b, 20), slice_of("Hi There"),
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	check_mac(slice_of("Jefe"), slice_of("what do ya want for nothing?"),
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	check_mac(repeat(key, 0xaa, 20), repeat(data, 0xdd, 50),
	    "773ea91e36800e46854db8ebd09181a7"
	    "2959098b3ef8c122d9635514ced565fe");
	check_mac(repeat(key, 0xaa, 131),
	    slice_of("Test Using Larger Than Block-Size Key - Hash Key First"),
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
}

static void
secrets_are_equal_only_when_every_byte_is(void **state)
{
	(void)state;
	assert_true(digest_equal("abcd", "abcd", 4));
	assert_false(digest_equal("abcd", "abce", 4));
	assert_false(digest_equal("abcd", "bbcd", 4));
}

static void
chance_does_not_repeat_itself(void **state)
{
	unsigned char a[32], b[32];

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

static void
a_secret_that_others_may_read_or_that_is_too_long_is_refused(void **state)
{
	char path[] = "/tmp/secret-XXXXXX";
	int fd = mkstemp(path);
	struct buf secret = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(write(fd, "s3cret\n", 7), 7);
	assert_true(secret_read(path, 7, &secret, &err));
	assert_string_equal(secret.data, "s3cret");
	buf_clear(&secret);
	assert_false(secret_read(path, 6, &secret, &err));
	assert_int_equal(fchmod(fd, 0604), 0);
	assert_false(secret_read(path, 100, &secret, &err));
	close(fd);
	unlink(path);
	assert_false(secret_read(path, 100, &secret, &err));
	buf_close(&secret);
}

RUN_TESTS(cmocka_unit_test(sha_256_gives_the_published_digests),
    cmocka_unit_test(a_million_letters_in_pieces_give_the_published_digest),
    cmocka_unit_test(hmac_gives_the_values_of_rfc_4231),
    cmocka_unit_test(secrets_are_equal_only_when_every_byte_is),
    cmocka_unit_test(chance_does_not_repeat_itself),
    cmocka_unit_test(
	a_secret_that_others_may_read_or_that_is_too_long_is_refused))
