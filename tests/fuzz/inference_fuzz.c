/*
 * inference_fuzz.c - any bytes as a request of the Open Inference Protocol:
 * two bytes with the size of its JSON (little-endian; 65535: all of it), then
 * the body.
 *
 * What is taken must be rows that the model may read, and taken again when it
 * is said as bytes; what is refused must be refused with a reason, always as
 * MALFORMED.
 */
#include <math.h>
#include <string.h>

#include "services/prediction/inference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_values(const float *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		must(isnan(values[i]) || fabsf(values[i]) <= 1e15f);
}

static void
check_rows(const struct inference *rows)
{
	must(rows->rows >= 1 && rows->rows <= INFERENCE_ROWS);
	must(rows->steps >= 1 && rows->steps <= NETWORK_MAX_STEPS);
	for (size_t i = 0; i < rows->rows; i++)
		must(rows->lengths[i] >= 1 &&
		    (size_t)rows->lengths[i] <= rows->steps);
	check_values(rows->sequence, rows->rows * rows->steps * NETWORK_INPUTS);
	check_values(rows->context, rows->rows * NETWORK_CONTEXT);
	must(rows->wanted_count >= 1 && rows->wanted_count <= OUT_COUNT);
	for (size_t i = 0; i < rows->wanted_count; i++)
		for (size_t k = 0; k < i; k++)
			must(rows->wanted[i] != rows->wanted[k]);
}

static void
put_input(struct buf *out, const char *name, const char *datatype,
    const char *shape, size_t bytes)
{
	buf_printf(out,
	    "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":[%s],"
	    "\"parameters\":{\"binary_data_size\":%zu}}",
	    name, datatype, shape, bytes);
}

/* The same rows, all of them as bytes. */
static void
check_again(const struct inference *rows, struct arena *arena)
{
	size_t sizes[] = { rows->rows * rows->steps * NETWORK_INPUTS * 4,
		rows->rows * NETWORK_CONTEXT * 4, rows->rows * 4 };
	struct buf body = { NULL, 0, 0 };
	struct inference again;
	size_t json_size;
	struct err err;

	buf_text(&body, "{\"inputs\":[");
	put_input(&body, "sequence", "FP32",
	    arena_printf(arena, "%zu,%zu,%d", rows->rows, rows->steps,
		NETWORK_INPUTS),
	    sizes[0]);
	buf_byte(&body, ',');
	put_input(&body, "context", "FP32",
	    arena_printf(arena, "%zu,4", rows->rows), sizes[1]);
	buf_byte(&body, ',');
	put_input(&body, "lengths", "INT32",
	    arena_printf(arena, "%zu", rows->rows), sizes[2]);
	buf_text(&body, "]}");
	json_size = body.size;
	buf_add(&body, rows->sequence, sizes[0]);
	buf_add(&body, rows->context, sizes[1]);
	buf_add(&body, rows->lengths, sizes[2]);
	must(inference_read(buf_slice(&body), json_size, arena, &again, &err));
	must(memcmp(again.sequence, rows->sequence, sizes[0]) == 0);
	must(memcmp(again.context, rows->context, sizes[1]) == 0);
	must(memcmp(again.lengths, rows->lengths, sizes[2]) == 0);
	buf_close(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf body = { NULL, 0, 0 };
	struct inference rows;
	struct arena arena;
	size_t json_size;
	struct err err = { 0 };

	if (size < 2)
		return 0;
	json_size = data[0] | (size_t)data[1] << 8;
	buf_add(&body, data + 2, size - 2);
	arena_init(&arena, 4096);
	if (inference_read(buf_slice(&body),
		json_size == UINT16_MAX ? body.size : json_size, &arena, &rows,
		&err)) {
		check_rows(&rows);
		check_again(&rows, &arena);
	} else {
		must(err.code == ERR_MALFORMED && err.detail[0] != '\0');
	}
	arena_close(&arena);
	buf_close(&body);
	return 0;
}
