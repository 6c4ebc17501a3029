/*
 * work.h - what training hands to its child process, and how it comes back.
 *
 * The input is a memory file of parts, each
 *	4 bytes	kind (enum part_kind), little-endian
 *	4 bytes	tag: the reference week of a page to test on, else 0
 *	8 bytes	size, little-endian
 *	8 bytes	size of the body, little-endian
 *	size bytes: the body, deflated (zlib, RFC 1950)
 * Pages of samples repeat themselves, since those of an enrollment begin
 * alike: of a gigabyte some tens of megabytes are left.  The result is one
 * work_result in the binary codec.
 */
#ifndef TRAINING_WORK_H
#define TRAINING_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define PROTO_DEF "services/training/work.def"
#include "proto/as_structs.h"

#define WORK_TRAIN "train"

enum part_kind {
	PART_QUESTION = 1, /* work_question, binary; first and once */
	PART_TRAIN,        /* sample_page, binary */
	PART_TEST,         /* sample_page, binary, of one week */
	PART_PROTECTED,    /* protected_page, JSON */
	PART_CHAMPION,     /* model file; at most once */
	PART_TRAIN_SOONER, /* as TRAIN and TEST, with grades known sooner */
	PART_TEST_SOONER
};

struct part {
	enum part_kind kind;
	uint32_t tag;
	struct slice body; /* borrowed; of part_next: deflated */
	uint64_t whole;    /* of part_next: size of the body */
};

/* Add one behind the others. */
void part_add(struct buf *out, const struct part *part);
MUST_CHECK bool part_write(int file, const struct part *part, struct err *err);

/* Take the next from `*rest`; false at the end, or with `err` set
 * (ERR_INVALID) when what is left is no part. */
MUST_CHECK bool part_next(struct slice *rest, struct part *part,
    struct err *err);

/* The body of what part_next gave, in the arena; ERR_INVALID when it is not
 * what it should be. */
MUST_CHECK bool part_open(const struct part *part, struct arena *arena,
    struct slice *body, struct err *err);

/* The one to serve, of three that are there; NULL: none of them. */
const struct work_model *work_winner(const struct work_result *result);

#endif
