/*
 * bundle.h - the files of an import: a zip, or one file by itself.
 *
 * Everything is bounded before it is unpacked: number of files, bytes in all,
 * ratio.  Names are cut to what stands behind the last slash and must be plain
 * (letters, digits, . _ - and blanks).  Encrypted files and methods other than
 * store and deflate are refused.  Nothing is ever written to a file system.
 */
#ifndef INGESTION_BUNDLE_H
#define INGESTION_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { BUNDLE_FILES_MOST = 64, BUNDLE_NAME_SIZE = 104 };

/* Where the bytes are. */
struct byte_source {
	/* Up to `size` bytes from `offset`; `*got` 0 at the end. */
	bool (*read_at)(void *user, uint64_t offset, void *to, size_t size,
	    size_t *got);
	void *user;
	uint64_t size;
	const struct err *fault; /* filled when read_at was false */
};

struct bundle_limits {
	uint64_t unpacked_most; /* bytes of all files together */
	uint64_t ratio_most;    /* unpacked to packed, of each file */
};

struct bundle_file {
	char name[BUNDLE_NAME_SIZE];
	uint64_t size;  /* unpacked, as the zip says; more is an error */
	uint64_t index; /* in the zip */
};

struct bundle {
	struct byte_source source;
	struct bundle_file files[BUNDLE_FILES_MOST];
	size_t file_count;
	void *zip;   /* owned: zip_t; NULL: one plain file */
	uint64_t at; /* of the zip's reader */
};

/* `name` is what the upload is called; used for a plain file.  INVALID with
 * the reason when it is not to be unpacked.  The struct must not move. */
MUST_CHECK bool bundle_open(struct bundle *bundle, struct byte_source source,
    const char *name, const struct bundle_limits *limits, struct err *err);
void bundle_close(struct bundle *bundle);

/* NULL: there is no such file. */
const struct bundle_file *bundle_find(const struct bundle *bundle,
    const char *name);

/* One file, read from its beginning. */
struct bundle_reader {
	struct bundle *bundle;          /* borrowed */
	const struct bundle_file *file; /* borrowed */
	void *handle;                   /* owned: zip_file_t; NULL: plain */
	uint64_t at;
};
MUST_CHECK bool bundle_reader_open(struct bundle_reader *reader,
    struct bundle *bundle, const struct bundle_file *file, struct err *err);
void bundle_reader_close(struct bundle_reader *reader);
/* `*got` 0: that was all. */
MUST_CHECK bool bundle_read(struct bundle_reader *reader, void *to, size_t size,
    size_t *got, struct err *err);

#endif
