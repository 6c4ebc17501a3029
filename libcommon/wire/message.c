/* message.c - look-ups in the tables of messages. */
#include "wire/message.h"

#include <string.h>

static struct fields
nothing_fields(void)
{
	return (struct fields){ NULL, 0 };
}

const struct message nothing_message = { "nothing", "An empty body", 0,
	nothing_fields };

const struct field *
message_field(const struct message *message, const char *name)
{
	struct fields fields = message->fields();

	for (size_t i = 0; i < fields.count; i++)
		if (strcmp(fields.rows[i].name, name) == 0)
			return &fields.rows[i];
	return NULL;
}

int
choice_value(const struct choice *choice, const char *name)
{
	for (size_t i = 0; i < choice->count; i++)
		if (choice->names[i] != NULL &&
		    strcmp(choice->names[i], name) == 0)
			return (int)i;
	return -1;
}

static const void *
pointer_at(const void *value, size_t offset)
{
	const void *pointer;

	memcpy(&pointer, (const char *)value + offset, sizeof(pointer));
	return pointer;
}

bool
field_is_present(const struct field *field, const void *value)
{
	switch (field->type) {
	case FIELD_INTEGER:
	case FIELD_REAL:
	case FIELD_FLAG:
	case FIELD_TIME:
	case FIELD_DAY:
	case FIELD_CHOICE:
		return field->has_offset == 0 ||
		    *((const bool *)value + field->has_offset);
	case FIELD_TEXT:
	case FIELD_RAW:
	case FIELD_BYTES:
	case FIELD_ONE:
		must(field->presence == OPTIONAL || field->type == FIELD_RAW ||
		    field->type == FIELD_BYTES ||
		    pointer_at(value, field->offset) != NULL);
		return field->presence == REQUIRED ||
		    pointer_at(value, field->offset) != NULL;
	case FIELD_MANY:
	case FIELD_TEXTS:
	case FIELD_REALS:
		break;
	}
	return field->presence == REQUIRED ||
	    pointer_at(value, field->offset) != NULL;
}
