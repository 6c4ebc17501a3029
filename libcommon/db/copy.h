/*
 * copy.h - binary COPY into a table: the fast way in for many rows.
 *
 *	copy_start(&copy, db, &query_copy_records, 3, err)
 *	for each row: copy_row(&copy); copy_integer(&copy, ...);
 *	copy_end(&copy, &rows, err)
 *
 * The query is a `:copy` row of queries.sql, `COPY t (a, b, c) FROM STDIN
 * (FORMAT binary)`.  Rows are buffered and sent in pieces of 256 KiB; an error
 * of the server shows at copy_end at the latest.  copy_abort ends it without
 * rows; it must be called when copy_end was not reached.
 */
#ifndef DB_COPY_H
#define DB_COPY_H

#include "db/db.h"

struct copy {
	struct db *db; /* borrowed */
	const struct query *query;
	struct buf buf; /* owned */
	int columns;
	int filled;  /* columns of the row at hand */
	size_t rows; /* begun */
	bool is_open;
	struct err failure; /* code set: sending failed, copy_end tells */
};

MUST_CHECK bool copy_start(struct copy *copy, struct db *db,
    const struct query *query, int columns, struct err *err);
void copy_row(struct copy *copy);
void copy_null(struct copy *copy);
void copy_text(struct copy *copy, const char *text); /* NULL gives null */
void copy_bytes(struct copy *copy, struct slice bytes);
void copy_int2(struct copy *copy, int16_t value);
void copy_int4(struct copy *copy, int32_t value);
void copy_int8(struct copy *copy, int64_t value);
void copy_float8(struct copy *copy, double value); /* NaN gives null */
void copy_flag(struct copy *copy, bool value);
void copy_time(struct copy *copy, int64_t time);
void copy_day(struct copy *copy, int32_t day);
MUST_CHECK bool copy_end(struct copy *copy, size_t *rows, struct err *err);
void copy_abort(struct copy *copy);

#endif
