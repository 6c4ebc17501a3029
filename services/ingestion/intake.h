/*
 * intake.h - many records at once, in the transaction in hand: each is checked
 * and resolved to its enrollment; the good ones go to the log, the others to
 * quarantine with reason and place.  Batches and imports alike.
 *
 *	intake_begin
 *	intake_add, intake_add_entry, intake_refuse ...
 *	intake_settle	what is good is known from here on
 *	intake_store
 */
#ifndef INGESTION_INTAKE_H
#define INGESTION_INTAKE_H

#include "services/ingestion/append.h"
#include "services/ingestion/check.h"
#include "services/ingestion/enrollments.h"

struct intake_item {
	/* As it came; NULL: the entry is complete. */
	const struct record *record;
	struct entry entry;
	const char *id;       /* NULL: none */
	const char *replaces; /* id of another record; NULL: none */
	const char *field;    /* which is wrong; NULL: the record as such */
	const char *fault;    /* why it is refused; NULL: it is not */
	struct slice raw;
	/* Index in the batch, or line of the file; items of one row stand side
	 * by side. */
	int64_t row;
	bool is_duplicate; /* of an item before it */
	bool is_left_out;  /* another item of its row is refused */
};

struct intake {
	struct db *db;                  /* borrowed */
	struct enrollment_cache *cache; /* borrowed */
	struct arena *arena;            /* borrowed: all below lives there */
	const char *tenant, *source;
	const char *file;      /* NULL: places are records[ROW] */
	const char *batch_key; /* for quarantine; NULL: none */
	const char *import_id; /* for quarantine; NULL: none */
	const char *time_zone;
	struct check_rules rules;
	struct intake_item *items;
	size_t count;
	size_t room; /* of items; may be set before, as a guess */
	/* Filled by intake_settle and intake_store. */
	size_t refused; /* rows: one is stored whole or refused whole */
	size_t duplicates;
	struct append_count appended;
};

/* Reads the tenant's clock.  Set the other fields before. */
MUST_CHECK bool intake_begin(struct intake *in, bool may_tell_history,
    struct err *err);

/* A record whose texts live as long as the arena. */
struct intake_item *intake_add(struct intake *in, const struct record *record,
    struct slice raw, int64_t row);
/* A copy of a record and of its raw text, whose own may go. */
void intake_add_copy(struct intake *in, const struct record *record,
    struct slice raw, int64_t row);
struct intake_item *intake_add_entry(struct intake *in,
    const struct entry *entry, int64_t row);
/* Refused before it became a record.  All texts are copied; `field` may be
 * NULL. */
void intake_refuse(struct intake *in, struct slice raw, int64_t row,
    const char *field, const char *fault);

MUST_CHECK bool intake_settle(struct intake *in, struct err *err);
MUST_CHECK bool intake_store(struct intake *in, struct err *err);

/* records[3].score, grades.csv:17: score */
const char *intake_place(const struct intake *in,
    const struct intake_item *item);

#endif
