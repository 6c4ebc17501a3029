/*
 * result.c - reading rows: PostgreSQL's binary formats into C values.
 *
 * Times count microseconds, dates days, both from 2000-01-01.  The type
 * numbers are those of pg_type.dat, which never change.
 */
#include <libpq-fe.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "db/db.h"

enum {
	TYPE_BOOL = 16,
	TYPE_BYTEA = 17,
	TYPE_NAME = 19,
	TYPE_INT8 = 20,
	TYPE_INT2 = 21,
	TYPE_INT4 = 23,
	TYPE_TEXT = 25,
	TYPE_JSON = 114,
	TYPE_FLOAT4 = 700,
	TYPE_FLOAT8 = 701,
	TYPE_BPCHAR = 1042,
	TYPE_VARCHAR = 1043,
	TYPE_DATE = 1082,
	TYPE_TIMESTAMPTZ = 1184,
	TYPE_UUID = 2950,
	TYPE_JSONB = 3802,
	TYPE_XID8 = 5069
};

enum { EPOCH_DAY = 10957 }; /* 2000-01-01 */

void
db_result_close(struct db_result *result)
{
	PQclear(result->rows);
	*result = (struct db_result){ 0 };
}

static const unsigned char *
raw(const struct db_result *result, size_t row, int column)
{
	must(row < result->row_count);
	must(column >= 0 && column < PQnfields(result->rows));
	return (
	    const unsigned char *)PQgetvalue(result->rows, (int)row, column);
}

static uint64_t
read_be(const unsigned char *bytes, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static int
type_of(const struct db_result *result, int column)
{
	return (int)PQftype(result->rows, column);
}

bool
db_is_null(const struct db_result *result, size_t row, int column)
{
	must(row < result->row_count);
	return PQgetisnull(result->rows, (int)row, column) == 1;
}

int64_t
db_get_integer(const struct db_result *result, size_t row, int column)
{
	const unsigned char *bytes = raw(result, row, column);
	int type = type_of(result, column);

	must(!db_is_null(result, row, column));
	if (type == TYPE_INT2)
		return (int16_t)read_be(bytes, 2);
	if (type == TYPE_INT4)
		return (int32_t)read_be(bytes, 4);
	must(type == TYPE_INT8 || type == TYPE_XID8);
	return (int64_t)read_be(bytes, 8);
}

double
db_get_real(const struct db_result *result, size_t row, int column)
{
	const unsigned char *bytes = raw(result, row, column);
	int type = type_of(result, column);
	uint64_t bits;
	double value;

	must(type == TYPE_FLOAT4 || type == TYPE_FLOAT8);
	if (db_is_null(result, row, column))
		return NAN;
	if (type == TYPE_FLOAT4) {
		uint32_t narrow_bits = (uint32_t)read_be(bytes, 4);
		float narrow;

		memcpy(&narrow, &narrow_bits, sizeof(narrow));
		return (double)narrow;
	}
	bits = read_be(bytes, 8);
	memcpy(&value, &bits, sizeof(value));
	return value;
}

bool
db_get_flag(const struct db_result *result, size_t row, int column)
{
	must(type_of(result, column) == TYPE_BOOL);
	must(!db_is_null(result, row, column));
	return raw(result, row, column)[0] != 0;
}

int64_t
db_get_time(const struct db_result *result, size_t row, int column)
{
	int64_t time;

	must(type_of(result, column) == TYPE_TIMESTAMPTZ);
	must(!db_is_null(result, row, column));
	time = (int64_t)read_be(raw(result, row, column), 8);
	/* Infinity stays the largest and the smallest time. */
	if (time == INT64_MAX || time == INT64_MIN)
		return time;
	return time + EPOCH_DAY * DAY_US;
}

int32_t
db_get_day(const struct db_result *result, size_t row, int column)
{
	int32_t day;

	must(type_of(result, column) == TYPE_DATE);
	must(!db_is_null(result, row, column));
	day = (int32_t)read_be(raw(result, row, column), 4);
	if (day == INT32_MAX || day == INT32_MIN)
		return day;
	return day + EPOCH_DAY;
}

static bool
is_text(int type)
{
	return type == TYPE_TEXT || type == TYPE_VARCHAR ||
	    type == TYPE_BPCHAR || type == TYPE_NAME || type == TYPE_JSON ||
	    type == TYPE_JSONB;
}

struct slice
db_get_bytes(const struct db_result *result, size_t row, int column)
{
	const unsigned char *bytes = raw(result, row, column);
	int type = type_of(result, column);
	int size = PQgetlength(result->rows, (int)row, column);

	if (db_is_null(result, row, column))
		return (struct slice){ "", 0 };
	/* jsonb: a byte that gives the format's version, then text. */
	if (type == TYPE_JSONB) {
		must(size > 0 && bytes[0] == 1);
		bytes++;
		size--;
	}
	return (struct slice){ (const char *)bytes, (size_t)size };
}

static const char *
print_uuid(const unsigned char *bytes, struct arena *arena)
{
	uint64_t high = read_be(bytes, 8), low = read_be(bytes + 8, 8);

	return arena_printf(arena, "%08x-%04x-%04x-%04x-%012llx",
	    (unsigned int)(high >> 32), (unsigned int)(high >> 16 & 0xffff),
	    (unsigned int)(high & 0xffff), (unsigned int)(low >> 48),
	    (unsigned long long)(low & 0xffffffffffffULL));
}

const char *
db_get_text(const struct db_result *result, size_t row, int column,
    struct arena *arena)
{
	int type = type_of(result, column);
	struct slice text;

	must(is_text(type) || type == TYPE_UUID);
	if (db_is_null(result, row, column))
		return NULL;
	if (type == TYPE_UUID)
		return print_uuid(raw(result, row, column), arena);
	text = db_get_bytes(result, row, column);
	return arena_text(arena, text.data, text.size);
}
