/*
 * cutter.h - cuts a stream of lines into parts of whole lines.
 *
 * A part is at most `most` bytes and ends with \n, except the very last one.
 * Bytes go in with cutter_add and leave with cutter_drop; the caller adds no
 * more while cutter_is_full.  As long as no part is asked for before it is
 * full or nothing more will come, the same bytes give the same parts, in
 * whatever pieces they came.
 */
#ifndef GATEWAY_CUTTER_H
#define GATEWAY_CUTTER_H

#include "base/buf.h"
#include "base/err.h"

struct cutter {
	size_t most;
	struct buf bytes;  /* owned: not yet dropped */
	size_t lines_size; /* of them up to the last line's end */
};

/* When is a part due? */
enum cut {
	CUT_FULL,  /* when there is a whole one */
	CUT_LINES, /* when there is a whole line */
	CUT_ALL    /* when there is a byte: nothing more will come */
};

void cutter_init(struct cutter *cutter, size_t most);
void cutter_close(struct cutter *cutter);

/* TOO_LARGE when a line is longer than a part; what stands before that line
 * may still be cut. */
MUST_CHECK bool cutter_add(struct cutter *cutter, struct slice bytes,
    struct err *err);

/* Is there a part?  It is borrowed until the cutter changes. */
bool cutter_next(const struct cutter *cutter, enum cut cut, struct slice *part);
/* The part was taken. */
void cutter_drop(struct cutter *cutter, size_t size);

bool cutter_is_full(const struct cutter *cutter);

#endif
