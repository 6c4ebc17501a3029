/* digest.c - SHA-256 and HMAC from libcrypto, chance from the kernel. */
#include "secure/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { BLOCK_SIZE = 64 }; /* of SHA-256, bytes */

struct digest_state {
	EVP_MD_CTX *context; /* owned */
};

struct digest_state *
digest_start(void)
{
	struct digest_state *state = mem_alloc(1, sizeof(*state));

	state->context = EVP_MD_CTX_new();
	must(state->context != NULL);
	must(EVP_DigestInit_ex(state->context, EVP_sha256(), NULL) == 1);
	return state;
}

void
digest_add(struct digest_state *state, struct slice bytes)
{
	must(EVP_DigestUpdate(state->context, bytes.data, bytes.size) == 1);
}

void
digest_end(struct digest_state *state, unsigned char out[DIGEST_SIZE])
{
	must(EVP_DigestFinal_ex(state->context, out, NULL) == 1);
	EVP_MD_CTX_free(state->context);
	free(state);
}

void
digest(struct slice bytes, unsigned char out[DIGEST_SIZE])
{
	must(EVP_Digest(bytes.data, bytes.size, out, NULL, EVP_sha256(),
		 NULL) == 1);
}

uint64_t
digest_number(const char *text)
{
	unsigned char hash[DIGEST_SIZE];
	uint64_t number;

	digest(slice_of(text), hash);
	memcpy(&number, hash, sizeof(number));
	return number;
}

void
digest_text(const unsigned char bytes[DIGEST_SIZE], char text[DIGEST_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[DIGEST_TEXT_SIZE - 1] = '\0';
}

/* One of HMAC's two passes: SHA-256(key xor pad, first, second). */
static void
mac_pass(const unsigned char key[BLOCK_SIZE], unsigned char pad,
    struct slice first, struct slice second, unsigned char out[DIGEST_SIZE])
{
	struct digest_state *state = digest_start();
	unsigned char block[BLOCK_SIZE];

	for (size_t i = 0; i < BLOCK_SIZE; i++)
		block[i] = key[i] ^ pad;
	digest_add(state, (struct slice){ (char *)block, sizeof(block) });
	digest_add(state, first);
	digest_add(state, second);
	digest_end(state, out);
	OPENSSL_cleanse(block, sizeof(block));
}

void
digest_mac(struct slice key, struct slice first, struct slice second,
    unsigned char out[DIGEST_SIZE])
{
	unsigned char block[BLOCK_SIZE] = { 0 };
	unsigned char inner[DIGEST_SIZE];

	if (key.size > BLOCK_SIZE)
		digest(key, block);
	else if (key.size > 0)
		memcpy(block, key.data, key.size);
	mac_pass(block, 0x36, first, second, inner);
	mac_pass(block, 0x5c, (struct slice){ (char *)inner, sizeof(inner) },
	    (struct slice){ "", 0 }, out);
	OPENSSL_cleanse(block, sizeof(block));
}

bool
digest_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}

void
random_bytes(void *out, size_t size)
{
	char *next = out;

	while (size > 0) {
		ssize_t got = getrandom(next, size, 0);

		must(got > 0 || errno == EINTR);
		if (got > 0) {
			next += got;
			size -= (size_t)got;
		}
	}
}

/* Up to `most` bytes and one more, which tells that there are too many. */
static bool
read_most(int fd, const char *path, size_t most, struct buf *out,
    struct err *err)
{
	size_t start = out->size;

	for (;;) {
		size_t room = most + 1 - (out->size - start);
		char *end = buf_reserve(out, room);
		ssize_t got = read(fd, end, room);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return err_os(err, "read %s", path);
		if (got == 0)
			break;
		out->size += (size_t)got;
		out->data[out->size] = '\0';
		if (out->size - start > most)
			return err_set(err, ERR_INTERNAL,
			    "%s is larger than %zu bytes", path, most);
	}
	while (out->size > start &&
	    (out->data[out->size - 1] == '\n' ||
		out->data[out->size - 1] == '\r'))
		out->data[--out->size] = '\0';
	return true;
}

bool
secret_read(const char *path, size_t most, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	bool ok;

	if (fd == -1)
		return err_os(err, "open %s", path);
	if (fstat(fd, &stat) == -1)
		ok = err_os(err, "stat %s", path);
	else if ((stat.st_mode & S_IRWXO) != 0)
		ok = err_set(err, ERR_INTERNAL,
		    "%s can be reached by everybody: chmod o= it", path);
	else
		ok = read_most(fd, path, most, out, err);
	close(fd);
	return ok;
}
