/*
 * entry.h - what the log keeps of one record, and its compact form.
 *
 * The body of a record of kinds attendance to outcome:
 *	byte	what follows: 1 code, 2 value, 4 type, 8 core is known, 16 core
 *	byte	code, when there (enum value: status, assessment, result)
 *	8 bytes	value, when there: little-endian IEEE 754
 *	2 bytes	type, when there: little-endian 16-bit hash of a text
 *	rest	label: which assessment, which kind of activity, incident or
 *		period; may be empty
 * Kinds course, enrollment and tenant hold their message in the binary codec.
 */
#ifndef INGESTION_ENTRY_H
#define INGESTION_ENTRY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "proto/ingestion.h"

struct entry {
	enum record_kind kind;
	int64_t enrollment_id;
	int32_t occurred_on; /* the tenant's local days */
	int32_t known_on;
	bool has_code, has_value, has_type, has_core, core;
	uint8_t code;
	uint16_t type;
	double value;
	const char *label; /* borrowed; "" for none */
};

/* The parts that come from the record alone: kind, code, value, type, label.
 * The record has passed record_check(). */
void entry_of_record(const struct record *record, struct entry *entry);

void entry_pack(const struct entry *entry, struct buf *out);

/* Fill the fields of `*to` that a body of this kind gives.  ERR_INTERNAL when
 * the body is not one of ours. */
MUST_CHECK bool entry_unpack(enum record_kind kind, struct slice body,
    struct arena *arena, struct log_entry *to, struct err *err);

/* What makes two records with one id the same: everything that was sent but
 * the day it was known, which differs each time a live record is sent. */
int64_t entry_hash(const struct entry *entry);

/* The key of a record's own id: 16 bytes of SHA-256 over tenant, source, id. */
enum { ID_HASH_SIZE = 16 };
void id_hash(const char *tenant, const char *source, const char *id,
    unsigned char out[ID_HASH_SIZE]);

#endif
