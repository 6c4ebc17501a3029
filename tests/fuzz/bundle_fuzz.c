/*
 * bundle_fuzz.c - any bytes as an upload: refused, or files whose sizes are
 * within the limits when unpacked.
 *
 * A zip proves each file by a checksum, so the mutator repairs those that the
 * central directory names: what was packed is then unpacked to its end.
 */
#include <string.h>
#include <zlib.h>

#include "base/must.h"
#include "services/ingestion/bundle.h"

enum { UNPACKED_MOST = 1 << 20, RATIO_MOST = 100 };

/* Places in the two headers of a file (PKWARE's APPNOTE 4.3.7, 4.3.12). */
enum {
	LOCAL_SIZE = 30,
	LOCAL_CRC = 14,
	LOCAL_UNPACKED = 22,
	LOCAL_NAME = 26,
	CENTRAL_SIZE = 46,
	CENTRAL_METHOD = 10,
	CENTRAL_CRC = 16,
	CENTRAL_PACKED = 20,
	CENTRAL_UNPACKED = 24,
	CENTRAL_OFFSET = 42,
	METHOD_DEFLATE = 8
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
    unsigned int seed);
/* libFuzzer's own: changes in place, returns the new size. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static uint32_t
get(const uint8_t *at, int bytes)
{
	uint32_t value = 0;

	for (int i = bytes; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

static void
put(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Checksum and size of what stands packed at `data`. */
static void
unpacked(const uint8_t *data, uint32_t size, bool is_deflated, uint32_t *crc,
    uint32_t *total)
{
	unsigned char piece[4096];
	z_stream stream = { .next_in = (unsigned char *)(uintptr_t)data,
		.avail_in = size };
	int code = Z_OK;

	*crc = (uint32_t)crc32(0, data, is_deflated ? 0 : size);
	*total = is_deflated ? 0 : size;
	if (!is_deflated || inflateInit2(&stream, -MAX_WBITS) != Z_OK)
		return;
	while (code == Z_OK && *total < 2 * UNPACKED_MOST) {
		uint32_t got;

		stream.next_out = piece;
		stream.avail_out = sizeof(piece);
		code = inflate(&stream, Z_NO_FLUSH);
		got = sizeof(piece) - stream.avail_out;
		*crc = (uint32_t)crc32(*crc, piece, got);
		*total += got;
		if (got == 0)
			break;
	}
	inflateEnd(&stream);
}

/* Make the checksum of one file right; its size too, mostly. */
static void
repair(uint8_t *data, size_t size, uint8_t *central, bool with_size)
{
	size_t at = get(central + CENTRAL_OFFSET, 4), from;
	uint32_t packed = get(central + CENTRAL_PACKED, 4), crc, total;

	if (at > size || size - at < LOCAL_SIZE)
		return;
	from = at + LOCAL_SIZE + get(data + at + LOCAL_NAME, 2) +
	    get(data + at + LOCAL_NAME + 2, 2);
	if (from > size || packed > size - from)
		return;
	unpacked(data + from, packed,
	    get(central + CENTRAL_METHOD, 2) == METHOD_DEFLATE, &crc, &total);
	put(central + CENTRAL_CRC, crc);
	put(data + at + LOCAL_CRC, crc);
	if (!with_size)
		return;
	put(central + CENTRAL_UNPACKED, total);
	put(data + at + LOCAL_UNPACKED, total);
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
    unsigned int seed)
{
	size = LLVMFuzzerMutate(data, size, most);
	for (size_t at = 0; at + CENTRAL_SIZE <= size; at++)
		if (memcmp(data + at, "PK\1\2", 4) == 0)
			repair(data, size, data + at, seed % 4 != 0);
	return size;
}

struct memory {
	const uint8_t *data;
	size_t size;
};

static bool
read_memory(void *user, uint64_t offset, void *to, size_t size, size_t *got)
{
	const struct memory *memory = user;
	size_t left = offset < memory->size ? memory->size - offset : 0;

	*got = left < size ? left : size;
	if (*got > 0)
		memcpy(to, memory->data + offset, *got);
	return true;
}

static void
unpack(struct bundle *bundle, const struct bundle_file *file)
{
	struct bundle_reader reader;
	struct err err = { 0 };
	char piece[4096];
	uint64_t total = 0;
	size_t got = 1;

	if (!bundle_reader_open(&reader, bundle, file, &err))
		return;
	while (
	    got > 0 && bundle_read(&reader, piece, sizeof(piece), &got, &err))
		total += got;
	must(total <= file->size);
	bundle_reader_close(&reader);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct err no_fault;
	const struct bundle_limits limits = { UNPACKED_MOST, RATIO_MOST };
	struct memory memory = { data, size };
	struct byte_source source = { read_memory, &memory, size, &no_fault };
	struct bundle bundle;
	struct err err = { 0 };

	if (!bundle_open(&bundle, source, "x.csv", &limits, &err))
		return 0;
	for (size_t i = 0; i < bundle.file_count; i++)
		unpack(&bundle, &bundle.files[i]);
	bundle_close(&bundle);
	return 0;
}
