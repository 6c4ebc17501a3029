/* query.c - names and values behind the question mark. */
#include "wire/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "wire/json_scan.h"
#include "wire/slot.h"

enum { FIELDS_MOST = 128 };

enum plus { PLUS_IS_PLUS, PLUS_IS_BLANK };

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that %XX stands for; -1 when it is broken or a NUL. */
static int
escaped(struct slice text, size_t i)
{
	int high, low;

	if (text.size - i < 3)
		return -1;
	high = hex_digit(text.data[i + 1]);
	low = hex_digit(text.data[i + 2]);
	if (high == -1 || low == -1 || high + low == 0)
		return -1;
	return high * 16 + low;
}

/* NULL when it cannot be. */
static const char *
unescape(struct slice text, enum plus plus, struct arena *arena)
{
	char *plain = arena_alloc(arena, text.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		int byte = (unsigned char)text.data[i];

		if (byte == '%') {
			byte = escaped(text, i);
			i += 2;
		}
		if (byte <= 0)
			return NULL;
		plain[size++] =
		    byte == '+' && plus == PLUS_IS_BLANK && text.data[i] == '+'
		    ? ' '
		    : (char)byte;
	}
	return utf8_valid((struct slice){ plain, size }) == size ? plain : NULL;
}

bool
query_unescape(struct slice text, struct arena *arena, const char **plain,
    struct err *err)
{
	*plain = unescape(text, PLUS_IS_PLUS, arena);
	if (*plain == NULL)
		return err_set(err, ERR_MALFORMED,
		    "the address holds a broken escape or is not UTF-8");
	return true;
}

void
query_escape(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.data[i];
		unsigned char lower = c | 32;

		if ((c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') ||
		    (c != '\0' && strchr("-._~", c) != NULL))
			buf_byte(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static bool
decode_number(const struct slot *slot, struct slice text)
{
	struct json_scan scan = json_scan_of(text);

	if (text.size == 0 || strchr("-0123456789", text.data[0]) == NULL ||
	    !json_scan_whole(&scan))
		return place_fault(slot->place, slot->err,
		    "%s is wanted, not \"%.*s\"", slot_wanted(slot->field),
		    (int)utf8_cut(text, 40), text.data);
	return slot_number(slot, strtod(text.data, NULL), text);
}

static bool
decode_flag(const struct slot *slot, struct slice text)
{
	if (slice_is(text, "true") || slice_is(text, "false"))
		return slot_flag(slot, slice_is(text, "true"));
	return place_fault(slot->place, slot->err,
	    "true or false is wanted, not \"%.*s\"", (int)utf8_cut(text, 40),
	    text.data);
}

/* a,b,c */
static bool
decode_texts(const struct slot *slot, struct slice text)
{
	const char *at = text.data, *end = text.data + text.size;
	const char **items;
	size_t count = 1;

	for (size_t i = 0; i < text.size; i++)
		count += text.data[i] == ',';
	items = slot_array(slot, count, sizeof(*items));
	if (items == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t size = strcspn(at, ",");

		items[i] = arena_text(slot->arena, at, size);
		at += size + (at + size < end ? 1 : 0);
	}
	return true;
}

static bool
decode_value(const struct slot *slot, struct slice text)
{
	switch (slot->field->type) {
	case FIELD_TEXT:
	case FIELD_TIME:
	case FIELD_DAY:
	case FIELD_CHOICE:
	case FIELD_BYTES:
		return slot_text(slot, text);
	case FIELD_INTEGER:
	case FIELD_REAL:
		return decode_number(slot, text);
	case FIELD_FLAG:
		return decode_flag(slot, text);
	case FIELD_TEXTS:
		return decode_texts(slot, text);
	case FIELD_RAW:
	case FIELD_ONE:
	case FIELD_MANY:
	case FIELD_REALS:
		break;
	}
	must(!"a query has scalar fields only");
	return false;
}

static void
decode_pair(const struct message *message, bool seen[FIELDS_MOST],
    const struct slot *given, struct slice pair)
{
	const char *equals = memchr(pair.data, '=', pair.size);
	size_t name_size =
	    equals != NULL ? (size_t)(equals - pair.data) : pair.size;
	struct slice rest = { pair.data + pair.size, 0 };
	const char *name = unescape((struct slice){ pair.data, name_size },
	    PLUS_IS_BLANK, given->arena);
	const char *value;
	struct slot slot = *given;
	struct place place;

	if (equals != NULL)
		rest = (struct slice){ equals + 1, pair.size - name_size - 1 };
	value = unescape(rest, PLUS_IS_BLANK, given->arena);
	if (name == NULL || value == NULL) {
		err_set(given->err, ERR_MALFORMED,
		    "the query holds a broken escape or is not UTF-8");
		return;
	}
	if (name[0] == '\0') {
		err_set(given->err, ERR_MALFORMED,
		    "the query holds a value without a name");
		return;
	}
	place = place_member(NULL, slice_of(name));
	slot.place = &place;
	slot.field = message_field(message, name);
	if (slot.field == NULL)
		place_fault(&place, slot.err, "is not known here");
	else if (seen[slot.field - message->fields().rows])
		place_fault(&place, slot.err, "is given twice");
	else if (decode_value(&slot, slice_of(value)))
		seen[slot.field - message->fields().rows] = true;
}

bool
query_decode(const struct message *message, struct slice query,
    struct arena *arena, void *value, struct err *err)
{
	struct slot slot = { .value = value, .arena = arena, .err = err };
	struct fields fields = message->fields();
	const char *at = query.data, *end = query.data + query.size;
	bool seen[FIELDS_MOST] = { false };

	must(fields.count <= FIELDS_MOST);
	err_clear(err);
	memset(value, 0, message->size);
	while (at < end && err->code != ERR_MALFORMED) {
		const char *amp = memchr(at, '&', (size_t)(end - at));
		const char *stop = amp != NULL ? amp : end;

		if (stop > at)
			decode_pair(message, seen, &slot,
			    (struct slice){ at, (size_t)(stop - at) });
		at = stop + 1;
	}
	for (size_t i = 0; i < fields.count && err->code == ERR_NONE; i++)
		if (fields.rows[i].presence == REQUIRED && !seen[i])
			err_at(err, fields.rows[i].name, "is missing");
	return err->code == ERR_NONE;
}
