/* example.c - a message with every field filled, as a first golden file. */
#include "proto/print/print.h"

#include "base/arena.h"
#include "base/clock.h"
#include "wire/json.h"

enum { DEPTH_MOST = 8 };

static void fill(const struct message *message, void *value,
    struct arena *arena, int depth);

static char *
text_for(const struct field *field, struct arena *arena)
{
	char *text = arena_copy(arena, field->name);
	size_t size = slice_of(text).size;

	if ((double)size > field->most)
		text[(size_t)field->most] = '\0';
	else if ((double)size < field->least)
		text = arena_printf(arena, "%0*d", (int)field->least, 0);
	return text;
}

static double
number_for(const struct field *field)
{
	if (field->least <= 1 && field->most >= 1)
		return field->type == FIELD_REAL && field->most > 0.5 ? 0.5 : 1;
	return field->least;
}

static void
fill_list(const struct field *field, char *value, struct arena *arena,
    int depth)
{
	void *items = NULL;
	size_t count = 1;

	if (field->type == FIELD_MANY) {
		items = arena_alloc(arena, field->message->size);
		fill(field->message, items, arena, depth + 1);
	} else if (field->type == FIELD_TEXTS) {
		const char **texts = arena_alloc(arena, sizeof(*texts));

		*texts = arena_copy(arena, "one");
		items = texts;
	} else {
		double *reals = arena_alloc(arena, sizeof(*reals));

		*reals = 0.5;
		items = reals;
	}
	*(void **)(void *)(value + field->offset) = items;
	*(size_t *)(void *)(value + field->count_offset) = count;
}

static void
fill_field(const struct field *field, char *value, struct arena *arena,
    int depth)
{
	void *at = value + field->offset;

	if (field->has_offset != 0)
		*(bool *)(value + field->has_offset) = true;
	switch (field->type) {
	case FIELD_TEXT:
		*(const char **)at = text_for(field, arena);
		break;
	case FIELD_INTEGER:
		*(int64_t *)at = (int64_t)number_for(field);
		break;
	case FIELD_REAL:
		*(double *)at = number_for(field);
		break;
	case FIELD_FLAG:
		*(bool *)at = true;
		break;
	case FIELD_TIME:
		*(int64_t *)at = 20484 * DAY_US + 8 * 3600 * SECOND_US;
		break;
	case FIELD_DAY:
		*(int32_t *)at = 20484;
		break;
	case FIELD_CHOICE:
		*(int *)at = 0;
		break;
	case FIELD_RAW:
		*(struct slice *)at = slice_of("{}");
		break;
	case FIELD_BYTES:
		*(struct slice *)at = slice_of("abc");
		break;
	case FIELD_ONE:
		*(void **)at = arena_alloc(arena, field->message->size);
		fill(field->message, *(void **)at, arena, depth + 1);
		break;
	case FIELD_MANY:
	case FIELD_TEXTS:
	case FIELD_REALS:
		fill_list(field, value, arena, depth);
		break;
	}
}

static void
fill(const struct message *message, void *value, struct arena *arena, int depth)
{
	struct fields fields = message->fields();

	for (size_t i = 0; i < fields.count; i++)
		if (fields.rows[i].presence == REQUIRED || depth < DEPTH_MOST)
			fill_field(&fields.rows[i], value, arena, depth);
}

void
print_example(const struct message *message, struct buf *out)
{
	struct buf json = { 0 };
	struct arena arena;
	void *value;

	arena_init(&arena, 4096);
	value = arena_alloc(&arena, message->size + 1);
	fill(message, value, &arena, 0);
	json_encode(message, value, &json);
	json_pretty(out, buf_slice(&json));
	buf_close(&json);
	arena_close(&arena);
}
