/*
 * copy.c - rows in PostgreSQL's binary COPY format ("COPY", File Formats, in
 * its manual): a signature, then for each row the number of columns and each
 * value with its size, then -1.
 */
#include "db/copy.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "db/flight.h"

enum { PIECE_SIZE = 256 * 1024, EPOCH_DAY = 10957 }; /* 2000-01-01 */

bool
copy_start(struct copy *copy, struct db *db, const struct query *query,
    int columns, struct err *err)
{
	static const char signature[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";

	must(query->kind == QUERY_COPY);
	if (!flight_script(db, query->name, query->text, PGRES_COPY_IN, err))
		return false;
	*copy = (struct copy){ .db = db,
		.query = query,
		.columns = columns,
		.filled = columns,
		.is_open = true };
	buf_add(&copy->buf, signature, sizeof(signature));
	return true;
}

static void
send_piece(struct copy *copy)
{
	PGconn *conn = copy->db->conn;
	struct err *failure = &copy->failure;
	bool is_sent;

	if (failure->code == ERR_NONE) {
		is_sent = PQputCopyData(conn, copy->buf.data,
			      (int)copy->buf.size) == 1
		    ? link_flush(copy->db, failure)
		    : link_lost(copy->db, failure);
		must(is_sent || failure->code != ERR_NONE);
	}
	buf_clear(&copy->buf);
}

void
copy_row(struct copy *copy)
{
	must(copy->is_open && copy->filled == copy->columns);
	if (copy->buf.size >= PIECE_SIZE)
		send_piece(copy);
	buf_be16(&copy->buf, (uint16_t)copy->columns);
	copy->filled = 0;
	copy->rows++;
}

static void
add_size(struct copy *copy, size_t size)
{
	must(copy->filled < copy->columns && size <= INT32_MAX);
	copy->filled++;
	buf_be32(&copy->buf, (uint32_t)size);
}

void
copy_null(struct copy *copy)
{
	add_size(copy, 0);
	memset(copy->buf.data + copy->buf.size - 4, 0xff, 4);
}

void
copy_bytes(struct copy *copy, struct slice bytes)
{
	add_size(copy, bytes.size);
	buf_add(&copy->buf, bytes.data, bytes.size);
}

void
copy_text(struct copy *copy, const char *text)
{
	if (text == NULL)
		copy_null(copy);
	else
		copy_bytes(copy, slice_of(text));
}

void
copy_int2(struct copy *copy, int16_t value)
{
	add_size(copy, 2);
	buf_be16(&copy->buf, (uint16_t)value);
}

void
copy_int4(struct copy *copy, int32_t value)
{
	add_size(copy, 4);
	buf_be32(&copy->buf, (uint32_t)value);
}

void
copy_int8(struct copy *copy, int64_t value)
{
	add_size(copy, 8);
	buf_be64(&copy->buf, (uint64_t)value);
}

void
copy_float8(struct copy *copy, double value)
{
	uint64_t bits;

	if (isnan(value)) {
		copy_null(copy);
		return;
	}
	memcpy(&bits, &value, sizeof(bits));
	add_size(copy, 8);
	buf_be64(&copy->buf, bits);
}

void
copy_flag(struct copy *copy, bool value)
{
	add_size(copy, 1);
	buf_byte(&copy->buf, value ? 1 : 0);
}

void
copy_time(struct copy *copy, int64_t time)
{
	copy_int8(copy, time - EPOCH_DAY * DAY_US);
}

void
copy_day(struct copy *copy, int32_t day)
{
	copy_int4(copy, day - EPOCH_DAY);
}

/* End it; `why` NULL: with the rows, else without. */
static bool
finish(struct copy *copy, const char *why, struct err *err)
{
	struct db *db = copy->db;

	copy->is_open = false;
	buf_close(&copy->buf);
	if (copy->failure.code != ERR_NONE) {
		*err = copy->failure;
		return false;
	}
	if (PQputCopyEnd(db->conn, why) != 1)
		return link_lost(db, err);
	return flight_finish(db, copy->query->name, err);
}

bool
copy_end(struct copy *copy, size_t *rows, struct err *err)
{
	must(copy->is_open && copy->filled == copy->columns);
	buf_be16(&copy->buf, (uint16_t)-1);
	send_piece(copy);
	if (!finish(copy, NULL, err))
		return false;
	if (rows != NULL)
		*rows = copy->rows;
	return true;
}

void
copy_abort(struct copy *copy)
{
	struct err err = { 0 };

	if (!copy->is_open)
		return;
	/* The server answers an abort with an error; that is what we want. */
	if (finish(copy, "aborted", &err))
		link_drop(copy->db);
}
