/* uploads.h - the bytes of an upload, wherever they are wanted. */
#ifndef INGESTION_UPLOADS_H
#define INGESTION_UPLOADS_H

#include "db/db.h"
#include "services/ingestion/bundle.h"

/* An upload as one run of bytes.  Holds one part at a time. */
struct upload {
	struct db *db;  /* borrowed */
	const char *id; /* borrowed */
	uint64_t *ends; /* owned: bytes up to behind each part */
	size_t part_count;
	struct buf part;  /* owned: the part read last */
	size_t part_held; /* which one; part_count: none */
	struct err fault; /* why the last read failed */
};

/* ERR_CONFLICT when parts are missing or their sizes do not sum to `size`. */
MUST_CHECK bool upload_open(struct upload *upload, struct db *db,
    const char *tenant, const char *id, int64_t parts, int64_t size,
    struct err *err);
void upload_close(struct upload *upload);

/* For bundle_open(); `upload` must outlive it. */
struct byte_source upload_source(struct upload *upload);

#endif
