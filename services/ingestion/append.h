/*
 * append.h - entries into the log, in the transaction in hand.
 */
#ifndef INGESTION_APPEND_H
#define INGESTION_APPEND_H

#include "db/copy.h"
#include "services/ingestion/entry.h"

struct append_row {
	struct entry entry;
	bool has_id, has_replaced;
	unsigned char id_hash[ID_HASH_SIZE];
	/* The key of another record that this one takes the place of. */
	unsigned char replaced_hash[ID_HASH_SIZE];
	int64_t row; /* of the input: several entries may come from one */
};

struct append_count {
	int64_t stored;
	int64_t superseded;  /* of those: corrections */
	int64_t rows_stored; /* different `row`s among those stored */
};

/* The plain ones by one COPY into the log, those with an id through a staging
 * table.  No id may stand twice among the rows.  Adds to `*count`. */
MUST_CHECK bool append_rows(struct db *db, const char *tenant,
    const char *source, const struct append_row *rows, size_t row_count,
    struct append_count *count, struct err *err);

/* Changes of the registers: begin, each, end. */
struct append_registers {
	struct copy copy;
	const char *tenant, *source; /* borrowed */
	int32_t today;
	struct buf body; /* owned */
	size_t count;
};
MUST_CHECK bool append_registers_begin(struct append_registers *to,
    struct db *db, const char *tenant, const char *source, int32_t today,
    struct err *err);
/* `enrollment_id` 0: none. */
void append_register(struct append_registers *to, enum record_kind kind,
    int64_t enrollment_id, const struct message *message, const void *value);
MUST_CHECK bool append_registers_end(struct append_registers *to,
    struct err *err);

#endif
