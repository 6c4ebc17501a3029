/*
 * value.c - parameters: made by callers, written for libpq.
 *
 * All but bytes go as text, so that the server infers the type of a parameter
 * from the query (an int4 column takes a db_integer); bytes go binary.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "db/link.h"

struct db_value
db_null(void)
{
	return (struct db_value){ .type = DB_NULL };
}

struct db_value
db_text(const char *text)
{
	return text == NULL ? db_null() : db_slice(slice_of(text));
}

struct db_value
db_slice(struct slice text)
{
	return (struct db_value){ .type = DB_TEXT, .slice = text };
}

struct db_value
db_bytes(struct slice bytes)
{
	return (struct db_value){ .type = DB_BYTES, .slice = bytes };
}

struct db_value
db_integer(int64_t value)
{
	return (struct db_value){ .type = DB_INTEGER, .integer = value };
}

struct db_value
db_real(double value)
{
	if (isnan(value))
		return db_null();
	return (struct db_value){ .type = DB_REAL, .real = value };
}

struct db_value
db_flag(bool value)
{
	return (struct db_value){ .type = DB_FLAG, .flag = value };
}

struct db_value
db_time(int64_t time)
{
	return (struct db_value){ .type = DB_TIME, .integer = time };
}

struct db_value
db_day(int32_t day)
{
	return (struct db_value){ .type = DB_DAY, .integer = day };
}

struct db_value
db_texts(const char *const *items, size_t count)
{
	return (struct db_value){ .type = DB_TEXTS, .texts = { items, count } };
}

struct db_value
db_integers(const int64_t *items, size_t count)
{
	return (struct db_value){ .type = DB_INTEGERS,
		.integers = { items, count } };
}

/* An element of an array literal: "a\"b". */
static void
add_quoted(struct buf *out, const char *text)
{
	buf_byte(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_byte(out, '\\');
		buf_byte(out, *text);
	}
	buf_byte(out, '"');
}

static void
add_texts(struct buf *out, const char *const *items, size_t count)
{
	buf_byte(out, '{');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		if (items[i] == NULL)
			buf_text(out, "NULL");
		else
			add_quoted(out, items[i]);
	}
	buf_byte(out, '}');
}

static void
add_integers(struct buf *out, const int64_t *items, size_t count)
{
	buf_byte(out, '{');
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s%" PRId64, i > 0 ? "," : "", items[i]);
	buf_byte(out, '}');
}

static void
add_real(struct buf *out, double value)
{
	if (isinf(value))
		buf_text(out, value > 0 ? "Infinity" : "-Infinity");
	else
		buf_printf(out, "%.17g", value);
}

static void
add_time(struct buf *out, int64_t time)
{
	char text[CLOCK_TEXT_SIZE];

	clock_print(time, text);
	buf_text(out, text);
}

static void
add_day(struct buf *out, int32_t day)
{
	char text[DAY_TEXT_SIZE];

	day_print(day, text);
	buf_text(out, text);
}

/* The text form; nulls and bytes have none. */
static bool
add_value(struct buf *out, const struct db_value *value, struct err *err)
{
	switch (value->type) {
	case DB_NULL:
	case DB_BYTES:
		break;
	case DB_TEXT:
		if (value->slice.size > 0 &&
		    memchr(value->slice.data, '\0', value->slice.size) != NULL)
			return err_set(err, ERR_INVALID,
			    "a text holds a zero byte");
		buf_add(out, value->slice.data, value->slice.size);
		break;
	case DB_INTEGER:
		buf_printf(out, "%" PRId64, value->integer);
		break;
	case DB_REAL:
		add_real(out, value->real);
		break;
	case DB_FLAG:
		buf_byte(out, value->flag ? 't' : 'f');
		break;
	case DB_TIME:
		add_time(out, value->integer);
		break;
	case DB_DAY:
		add_day(out, (int32_t)value->integer);
		break;
	case DB_TEXTS:
		add_texts(out, value->texts.items, value->texts.count);
		break;
	case DB_INTEGERS:
		add_integers(out, value->integers.items, value->integers.count);
		break;
	}
	return true;
}

bool
parameters_fill(struct parameters *parameters, struct buf *scratch,
    struct db_args args, struct err *err)
{
	size_t starts[DB_PARAMETERS];

	must(args.count <= DB_PARAMETERS);
	buf_clear(scratch);
	for (size_t i = 0; i < args.count; i++) {
		starts[i] = scratch->size;
		if (!add_value(scratch, &args.values[i], err))
			return err_in(err, "parameter %zu", i + 1);
		buf_byte(scratch, '\0');
	}
	/* The buffer moves while it grows: pointers come last. */
	for (size_t i = 0; i < args.count; i++) {
		const struct db_value *value = &args.values[i];
		bool is_bytes = value->type == DB_BYTES;

		parameters->formats[i] = is_bytes ? 1 : 0;
		parameters->sizes[i] = is_bytes ? (int)value->slice.size : 0;
		parameters->values[i] = scratch->data + starts[i];
		if (value->type == DB_NULL)
			parameters->values[i] = NULL;
		else if (is_bytes && value->slice.size > 0)
			parameters->values[i] = value->slice.data;
	}
	parameters->count = (int)args.count;
	return true;
}
