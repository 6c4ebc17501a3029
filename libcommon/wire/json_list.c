/*
 * json_list.c - batches: one item at a time, so that a bad one is refused
 * alone.
 *
 * First the whole is walked, item by item, by quotes and brackets only; from
 * then on it is known where each item stands.  Then each is checked, parsed
 * and forgotten before the next, so memory does not grow with the batch.
 */
#include <string.h>

#include "base/utf8.h"
#include "wire/json_inner.h"
#include "wire/json_scan.h"

enum { ITEM_ARENA = 4096 };

struct list {
	const char *name;
	struct slice items; /* from [ to ]; data NULL: not there */
};

static bool
take(struct json_scan *scan, char wanted)
{
	json_scan_blanks(scan);
	if (scan->at == scan->end || *scan->at != wanted)
		return false;
	scan->at++;
	return true;
}

static bool
want(struct json_scan *scan, char wanted, const char *fault)
{
	if (take(scan, wanted))
		return true;
	scan->fault = fault;
	return false;
}

static bool
skip_item(struct json_scan *scan)
{
	const char *from;

	json_scan_blanks(scan);
	from = scan->at;
	if (!json_skip_value(scan))
		return false;
	if (scan->at == from)
		scan->fault = "a value is expected";
	return scan->at > from;
}

/* Step over the array, sure of its commas but not of what is between. */
static bool
skip_items(struct json_scan *scan, struct list *list)
{
	const char *from = scan->at++;

	if (!take(scan, ']')) {
		do {
			if (!skip_item(scan))
				return false;
		} while (take(scan, ','));
		if (!want(scan, ']', "a comma or ] is expected"))
			return false;
	}
	list->items = (struct slice){ from, (size_t)(scan->at - from) };
	return true;
}

static bool
scan_member(struct json_scan *scan, struct list *list)
{
	struct slice key;

	json_scan_blanks(scan);
	key.data = scan->at + 1;
	if (!json_scan_text(scan))
		return false;
	key.size = (size_t)(scan->at - key.data) - 1;
	if (!want(scan, ':', "a colon is expected"))
		return false;
	json_scan_blanks(scan);
	if (slice_is(key, list->name) && list->items.data == NULL &&
	    scan->at < scan->end && *scan->at == '[')
		return skip_items(scan, list);
	return json_scan_value(scan, 1);
}

/* Check all but the items and find where they are. */
static bool
find_list(struct json_scan *scan, struct list *list)
{
	if (!want(scan, '{', "an object is expected"))
		return false;
	if (!take(scan, '}')) {
		do {
			if (!scan_member(scan, list))
				return false;
		} while (take(scan, ','));
		if (!want(scan, '}', "a comma or } is expected"))
			return false;
	}
	json_scan_blanks(scan);
	if (scan->at < scan->end) {
		scan->fault = "nothing may follow the value";
		return false;
	}
	return true;
}

static bool
check_utf8(struct json_scan *scan, struct slice part)
{
	size_t valid = utf8_valid(part);

	if (valid == part.size)
		return true;
	scan->at = part.data + valid;
	scan->fault = "it is not UTF-8";
	return false;
}

/* Decode the message around the items, with null in their place. */
static bool
decode_around(const struct message *message, struct slice text,
    const struct list *list, struct arena *arena, void *value, struct err *err)
{
	const struct field *field = message_field(message, list->name);
	struct buf around = { 0 };
	const char *behind;
	bool is_good;

	if (list->items.data == NULL)
		return json_decode(message, text, JSON_STRICT, arena, value,
		    err);
	behind = list->items.data + list->items.size;
	buf_add(&around, text.data, (size_t)(list->items.data - text.data));
	buf_text(&around, "null");
	buf_add(&around, behind, (size_t)(text.data + text.size - behind));
	is_good = json_decode(message, buf_slice(&around), JSON_STRICT, arena,
	    value, err);
	buf_close(&around);
	if (is_good && (double)list->items.size > field->most)
		is_good = err_at(err, list->name, "is longer than %.0f bytes",
		    field->most);
	if (is_good)
		memset((char *)value + field->offset, 0, sizeof(struct slice));
	return is_good;
}

static bool
open_list(const struct message *message, struct slice text, struct list *list,
    struct arena *arena, void *value, struct err *err)
{
	struct json_scan scan = json_scan_of(text);
	const struct field *field = message_field(message, list->name);
	struct slice head = text, tail = { text.data + text.size, 0 };

	must(field != NULL && field->type == FIELD_RAW);
	if (find_list(&scan, list) && list->items.data != NULL) {
		const char *behind = list->items.data + list->items.size;

		head.size = (size_t)(list->items.data - text.data);
		tail.data = behind;
		tail.size = (size_t)(text.data + text.size - behind);
	}
	if (scan.fault != NULL || !check_utf8(&scan, head) ||
	    !check_utf8(&scan, tail))
		return err_set(err, ERR_MALFORMED, "byte %zu: %s",
		    (size_t)(scan.at - text.data) + 1, scan.fault);
	if (!decode_around(message, text, list, arena, value, err))
		return false;
	if (list->items.data == NULL && field->presence == REQUIRED)
		return err_at(err, list->name, "an array is wanted");
	return true;
}

static bool
take_items(struct json_decoder *decoder, const struct message *message,
    const struct list *list, json_take *take_item, void *user, struct err *err)
{
	struct json_scan parts = json_parts_of(list->items);
	struct place up = place_member(NULL, slice_of(list->name));
	struct json_item item = { .index = 0 };

	for (; json_next_part(&parts, NULL, &item.raw); item.index++) {
		struct place place = place_item(&up, item.index);
		void *value = arena_alloc(decoder->arena, message->size);
		bool is_good =
		    json_decode_at(decoder, message, item.raw, &place, value);

		item.value = is_good ? value : NULL;
		item.fault = is_good ? NULL : decoder->err;
		if (!take_item(user, &item, err))
			return false;
		arena_reset(decoder->arena);
	}
	return true;
}

bool
json_decode_list(const struct message *message, const char *name,
    const struct message *item, struct slice text, struct arena *arena,
    void *value, json_take *take_item, void *user, struct err *err)
{
	struct list list = { .name = name };
	struct arena scratch;
	struct err fault;
	struct json_decoder decoder = { .manner = JSON_STRICT,
		.arena = &scratch,
		.origin = text.data,
		.err = &fault };
	bool is_taken;

	err_clear(err);
	if (!open_list(message, text, &list, arena, value, err))
		return false;
	if (list.items.data == NULL)
		return true;
	arena_init(&scratch, ITEM_ARENA);
	is_taken = take_items(&decoder, item, &list, take_item, user, err);
	arena_close(&scratch);
	return is_taken;
}
