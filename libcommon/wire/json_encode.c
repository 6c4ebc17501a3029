/* json_encode.c - a message's struct to JSON text, for the wire or the log. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "wire/json.h"

/* Who reads what is written. */
enum reader { READER_CALLER, READER_LOG };

static void encode(const struct message *message, const void *value,
    enum reader reader, struct buf *out);

static void
escape(struct buf *out, unsigned char c)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (size_t i = 0; i + 1 < sizeof(shorts); i += 2)
		if ((unsigned char)shorts[i] == c) {
			buf_byte(out, '\\');
			buf_byte(out, shorts[i + 1]);
			return;
		}
	buf_printf(out, "\\u%04x", c);
}

/* Bytes from `at` that need no change. */
static size_t
plain_size(const char *at, size_t left)
{
	size_t plain = 0;

	while (plain < left) {
		unsigned char c = (unsigned char)at[plain];
		size_t size =
		    c < 0x80 ? 1 : utf8_size(at + plain, left - plain);

		if (c < 0x20 || c == '"' || c == '\\' || size == 0)
			break;
		plain += size;
	}
	return plain;
}

void
json_text(struct buf *out, struct slice text)
{
	size_t i = 0;

	buf_byte(out, '"');
	while (i < text.size) {
		size_t plain = plain_size(text.data + i, text.size - i);

		buf_add(out, text.data + i, plain);
		i += plain;
		if (i == text.size)
			break;
		if ((unsigned char)text.data[i] < 0x80)
			escape(out, (unsigned char)text.data[i]);
		else
			buf_text(out, "\xef\xbf\xbd");
		i++;
	}
	buf_byte(out, '"');
}

static void
add_integer(struct buf *out, int64_t value)
{
	char text[24], *at = text + sizeof(text);
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0)
		*--at = '-';
	buf_add(out, at, (size_t)(text + sizeof(text) - at));
}

void
json_real(struct buf *out, double value)
{
	char text[32];

	if (!isfinite(value)) {
		buf_text(out, "null");
		return;
	}
	if (value == trunc(value) && fabs(value) < 1e15 &&
	    !(value == 0 && signbit(value))) {
		add_integer(out, (int64_t)value);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_text(out, text);
}

static void
add_quoted(struct buf *out, const char *text)
{
	buf_byte(out, '"');
	buf_text(out, text);
	buf_byte(out, '"');
}

static void
add_time(struct buf *out, int64_t time)
{
	char text[CLOCK_TEXT_SIZE];

	clock_print(time, text);
	add_quoted(out, text);
}

static void
add_day(struct buf *out, int32_t day)
{
	char text[DAY_TEXT_SIZE];

	day_print(day, text);
	add_quoted(out, text);
}

static void
add_choice(struct buf *out, const struct choice *choice, int value)
{
	must(value >= 0 && (size_t)value < choice->count);
	json_text(out, slice_of(choice->names[value]));
}

static void
add_bytes(struct buf *out, struct slice bytes)
{
	buf_byte(out, '"');
	base64_encode(out, bytes);
	buf_byte(out, '"');
}

/* The items of MANY, TEXTS or REALS; `count` of them begin at `items`. */
static void
add_list(struct buf *out, const struct field *field, const void *items,
    size_t count, enum reader reader)
{
	buf_byte(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		if (field->type == FIELD_MANY)
			encode(field->message,
			    (const char *)items + i * field->message->size,
			    reader, out);
		else if (field->type == FIELD_TEXTS)
			json_text(out,
			    slice_of(((const char *const *)items)[i]));
		else
			json_real(out, ((const double *)items)[i]);
	}
	buf_byte(out, ']');
}

static void
add_raw(struct buf *out, struct slice json)
{
	if (json.size == 0)
		buf_text(out, "null");
	else
		buf_add(out, json.data, json.size);
}

static void
add_value(struct buf *out, const struct field *field, const char *value,
    enum reader reader)
{
	const void *at = value + field->offset;

	switch (field->type) {
	case FIELD_TEXT:
		json_text(out, slice_of(*(const char *const *)at));
		break;
	case FIELD_INTEGER:
		add_integer(out, *(const int64_t *)at);
		break;
	case FIELD_REAL:
		json_real(out, *(const double *)at);
		break;
	case FIELD_FLAG:
		buf_text(out, *(const bool *)at ? "true" : "false");
		break;
	case FIELD_TIME:
		add_time(out, *(const int64_t *)at);
		break;
	case FIELD_DAY:
		add_day(out, *(const int32_t *)at);
		break;
	case FIELD_CHOICE:
		add_choice(out, field->choice, *(const int *)at);
		break;
	case FIELD_RAW:
		add_raw(out, *(const struct slice *)at);
		break;
	case FIELD_BYTES:
		add_bytes(out, *(const struct slice *)at);
		break;
	case FIELD_ONE:
		encode(field->message, *(const void *const *)at, reader, out);
		break;
	case FIELD_MANY:
	case FIELD_TEXTS:
	case FIELD_REALS:
		add_list(out, field, *(const void *const *)at,
		    *(const size_t *)(const void *)(value +
			field->count_offset),
		    reader);
		break;
	}
}

static void
encode(const struct message *message, const void *value, enum reader reader,
    struct buf *out)
{
	struct fields fields = message->fields();
	char before = '{';

	for (size_t i = 0; i < fields.count; i++) {
		const struct field *field = &fields.rows[i];

		if (!field_is_present(field, value))
			continue;
		buf_byte(out, before);
		add_quoted(out, field->name);
		buf_byte(out, ':');
		if (reader == READER_LOG && field->privacy == PRIVATE)
			buf_text(out, "\"(private)\"");
		else
			add_value(out, field, value, reader);
		before = ',';
	}
	buf_text(out, before == '{' ? "{}" : "}");
}

void
json_encode(const struct message *message, const void *value, struct buf *out)
{
	encode(message, value, READER_CALLER, out);
}

void
json_redact(const struct message *message, const void *value, struct buf *out)
{
	encode(message, value, READER_LOG, out);
}
