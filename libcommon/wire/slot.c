/* slot.c - check a value against its field's row and store it. */
#include "wire/slot.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/utf8.h"

enum { SHOWN_SIZE = 40 };

struct place
place_member(const struct place *up, struct slice name)
{
	return (struct place){ .up = up,
		.name = name.data,
		.name_size = name.size };
}

struct place
place_item(const struct place *up, size_t index)
{
	return (struct place){ .up = up, .index = index };
}

static void
print_place(const struct place *place, struct buf *out)
{
	if (place == NULL)
		return;
	print_place(place->up, out);
	if (place->name == NULL)
		buf_printf(out, "[%zu]", place->index);
	else
		buf_printf(out, "%s%.*s", place->up != NULL ? "." : "",
		    (int)utf8_cut(
			(struct slice){ place->name, place->name_size },
			SHOWN_SIZE),
		    place->name);
}

bool
place_fault(const struct place *place, struct err *err, const char *format, ...)
{
	char message[sizeof(err->places[0].message)];
	struct buf pointer = { 0 };
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	print_place(place, &pointer);
	err_at(err, pointer.data != NULL ? pointer.data : "", "%s", message);
	buf_close(&pointer);
	return false;
}

const char *
slot_wanted(const struct field *field)
{
	static const char *const words[] = {
		[FIELD_TEXT] = "a text",
		[FIELD_INTEGER] = "a whole number",
		[FIELD_REAL] = "a number",
		[FIELD_FLAG] = "true or false",
		[FIELD_TIME] = "a time such as 2026-01-31T08:00:00Z",
		[FIELD_DAY] = "a day such as 2026-01-31",
		[FIELD_CHOICE] = "a text",
		[FIELD_RAW] = "any value",
		[FIELD_BYTES] = "a base64 text",
		[FIELD_ONE] = "an object",
		[FIELD_MANY] = "an array of objects",
		[FIELD_TEXTS] = "an array of texts",
		[FIELD_REALS] = "an array of numbers",
	};

	return words[field->type];
}

static bool
store(const struct slot *slot, const void *what, size_t size)
{
	char *value = slot->value;

	memcpy(value + slot->field->offset, what, size);
	if (slot->field->has_offset != 0)
		*(bool *)(value + slot->field->has_offset) = true;
	return true;
}

/* A bound without digits it does not need. */
static const char *
print_bound(double bound, char text[32])
{
	snprintf(text, 32, "%.15g", bound);
	if (bound == floor(bound) && fabs(bound) < 1e16)
		snprintf(text, 32, "%.0f", bound);
	return text;
}

static bool
check_range(const struct slot *slot, double number, struct slice shown)
{
	const struct field *field = slot->field;
	char bound[32];
	int size = (int)utf8_cut(shown, SHOWN_SIZE);

	if (isnan(number))
		return place_fault(slot->place, slot->err, "is not a number");
	if (number < field->least)
		return place_fault(slot->place, slot->err, "%.*s is below %s",
		    size, shown.data, print_bound(field->least, bound));
	if (number > field->most)
		return place_fault(slot->place, slot->err, "%.*s is above %s",
		    size, shown.data, print_bound(field->most, bound));
	return true;
}

bool
slot_number(const struct slot *slot, double number, struct slice shown)
{
	int64_t whole;

	if (!check_range(slot, number, shown))
		return false;
	if (slot->field->type == FIELD_REAL)
		return store(slot, &number, sizeof(number));
	must(slot->field->type == FIELD_INTEGER);
	if (number != floor(number) || fabs(number) > 0x1p53)
		return place_fault(slot->place, slot->err,
		    "%.*s is not a whole number",
		    (int)utf8_cut(shown, SHOWN_SIZE), shown.data);
	whole = (int64_t)number;
	return store(slot, &whole, sizeof(whole));
}

bool
slot_flag(const struct slot *slot, bool flag)
{
	return store(slot, &flag, sizeof(flag));
}

/* "a, b, c": the names a choice has. */
static void
print_names(const struct choice *choice, struct buf *out)
{
	for (size_t i = 0; i < choice->count; i++)
		if (choice->names[i] != NULL)
			buf_printf(out, "%s%s", out->size > 0 ? ", " : "",
			    choice->names[i]);
}

static bool
store_choice(const struct slot *slot, struct slice text)
{
	int value = choice_value(slot->field->choice, text.data);
	struct buf names = { 0 };

	if (value != -1)
		return store(slot, &value, sizeof(value));
	print_names(slot->field->choice, &names);
	place_fault(slot->place, slot->err, "\"%.*s\" is not one of: %s",
	    (int)utf8_cut(text, SHOWN_SIZE), text.data, names.data);
	buf_close(&names);
	return false;
}

static bool
check_size(const struct slot *slot, size_t size)
{
	const struct field *field = slot->field;

	if (size == 0 && field->least > 0)
		return place_fault(slot->place, slot->err, "is empty");
	if ((double)size < field->least)
		return place_fault(slot->place, slot->err,
		    "is shorter than %.0f bytes", field->least);
	if ((double)size > field->most)
		return place_fault(slot->place, slot->err,
		    "is longer than %.0f bytes", field->most);
	return true;
}

const char *
slot_copy(const struct slot *slot, struct slice text)
{
	if (memchr(text.data, '\0', text.size) == NULL)
		return arena_text(slot->arena, text.data, text.size);
	place_fault(slot->place, slot->err, "holds a NUL character");
	return NULL;
}

static bool
store_text(const struct slot *slot, struct slice text)
{
	const char *copy;

	if (!check_size(slot, text.size))
		return false;
	copy = slot_copy(slot, text);
	return copy != NULL && store(slot, &copy, sizeof(copy));
}

static bool
store_time(const struct slot *slot, struct slice text)
{
	int64_t time;

	if (!clock_parse(text.data, &time))
		return place_fault(slot->place, slot->err,
		    "\"%.*s\" is not a time such as 2026-01-31T08:00:00Z",
		    (int)utf8_cut(text, SHOWN_SIZE), text.data);
	return store(slot, &time, sizeof(time));
}

static bool
store_day(const struct slot *slot, struct slice text)
{
	int32_t day;

	if (!day_parse(text.data, &day))
		return place_fault(slot->place, slot->err,
		    "\"%.*s\" is not a day such as 2026-01-31",
		    (int)utf8_cut(text, SHOWN_SIZE), text.data);
	return store(slot, &day, sizeof(day));
}

static bool
store_base64(const struct slot *slot, struct slice text)
{
	size_t room = text.size / 4 * 3 + 3;
	char *bytes = arena_alloc(slot->arena, room);
	size_t size;

	if (!base64_decode(text, bytes, &size))
		return place_fault(slot->place, slot->err, "is not base64");
	return slot_bytes(slot, (struct slice){ bytes, size });
}

bool
slot_text(const struct slot *slot, struct slice text)
{
	must(text.data[text.size] == '\0');
	switch (slot->field->type) {
	case FIELD_TEXT:
		return store_text(slot, text);
	case FIELD_TIME:
		return store_time(slot, text);
	case FIELD_DAY:
		return store_day(slot, text);
	case FIELD_CHOICE:
		return store_choice(slot, text);
	case FIELD_BYTES:
		return store_base64(slot, text);
	case FIELD_INTEGER:
	case FIELD_REAL:
	case FIELD_FLAG:
	case FIELD_RAW:
	case FIELD_ONE:
	case FIELD_MANY:
	case FIELD_TEXTS:
	case FIELD_REALS:
		break;
	}
	return place_fault(slot->place, slot->err, "%s is wanted, not a text",
	    slot_wanted(slot->field));
}

/* Times and days between these are what text can say. */
static bool
is_in_calendar(int64_t day)
{
	return day >= day_from_civil(1900, 1, 1) &&
	    day <= day_from_civil(2199, 12, 31);
}

static bool
store_coded(const struct slot *slot, int64_t number)
{
	const struct choice *choice = slot->field->choice;
	int32_t small = (int32_t)number;

	if (choice != NULL ? number < 0 || number >= (int64_t)choice->count ||
		    choice->names[number] == NULL
			   : !is_in_calendar(number))
		return place_fault(slot->place, slot->err,
		    "%lld stands for nothing", (long long)number);
	return store(slot, &small, sizeof(small));
}

bool
slot_integer(const struct slot *slot, int64_t number)
{
	char text[32];

	if (slot->field->type == FIELD_DAY || slot->field->type == FIELD_CHOICE)
		return store_coded(slot, number);
	if (slot->field->type == FIELD_TIME) {
		if (!is_in_calendar(day_of(number)))
			return place_fault(slot->place, slot->err,
			    "%lld is no time", (long long)number);
		return store(slot, &number, sizeof(number));
	}
	snprintf(text, sizeof(text), "%lld", (long long)number);
	return slot_number(slot, (double)number, slice_of(text));
}

bool
slot_bytes(const struct slot *slot, struct slice bytes)
{
	char *copy;

	if (!check_size(slot, bytes.size))
		return false;
	copy = arena_text(slot->arena, bytes.data, bytes.size);
	return store(slot, &(struct slice){ copy, bytes.size },
	    sizeof(struct slice));
}

void *
slot_array(const struct slot *slot, size_t count, size_t size)
{
	void *array;

	if ((double)count > slot->field->most) {
		place_fault(slot->place, slot->err,
		    "has %zu items, more than %.0f", count, slot->field->most);
		return NULL;
	}
	array = arena_array(slot->arena, count, size);
	store(slot, &array, sizeof(array));
	memcpy((char *)slot->value + slot->field->count_offset, &count,
	    sizeof(count));
	return array;
}

void *
slot_message(const struct slot *slot)
{
	void *message = arena_alloc(slot->arena, slot->field->message->size);

	store(slot, &message, sizeof(message));
	return message;
}
