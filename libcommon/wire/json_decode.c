/*
 * json_decode.c - JSON text to a message's struct.
 *
 * The text is checked by json_scan first, parsed by cJSON, and walked twice
 * at once: cJSON's nodes give unescaped texts and numbers, json_next_part()
 * gives where each stood.  cJSON's tree is gone before this returns.  (The
 * one thing cJSON shares between threads, its last error's place, is only
 * ever cleared here: what json_scan passed, cJSON parses.)
 */
#include "wire/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "wire/json_inner.h"
#include "wire/json_scan.h"
#include "wire/slot.h"

enum { FIELDS_MOST = 128 };

/* A message being filled. */
struct object {
	struct fields fields;
	void *value;
	const struct place *place;
	size_t next; /* the row that probably comes now */
	bool seen[FIELDS_MOST];
};

static void decode_object(struct json_decoder *decoder,
    const struct message *message, const cJSON *json, struct slice source,
    const struct place *place, void *value);

static const char *
kind_of(const cJSON *json)
{
	if (cJSON_IsString(json))
		return "a text";
	if (cJSON_IsNumber(json))
		return "a number";
	if (cJSON_IsBool(json))
		return "true or false";
	if (cJSON_IsNull(json))
		return "null";
	return cJSON_IsArray(json) ? "an array" : "an object";
}

/* Is there an escaped NUL?  cJSON would end the text there. */
static bool
has_nul(struct slice source)
{
	const char *at = source.data, *end = source.data + source.size;

	while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
		if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0)
			return true;
		at += 2; /* an escaped backslash hides what follows it */
	}
	return false;
}

static bool
refuse_kind(const struct slot *slot, const cJSON *json)
{
	return place_fault(slot->place, slot->err, "%s is wanted, not %s",
	    slot_wanted(slot->field), kind_of(json));
}

static bool
decode_text(const struct slot *slot, const cJSON *json, struct slice source)
{
	if (!cJSON_IsString(json))
		return refuse_kind(slot, json);
	if (has_nul(source))
		return place_fault(slot->place, slot->err,
		    "holds a NUL character");
	return slot_text(slot, slice_of(json->valuestring));
}

static bool
decode_many(struct json_decoder *decoder, const struct slot *slot,
    const cJSON *json, struct slice source)
{
	const struct message *message = slot->field->message;
	struct json_scan parts = json_parts_of(source);
	char *items =
	    slot_array(slot, (size_t)cJSON_GetArraySize(json), message->size);
	struct slice part;
	size_t i = 0;

	if (items == NULL)
		return false;
	for (json = json->child; json_next_part(&parts, NULL, &part);
	     json = json->next) {
		struct place place = place_item(slot->place, i);

		decode_object(decoder, message, json, part, &place,
		    items + i * message->size);
		i++;
	}
	return true;
}

static bool
decode_texts(const struct slot *slot, const cJSON *json, struct slice source)
{
	struct json_scan parts = json_parts_of(source);
	const char **items =
	    slot_array(slot, (size_t)cJSON_GetArraySize(json), sizeof(*items));
	struct slice part;
	size_t i = 0;

	if (items == NULL)
		return false;
	for (json = json->child; json_next_part(&parts, NULL, &part);
	     json = json->next) {
		struct place place = place_item(slot->place, i);

		if (!cJSON_IsString(json))
			place_fault(&place, slot->err,
			    "a text is wanted, not %s", kind_of(json));
		else if (has_nul(part))
			place_fault(&place, slot->err, "holds a NUL character");
		else
			items[i] = arena_copy(slot->arena, json->valuestring);
		i++;
	}
	return true;
}

static bool
decode_reals(const struct slot *slot, const cJSON *json)
{
	double *items =
	    slot_array(slot, (size_t)cJSON_GetArraySize(json), sizeof(*items));
	size_t i = 0;

	if (items == NULL)
		return false;
	for (json = json->child; json != NULL; json = json->next) {
		struct place place = place_item(slot->place, i);

		items[i++] =
		    cJSON_IsNull(json) ? (double)NAN : json->valuedouble;
		if (!cJSON_IsNull(json) && !cJSON_IsNumber(json))
			place_fault(&place, slot->err,
			    "a number is wanted, not %s", kind_of(json));
		else if (isinf(items[i - 1]))
			place_fault(&place, slot->err, "is too large");
	}
	return true;
}

static bool
decode_list(struct json_decoder *decoder, const struct slot *slot,
    const cJSON *json, struct slice source)
{
	if (!cJSON_IsArray(json))
		return refuse_kind(slot, json);
	if (slot->field->type == FIELD_MANY)
		return decode_many(decoder, slot, json, source);
	if (slot->field->type == FIELD_TEXTS)
		return decode_texts(slot, json, source);
	return decode_reals(slot, json);
}

static bool
decode_one(struct json_decoder *decoder, const struct slot *slot,
    const cJSON *json, struct slice source)
{
	if (!cJSON_IsObject(json))
		return refuse_kind(slot, json);
	decode_object(decoder, slot->field->message, json, source, slot->place,
	    slot_message(slot));
	return true;
}

static bool
decode_field(struct json_decoder *decoder, const struct slot *slot,
    const cJSON *json, struct slice source)
{
	switch (slot->field->type) {
	case FIELD_TEXT:
	case FIELD_TIME:
	case FIELD_DAY:
	case FIELD_CHOICE:
	case FIELD_BYTES:
		return decode_text(slot, json, source);
	case FIELD_INTEGER:
	case FIELD_REAL:
		return cJSON_IsNumber(json)
		    ? slot_number(slot, json->valuedouble, source)
		    : refuse_kind(slot, json);
	case FIELD_FLAG:
		return cJSON_IsBool(json)
		    ? slot_flag(slot, cJSON_IsTrue(json) != 0)
		    : refuse_kind(slot, json);
	case FIELD_RAW:
		return slot_bytes(slot, source);
	case FIELD_ONE:
		return decode_one(decoder, slot, json, source);
	case FIELD_MANY:
	case FIELD_TEXTS:
	case FIELD_REALS:
		break;
	}
	return decode_list(decoder, slot, json, source);
}

static bool
is_named(const struct field *field, struct slice name)
{
	return name.size > 0 && field->name[0] == name.data[0] &&
	    strncmp(field->name, name.data, name.size) == 0 &&
	    field->name[name.size] == '\0';
}

/* The row for a key; the search begins behind the row found last, because
 * writers keep to an order.  The count of rows when there is none. */
static size_t
find_row(struct object *object, struct slice name)
{
	size_t count = object->fields.count;

	for (size_t i = 0; i < count; i++) {
		size_t row = object->next + i;

		row = row < count ? row : row - count;
		if (is_named(&object->fields.rows[row], name)) {
			object->next = row + 1;
			return row;
		}
	}
	return count;
}

static void
decode_member(struct json_decoder *decoder, struct object *object,
    const cJSON *json, struct slice key, struct slice source)
{
	struct slice name = has_nul(key) ? key : slice_of(json->string);
	struct place place = place_member(object->place, name);
	size_t row = find_row(object, name);
	struct slot slot = { .value = object->value,
		.place = &place,
		.arena = decoder->arena,
		.err = decoder->err };

	if (row == object->fields.count) {
		if (decoder->manner == JSON_STRICT)
			place_fault(&place, decoder->err, "is not known here");
		return;
	}
	slot.field = &object->fields.rows[row];
	if (object->seen[row]) {
		place_fault(&place, decoder->err, "is given twice");
		return;
	}
	object->seen[row] = true;
	if (cJSON_IsNull(json) && slot.field->presence == OPTIONAL)
		return;
	(void)decode_field(decoder, &slot, json, source);
}

static void
refuse_missing(struct json_decoder *decoder, const struct object *object)
{
	for (size_t i = 0; i < object->fields.count; i++) {
		const struct field *field = &object->fields.rows[i];
		struct place place =
		    place_member(object->place, slice_of(field->name));

		if (field->presence == REQUIRED && !object->seen[i])
			place_fault(&place, decoder->err, "is missing");
	}
}

static void
decode_object(struct json_decoder *decoder, const struct message *message,
    const cJSON *json, struct slice source, const struct place *place,
    void *value)
{
	struct object object = { .fields = message->fields(),
		.value = value,
		.place = place };
	struct json_scan parts;
	struct slice key, part;

	must(object.fields.count <= FIELDS_MOST);
	if (!cJSON_IsObject(json)) {
		place_fault(place, decoder->err, "an object is wanted, not %s",
		    kind_of(json));
		return;
	}
	parts = json_parts_of(source);
	for (json = json->child; json_next_part(&parts, &key, &part);
	     json = json->next)
		decode_member(decoder, &object, json, key, part);
	refuse_missing(decoder, &object);
}

/* Say where in the whole text the scan stopped, counted from 1. */
static bool
refuse_text(struct json_decoder *decoder, const struct json_scan *scan,
    const struct place *place)
{
	size_t byte = (size_t)(scan->at - decoder->origin) + 1;

	if (place == NULL)
		return err_set(decoder->err, ERR_MALFORMED, "byte %zu: %s",
		    byte, scan->fault);
	decoder->err->code = ERR_MALFORMED;
	return place_fault(place, decoder->err, "byte %zu: %s", byte,
	    scan->fault);
}

bool
json_decode_at(struct json_decoder *decoder, const struct message *message,
    struct slice text, const struct place *place, void *value)
{
	struct json_scan scan = json_scan_of(text);
	cJSON *json;

	err_clear(decoder->err);
	memset(value, 0, message->size);
	if (!json_scan_whole(&scan))
		return refuse_text(decoder, &scan, place);
	json = cJSON_ParseWithLengthOpts(text.data, text.size, NULL, 0);
	must(json != NULL);
	decode_object(decoder, message, json, text, place, value);
	cJSON_Delete(json);
	return decoder->err->code == ERR_NONE;
}

bool
json_decode(const struct message *message, struct slice text,
    enum json_manner manner, struct arena *arena, void *value, struct err *err)
{
	struct json_decoder decoder = { .manner = manner,
		.arena = arena,
		.origin = text.data,
		.err = err };

	return json_decode_at(&decoder, message, text, NULL, value);
}
