/*
 * safetensors.h - named arrays of floats in one file.
 *
 * The format (https://github.com/huggingface/safetensors): 8 bytes
 * little-endian N, the header's size; N bytes of JSON,
 *	{"__metadata__": {"key": "text"},
 *	 "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
 * padded with blanks; then the data, which offsets count from.  We read and
 * write F32 only, on a little-endian machine.
 *
 * Reading is strict: the header is bounded, names are told apart, every size
 * fits its shape, tensors neither overlap nor leave a byte uncovered.
 */
#ifndef ML_SAFETENSORS_H
#define ML_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define SAFETENSORS_METADATA "__metadata__"

enum {
	SAFETENSORS_HEADER_MAX = 1 << 20, /* bytes */
	SAFETENSORS_MAX = 64,             /* tensors */
	SAFETENSORS_TEXTS_MAX = 16,       /* metadata */
	SAFETENSORS_DIMS_MAX = 4
};

struct safetensor {
	const char *name;
	int dims;
	uint32_t shape[SAFETENSORS_DIMS_MAX];
	size_t count;     /* product of the shape */
	const char *data; /* borrowed: 4 * count bytes, any alignment */
};

struct safetensors_text {
	const char *key;
	const char *value; /* UTF-8, no NUL inside */
};

struct safetensors {
	struct safetensor tensors[SAFETENSORS_MAX];
	size_t count;
	struct safetensors_text texts[SAFETENSORS_TEXTS_MAX];
	size_t text_count;
};

/* Names and texts are put into `arena`; data points into `file`.  Fails with
 * ERR_INVALID. */
bool safetensors_read(struct safetensors *into, struct arena *arena,
    struct slice file, struct err *err) MUST_CHECK;

/* The same content gives the same bytes. */
void safetensors_write(const struct safetensors *from, struct buf *file);

/* Add a tensor or a text to what is to be written; all borrowed. */
void safetensors_add(struct safetensors *to, const char *name,
    const float *data, int rows, int columns); /* columns 0: a vector */
void safetensors_add_text(struct safetensors *to, const char *key,
    const char *value);

/* NULL: there is none. */
const struct safetensor *safetensors_find(const struct safetensors *in,
    const char *name);
const char *safetensors_text(const struct safetensors *in, const char *key);

#endif
