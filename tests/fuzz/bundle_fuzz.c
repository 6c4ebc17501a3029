/*
 * bundle_fuzz.c - any bytes as an upload: refused, or files whose sizes are
 * within the limits when unpacked.
 */
#include <string.h>

#include "base/must.h"
#include "services/ingestion/bundle.h"

enum { UNPACKED_MOST = 1 << 20, RATIO_MOST = 100 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
