/*
 * parcel.h - records that travel together, and what must become of each.
 *
 * A parcel is a batch under one key: sent again, it is the same batch.
 */
#ifndef SIMULATOR_PARCEL_H
#define SIMULATOR_PARCEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum fate {
	FATE_LOG,       /* in the record log, once, and not in quarantine */
	FATE_QUARANTINE /* in quarantine, and not in the log */
};

struct parcel {
	uint64_t number;  /* of its key */
	size_t records;   /* lines in it */
	struct buf lines; /* owned: NDJSON */
	struct buf fates; /* owned: `id,fate` a line, until acknowledged */
};

void parcel_close(struct parcel *parcel);
/* Empty it for the next batch, which has the next number. */
void parcel_renew(struct parcel *parcel);
/* `line` has no newline.  `id` NULL: what becomes of the record is said
 * elsewhere, or by nobody. */
void parcel_add(struct parcel *parcel, struct slice line, const char *id,
    enum fate fate);

#endif
