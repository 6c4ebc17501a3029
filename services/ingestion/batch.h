/*
 * batch.h - a batch of records on its way in: batch_read.c reads it, batch.c
 * stores it, once.
 */
#ifndef INGESTION_BATCH_H
#define INGESTION_BATCH_H

#include "secure/digest.h"
#include "services/ingestion/ingestion.h"
#include "services/ingestion/intake.h"

struct batch {
	struct call *call; /* borrowed */
	struct intake in;
	struct batch_options options;
	char key[256];
	unsigned char content_hash[DIGEST_SIZE];
	bool is_named_by_content;
	bool is_ndjson; /* whatever its type says */
};

/* Every record of the body into batch->in, good or refused, and the options.
 * Fails when the body cannot be read as a whole. */
MUST_CHECK bool batch_read(struct batch *batch, struct err *err);

#endif
