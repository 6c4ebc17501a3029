/* schema.c - messages as JSON Schema. */
#include "proto/print/schema.h"

#include "wire/json.h"

void
schema_name(struct schemas *schemas, const struct message *message)
{
	struct fields fields = message->fields();

	for (size_t i = 0; i < schemas->count; i++)
		if (schemas->named[i] == message)
			return;
	must(schemas->count < SCHEMAS_MOST);
	schemas->named[schemas->count++] = message;
	for (size_t i = 0; i < fields.count; i++)
		if (fields.rows[i].message != NULL)
			schema_name(schemas, fields.rows[i].message);
}

void
schema_reference(struct buf *out, const struct message *message)
{
	buf_printf(out, "{\"$ref\":\"#/components/schemas/%s\"}",
	    message->name);
}

static void
add_bound(struct buf *out, const char *name, double bound)
{
	buf_printf(out, ",\"%s\":", name);
	json_real(out, bound);
}

static void
add_range(struct buf *out, const struct field *field)
{
	add_bound(out, "minimum", field->least);
	add_bound(out, "maximum", field->most);
}

static void
add_names(struct buf *out, const struct choice *choice)
{
	buf_text(out, ",\"enum\":[");
	for (size_t i = 0; i < choice->count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		json_text(out, slice_of(choice->names[i]));
	}
	buf_byte(out, ']');
}

/* The rows count bytes, schemas count characters: what is said here holds
 * for both. */
static void
add_text_range(struct buf *out, const struct field *field)
{
	if (field->least > 0)
		add_bound(out, "minLength", 1);
	add_bound(out, "maxLength", field->most);
}

static void
add_items(struct buf *out, const struct field *field)
{
	add_bound(out, "maxItems", field->most);
	buf_text(out, ",\"items\":");
	if (field->type == FIELD_MANY)
		schema_reference(out, field->message);
	else if (field->type == FIELD_TEXTS)
		buf_text(out, "{\"type\":\"string\"}");
	else
		buf_text(out, "{\"type\":[\"number\",\"null\"]}");
}

static void
add_type(struct buf *out, const struct field *field)
{
	static const char *const types[] = {
		[FIELD_TEXT] = "\"type\":\"string\"",
		[FIELD_INTEGER] = "\"type\":\"integer\",\"format\":\"int64\"",
		[FIELD_REAL] = "\"type\":\"number\",\"format\":\"double\"",
		[FIELD_FLAG] = "\"type\":\"boolean\"",
		[FIELD_TIME] = "\"type\":\"string\",\"format\":\"date-time\"",
		[FIELD_DAY] = "\"type\":\"string\",\"format\":\"date\"",
		[FIELD_CHOICE] = "\"type\":\"string\"",
		[FIELD_BYTES] = "\"type\":\"string\","
				"\"contentEncoding\":\"base64\"",
		[FIELD_MANY] = "\"type\":\"array\"",
		[FIELD_TEXTS] = "\"type\":\"array\"",
		[FIELD_REALS] = "\"type\":\"array\"",
	};

	if (types[field->type] != NULL)
		buf_printf(out, ",%s", types[field->type]);
	else if (field->type == FIELD_ONE)
		buf_printf(out, ",\"$ref\":\"#/components/schemas/%s\"",
		    field->message->name);
}

static void
add_limits(struct buf *out, const struct field *field)
{
	switch (field->type) {
	case FIELD_TEXT:
		add_text_range(out, field);
		break;
	case FIELD_INTEGER:
	case FIELD_REAL:
		add_range(out, field);
		break;
	case FIELD_CHOICE:
		add_names(out, field->choice);
		break;
	case FIELD_MANY:
	case FIELD_TEXTS:
	case FIELD_REALS:
		add_items(out, field);
		break;
	case FIELD_FLAG:
	case FIELD_TIME:
	case FIELD_DAY:
	case FIELD_RAW:
	case FIELD_BYTES:
	case FIELD_ONE:
		break;
	}
}

void
schema_field(struct buf *out, const struct field *field)
{
	buf_text(out, "{\"description\":");
	json_text(out, slice_of(field->help));
	add_type(out, field);
	add_limits(out, field);
	buf_byte(out, '}');
}

static void
add_required(struct buf *out, struct fields fields)
{
	const char *before = ",\"required\":[";

	for (size_t i = 0; i < fields.count; i++)
		if (fields.rows[i].presence == REQUIRED) {
			buf_text(out, before);
			json_text(out, slice_of(fields.rows[i].name));
			before = ",";
		}
	if (before[1] == '\0')
		buf_byte(out, ']');
}

static void
schema_message(struct buf *out, const struct message *message)
{
	struct fields fields = message->fields();

	buf_text(out, "{\"description\":");
	json_text(out, slice_of(message->help));
	buf_text(out, ",\"type\":\"object\"");
	add_required(out, fields);
	buf_text(out, ",\"properties\":{");
	for (size_t i = 0; i < fields.count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		json_text(out, slice_of(fields.rows[i].name));
		buf_byte(out, ':');
		schema_field(out, &fields.rows[i]);
	}
	buf_text(out, "}}");
}

void
schemas_print(struct buf *out, const struct schemas *schemas)
{
	for (size_t i = 0; i < schemas->count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		json_text(out, slice_of(schemas->named[i]->name));
		buf_byte(out, ':');
		schema_message(out, schemas->named[i]);
	}
}
