/*
 * binary_decode.c - compact bytes to a message's struct.
 *
 * Nothing that was read is believed: every size is compared with what is
 * left, every count with the bytes its items need at least.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "wire/binary.h"
#include "wire/json_scan.h"
#include "wire/slot.h"

enum { DEPTH_MOST = 32, VARINT_MOST = 10 };

struct reader {
	struct slice left; /* what was not read yet */
	struct arena *arena;
	struct err *err;
	int depth;
};

static bool read_message(struct reader *reader, const struct message *message,
    const struct place *place, void *value);

static bool
cut_short(const struct reader *reader, const struct place *place)
{
	reader->err->code = ERR_MALFORMED;
	return place_fault(place, reader->err, "the bytes end or lie here");
}

static bool
read_varint(struct reader *reader, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < VARINT_MOST && i < reader->left.size; i++) {
		uint64_t byte = (unsigned char)reader->left.data[i];

		if (i == VARINT_MOST - 1 && byte > 1)
			return false;
		*value |= (byte & 0x7f) << 7 * i;
		if (byte < 0x80) {
			reader->left.data += i + 1;
			reader->left.size -= i + 1;
			return true;
		}
	}
	return false;
}

static bool
read_slice(struct reader *reader, uint64_t size, struct slice *bytes)
{
	if (size > reader->left.size)
		return false;
	*bytes = (struct slice){ reader->left.data, size };
	reader->left.data += size;
	reader->left.size -= size;
	return true;
}

static bool
read_sized(struct reader *reader, struct slice *bytes)
{
	uint64_t size;

	return read_varint(reader, &size) && read_slice(reader, size, bytes);
}

static bool
read_double(struct reader *reader, double *value)
{
	struct slice bytes;
	uint64_t bits = 0;

	if (!read_slice(reader, sizeof(bits), &bytes))
		return false;
	for (size_t i = 0; i < sizeof(bits); i++)
		bits |= (uint64_t)(unsigned char)bytes.data[i] << 8 * i;
	memcpy(value, &bits, sizeof(bits));
	return true;
}

static bool
read_text(struct reader *reader, const struct slot *slot, struct slice bytes)
{
	char *text;

	if (utf8_valid(bytes) < bytes.size)
		return place_fault(slot->place, reader->err, "is not UTF-8");
	text = arena_text(reader->arena, bytes.data, bytes.size);
	return slot_text(slot, (struct slice){ text, bytes.size });
}

/* A JSON value without the blanks around it; null where the field may be
 * absent leaves it so: what JSON would make of it. */
static bool
read_raw(struct reader *reader, const struct slot *slot, struct slice bytes)
{
	struct json_scan scan = json_scan_of(bytes);

	if (!json_scan_whole(&scan))
		return place_fault(slot->place, reader->err, "is no JSON: %s",
		    scan.fault);
	scan = json_scan_of(bytes);
	json_scan_blanks(&scan);
	bytes.data = scan.at;
	must(json_skip_value(&scan));
	bytes.size = (size_t)(scan.at - bytes.data);
	if (slot->field->presence == OPTIONAL && slice_is(bytes, "null"))
		return true;
	return slot_bytes(slot, bytes);
}

static bool
read_bytes(struct reader *reader, const struct slot *slot)
{
	struct slice bytes;

	if (!read_sized(reader, &bytes))
		return cut_short(reader, slot->place);
	if (slot->field->type == FIELD_TEXT)
		return read_text(reader, slot, bytes);
	if (slot->field->type == FIELD_RAW)
		return read_raw(reader, slot, bytes);
	return slot_bytes(slot, bytes);
}

static bool
read_integer(struct reader *reader, const struct slot *slot)
{
	uint64_t zigzag;

	if (!read_varint(reader, &zigzag))
		return cut_short(reader, slot->place);
	return slot_integer(slot,
	    (int64_t)(zigzag >> 1 ^ ((zigzag & 1) != 0 ? UINT64_MAX : 0)));
}

static bool
read_real(struct reader *reader, const struct slot *slot)
{
	double value;
	char text[32];

	if (!read_double(reader, &value))
		return cut_short(reader, slot->place);
	snprintf(text, sizeof(text), "%.15g", value);
	return slot_number(slot, value, slice_of(text));
}

static bool
read_flag(struct reader *reader, const struct slot *slot)
{
	struct slice byte;

	if (!read_slice(reader, 1, &byte) || (unsigned char)byte.data[0] > 1)
		return cut_short(reader, slot->place);
	return slot_flag(slot, byte.data[0] == 1);
}

static bool
read_inner(struct reader *reader, const struct message *message,
    const struct place *place, void *value)
{
	struct reader inner = *reader;

	inner.depth++;
	if (inner.depth > DEPTH_MOST || !read_sized(reader, &inner.left))
		return cut_short(reader, place);
	return read_message(&inner, message, place, value);
}

static bool
read_texts(struct reader *reader, const struct slot *slot, const char **items,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct place place = place_item(slot->place, i);
		struct slot item = *slot;
		struct slice bytes;

		item.place = &place;
		if (!read_sized(reader, &bytes))
			return cut_short(reader, &place);
		if (utf8_valid(bytes) < bytes.size)
			return place_fault(&place, reader->err, "is not UTF-8");
		items[i] = slot_copy(&item, bytes);
		if (items[i] == NULL)
			return false;
	}
	return true;
}

/* NaN stands for null; infinities are as foreign here as in JSON. */
static bool
read_reals(struct reader *reader, const struct slot *slot, double *items,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct place place = place_item(slot->place, i);

		if (!read_double(reader, &items[i]))
			return cut_short(reader, &place);
		if (isinf(items[i]))
			return place_fault(&place, reader->err, "is too large");
	}
	return true;
}

static bool
read_many(struct reader *reader, const struct slot *slot, char *items,
    size_t count)
{
	const struct message *message = slot->field->message;

	for (size_t i = 0; i < count; i++) {
		struct place place = place_item(slot->place, i);

		if (!read_inner(reader, message, &place,
			items + i * message->size))
			return false;
	}
	return true;
}

/* Fewest bytes and size in C of a list's item. */
static void
item_sizes(const struct field *field, size_t *bytes, size_t *size)
{
	*bytes = field->type == FIELD_REALS ? sizeof(double)
	    : field->type == FIELD_MANY     ? 2
					    : 1;
	*size = field->type == FIELD_REALS ? sizeof(double)
	    : field->type == FIELD_MANY    ? field->message->size
					   : sizeof(const char *);
}

static bool
read_list(struct reader *reader, const struct slot *slot)
{
	size_t least_bytes, size;
	uint64_t count;
	void *items;

	item_sizes(slot->field, &least_bytes, &size);
	if (!read_varint(reader, &count) ||
	    count > reader->left.size / least_bytes)
		return cut_short(reader, slot->place);
	items = slot_array(slot, count, size);
	if (items == NULL)
		return false;
	if (slot->field->type == FIELD_MANY)
		return read_many(reader, slot, items, count);
	if (slot->field->type == FIELD_TEXTS)
		return read_texts(reader, slot, items, count);
	return read_reals(reader, slot, items, count);
}

static bool
read_field(struct reader *reader, const struct slot *slot)
{
	switch (slot->field->type) {
	case FIELD_TEXT:
	case FIELD_RAW:
	case FIELD_BYTES:
		return read_bytes(reader, slot);
	case FIELD_INTEGER:
	case FIELD_TIME:
	case FIELD_DAY:
	case FIELD_CHOICE:
		return read_integer(reader, slot);
	case FIELD_REAL:
		return read_real(reader, slot);
	case FIELD_FLAG:
		return read_flag(reader, slot);
	case FIELD_ONE:
		return read_inner(reader, slot->field->message, slot->place,
		    slot_message(slot));
	case FIELD_MANY:
	case FIELD_TEXTS:
	case FIELD_REALS:
		break;
	}
	return read_list(reader, slot);
}

/* `present` says what the writer gave; fields it did not know are absent. */
static bool
read_fields(struct reader *reader, const struct message *message,
    struct slice present, const struct place *up, void *value)
{
	struct fields fields = message->fields();

	for (size_t i = 0; i < fields.count; i++) {
		const struct field *field = &fields.rows[i];
		struct place place = place_member(up, slice_of(field->name));
		struct slot slot = { field, value, &place, reader->arena,
			reader->err };
		bool is_given = i / 8 < present.size &&
		    ((unsigned char)present.data[i / 8] >> i % 8 & 1) != 0;

		if (!is_given && field->presence == REQUIRED)
			return place_fault(&place, reader->err, "is missing");
		if (is_given && !read_field(reader, &slot))
			return false;
	}
	return true;
}

/* Is nothing left that this reader should have known? */
static bool
is_at_end(const struct reader *reader, const struct message *message,
    uint64_t known)
{
	return known > message->fields().count || reader->left.size == 0;
}

static bool
read_message(struct reader *reader, const struct message *message,
    const struct place *place, void *value)
{
	struct slice present;
	uint64_t known;

	if (!read_varint(reader, &known) ||
	    known > (uint64_t)reader->left.size * 8 ||
	    !read_slice(reader, (known + 7) / 8, &present))
		return cut_short(reader, place);
	if (!read_fields(reader, message, present, place, value))
		return false;
	return is_at_end(reader, message, known) || cut_short(reader, place);
}

bool
binary_decode(const struct message *message, struct slice bytes,
    struct arena *arena, void *value, struct err *err)
{
	struct reader reader = { .left = bytes, .arena = arena, .err = err };

	err_clear(err);
	memset(value, 0, message->size);
	return read_message(&reader, message, NULL, value);
}
