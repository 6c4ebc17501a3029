/*
 * work.h - what training hands to its child process, and how it comes back.
 *
 * The input is a memory file of parts, each
 *	4 bytes	kind (enum part_kind), little-endian
 *	4 bytes	tag: the reference week of a page to test on, else 0
 *	8 bytes	size, little-endian
 *	size bytes
 * so pages of samples go from the bus into the file as they came.  The result
 * is one work_result in the binary codec.
 */
#ifndef TRAINING_WORK_H
#define TRAINING_WORK_H

#include <stdbool.h>
#include <stdint.h>

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
	struct slice body; /* borrowed: the input */
};

/* Write one behind the others. */
MUST_CHECK bool part_write(int file, const struct part *part, struct err *err);

/* Take the next from `*rest`; false at the end, or with `err` set
 * (ERR_INVALID) when what is left is no part. */
MUST_CHECK bool part_next(struct slice *rest, struct part *part,
    struct err *err);

#endif
