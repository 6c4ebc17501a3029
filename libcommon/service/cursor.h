/*
 * cursor.h - a place in what a service has told: (epoch, transaction, row).
 *
 * As text `EPOCH.XID.ID`, three decimal numbers; "0.0.0" and the empty text
 * are before everything.  Rows are told in the order of their cursors, and
 * only those of transactions below pg_snapshot_xmin(pg_current_snapshot()):
 * no open transaction can come in before a cursor that was handed out.  The
 * epoch changes when a dump is restored, because transaction ids start anew.
 */
#ifndef SERVICE_CURSOR_H
#define SERVICE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { CURSOR_TEXT_SIZE = 64 };

struct cursor {
	int64_t epoch;
	uint64_t xid;
	int64_t id;
};

/* NULL is before everything. */
MUST_CHECK bool cursor_parse(const char *text, struct cursor *cursor,
    struct err *err);
void cursor_print(const struct cursor *cursor, char text[CURSOR_TEXT_SIZE]);

#endif
