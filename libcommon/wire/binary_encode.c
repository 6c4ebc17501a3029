/* binary_encode.c - a message's struct to compact bytes. */
#include <string.h>

#include "wire/binary.h"

enum { FIELDS_MOST = 128 };

static void
add_varint(struct buf *out, uint64_t value)
{
	while (value >= 0x80) {
		buf_byte(out, (char)(value | 0x80));
		value >>= 7;
	}
	buf_byte(out, (char)value);
}

static void
add_zigzag(struct buf *out, int64_t value)
{
	add_varint(out, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

static void
add_real(struct buf *out, double value)
{
	char bytes[8];
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(bits >> 8 * i & 0xff);
	buf_add(out, bytes, sizeof(bytes));
}

static void
add_bytes(struct buf *out, struct slice bytes)
{
	add_varint(out, bytes.size);
	buf_add(out, bytes.data, bytes.size);
}

static void
add_message(struct buf *out, const struct message *message, const void *value)
{
	struct buf inner = { 0 };

	binary_encode(message, value, &inner);
	add_bytes(out, buf_slice(&inner));
	buf_close(&inner);
}

static void
add_list(struct buf *out, const struct field *field, const void *items,
    size_t count)
{
	add_varint(out, count);
	for (size_t i = 0; i < count; i++)
		if (field->type == FIELD_MANY)
			add_message(out, field->message,
			    (const char *)items + i * field->message->size);
		else if (field->type == FIELD_TEXTS)
			add_bytes(out,
			    slice_of(((const char *const *)items)[i]));
		else
			add_real(out, ((const double *)items)[i]);
}

/* RAW that was never filled is JSON's null. */
static struct slice
raw_of(const struct field *field, struct slice bytes)
{
	return field->type == FIELD_RAW && bytes.size == 0 ? slice_of("null")
							   : bytes;
}

static void
add_value(struct buf *out, const struct field *field, const char *value)
{
	const void *at = value + field->offset;

	switch (field->type) {
	case FIELD_TEXT:
		add_bytes(out, slice_of(*(const char *const *)at));
		break;
	case FIELD_RAW:
	case FIELD_BYTES:
		add_bytes(out, raw_of(field, *(const struct slice *)at));
		break;
	case FIELD_INTEGER:
	case FIELD_TIME:
		add_zigzag(out, *(const int64_t *)at);
		break;
	case FIELD_DAY:
	case FIELD_CHOICE:
		add_zigzag(out, *(const int32_t *)at);
		break;
	case FIELD_REAL:
		add_real(out, *(const double *)at);
		break;
	case FIELD_FLAG:
		buf_byte(out, *(const bool *)at ? 1 : 0);
		break;
	case FIELD_ONE:
		add_message(out, field->message, *(const void *const *)at);
		break;
	case FIELD_MANY:
	case FIELD_TEXTS:
	case FIELD_REALS:
		add_list(out, field, *(const void *const *)at,
		    *(const size_t *)(const void *)(value +
			field->count_offset));
		break;
	}
}

void
binary_encode(const struct message *message, const void *value, struct buf *out)
{
	struct fields fields = message->fields();
	unsigned char present[FIELDS_MOST / 8] = { 0 };

	must(fields.count <= FIELDS_MOST);
	for (size_t i = 0; i < fields.count; i++)
		if (field_is_present(&fields.rows[i], value))
			present[i / 8] |= (unsigned char)(1u << i % 8);
	add_varint(out, fields.count);
	buf_add(out, present, (fields.count + 7) / 8);
	for (size_t i = 0; i < fields.count; i++)
		if ((present[i / 8] >> i % 8 & 1) != 0)
			add_value(out, &fields.rows[i], value);
}
