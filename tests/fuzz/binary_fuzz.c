/* binary_fuzz.c - any bytes as a compact message: what is taken must be a
 * value that both codecs carry. */
#include <string.h>

#include "tests/support/sample.h"
#include "wire/binary.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct buf json = { 0 }, again = { 0 };
	struct sample_batch batch;
	struct arena arena;
	struct err err;

	arena_init(&arena, 4096);
	if (binary_decode(&sample_batch_message, bytes, &arena, &batch, &err)) {
		json_encode(&sample_batch_message, &batch, &json);
		must(json_decode(&sample_batch_message, buf_slice(&json),
		    JSON_STRICT, &arena, &batch, &err));
		json_encode(&sample_batch_message, &batch, &again);
		must(strcmp(json.data, again.data) == 0);
	}
	buf_close(&json);
	buf_close(&again);
	arena_close(&arena);
	return 0;
}
