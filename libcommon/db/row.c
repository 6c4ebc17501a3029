/*
 * row.c - columns into the fields of a message's struct.
 *
 * Arrays come in PostgreSQL's binary form: dimensions, a null flag, the
 * items' type, then for the one dimension its length and first index, then
 * each item with its size (-1: null).
 */
#include "db/row.h"

#include <libpq-fe.h>
#include <math.h>
#include <string.h>

#include "wire/json.h"
#include "wire/json_scan.h"

/* In pg_type. */
enum { TYPE_INT2 = 21, TYPE_INT4 = 23, TYPE_TEXT = 25, TYPE_FLOAT8 = 701 };

/* One value on its way from a column to a field. */
struct reading {
	const struct db_result *result;
	size_t row;
	int column;
	const struct field *field;
	struct arena *arena;
	char *value;   /* where the field's value goes */
	size_t *count; /* where the number of items goes; NULL: no list */
};

static struct slice
bytes_of(const struct reading *in)
{
	return db_get_bytes(in->result, in->row, in->column);
}

static bool
read_choice(const struct reading *in, struct err *err)
{
	const struct choice *choice = in->field->choice;
	Oid type = PQftype(in->result->rows, in->column);
	int value;

	if (type == TYPE_INT2 || type == TYPE_INT4) {
		int64_t number =
		    db_get_integer(in->result, in->row, in->column);

		value = number < (int64_t)choice->count ? (int)number : -1;
	} else {
		value = choice_value(choice,
		    db_get_text(in->result, in->row, in->column, in->arena));
	}
	if (value < 0)
		return err_set(err, ERR_INTERNAL,
		    "column %s holds none of its choices", in->field->name);
	memcpy(in->value, &value, sizeof(value));
	return true;
}

static void
read_slice(const struct reading *in)
{
	struct slice bytes = bytes_of(in);

	bytes.data = arena_text(in->arena, bytes.data, bytes.size);
	memcpy(in->value, &bytes, sizeof(bytes));
}

/* The codec's words would quote the value. */
static bool
decode(const struct reading *in, struct slice text, void *value,
    struct err *err)
{
	return json_decode(in->field->message, text, JSON_LENIENT, in->arena,
		   value, err) ||
	    err_set(err, ERR_INTERNAL, "column %s does not hold a %s",
		in->field->name, in->field->message->name);
}

static bool
read_one(const struct reading *in, struct err *err)
{
	void *one = arena_alloc(in->arena, in->field->message->size);

	memcpy(in->value, &one, sizeof(one));
	return decode(in, bytes_of(in), one, err);
}

static bool
read_many(const struct reading *in, struct err *err)
{
	size_t size = in->field->message->size;
	struct slice text = bytes_of(in);
	struct json_scan parts;
	struct slice part;
	char *items;

	if (text.size == 0 || text.data[0] != '[')
		return err_set(err, ERR_INTERNAL, "column %s is no array",
		    in->field->name);
	for (parts = json_parts_of(text); json_next_part(&parts, NULL, &part);)
		++*in->count;
	items = arena_array(in->arena, *in->count, size);
	memcpy(in->value, &items, sizeof(items));
	parts = json_parts_of(text);
	for (; json_next_part(&parts, NULL, &part); items += size)
		if (!decode(in, part, items, err))
			return false;
	return true;
}

struct array {
	struct slice rest; /* items not yet taken */
	size_t count;
};

static uint64_t
take_be(struct slice *rest, size_t size)
{
	uint64_t value = 0;

	must(rest->size >= size);
	for (size_t i = 0; i < size; i++)
		value = value << 8 | (unsigned char)rest->data[i];
	rest->data += size;
	rest->size -= size;
	return value;
}

static bool
open_array(const struct reading *in, uint32_t type, struct array *array,
    struct err *err)
{
	uint64_t dimensions;

	array->rest = bytes_of(in);
	array->count = 0;
	dimensions = take_be(&array->rest, 4);
	take_be(&array->rest, 4);
	must(take_be(&array->rest, 4) == type);
	if (dimensions > 1)
		return err_set(err, ERR_INTERNAL,
		    "column %s has more than one dimension", in->field->name);
	if (dimensions == 1) {
		array->count = take_be(&array->rest, 4);
		take_be(&array->rest, 4);
	}
	return true;
}

/* False: the item is null. */
static bool
next_item(struct array *array, struct slice *item)
{
	uint64_t size = take_be(&array->rest, 4);

	if (size == UINT32_MAX)
		return false;
	must(size <= array->rest.size);
	*item = (struct slice){ array->rest.data, size };
	array->rest.data += size;
	array->rest.size -= size;
	return true;
}

static bool
read_texts(const struct reading *in, struct err *err)
{
	struct array array;
	const char **items;
	struct slice item;

	if (!open_array(in, TYPE_TEXT, &array, err))
		return false;
	items = arena_array(in->arena, array.count, sizeof(*items));
	for (size_t i = 0; i < array.count; i++) {
		if (!next_item(&array, &item))
			return err_set(err, ERR_INTERNAL,
			    "column %s holds a null item", in->field->name);
		items[i] = arena_text(in->arena, item.data, item.size);
	}
	memcpy(in->value, &items, sizeof(items));
	*in->count = array.count;
	return true;
}

static bool
read_reals(const struct reading *in, struct err *err)
{
	struct array array;
	struct slice item;
	double *items;

	if (!open_array(in, TYPE_FLOAT8, &array, err))
		return false;
	items = arena_array(in->arena, array.count, sizeof(*items));
	for (size_t i = 0; i < array.count; i++) {
		uint64_t bits;

		items[i] = NAN;
		if (!next_item(&array, &item))
			continue;
		bits = take_be(&item, 8);
		memcpy(&items[i], &bits, sizeof(bits));
	}
	memcpy(in->value, &items, sizeof(items));
	*in->count = array.count;
	return true;
}

/* Values that cannot fail. */
static void
read_plain(const struct reading *in)
{
	const struct db_result *result = in->result;
	union {
		const char *text;
		int64_t integer;
		double real;
		bool flag;
		int32_t day;
	} value;
	size_t size = 0;

	if (in->field->type == FIELD_TEXT) {
		value.text =
		    db_get_text(result, in->row, in->column, in->arena);
		size = sizeof(value.text);
	} else if (in->field->type == FIELD_INTEGER) {
		value.integer = db_get_integer(result, in->row, in->column);
		size = sizeof(value.integer);
	} else if (in->field->type == FIELD_REAL) {
		value.real = db_get_real(result, in->row, in->column);
		size = sizeof(value.real);
	} else if (in->field->type == FIELD_FLAG) {
		value.flag = db_get_flag(result, in->row, in->column);
		size = sizeof(value.flag);
	} else if (in->field->type == FIELD_TIME) {
		value.integer = db_get_time(result, in->row, in->column);
		size = sizeof(value.integer);
	} else if (in->field->type == FIELD_DAY) {
		value.day = db_get_day(result, in->row, in->column);
		size = sizeof(value.day);
	}
	must(size > 0);
	memcpy(in->value, &value, size);
}

static bool
read_value(const struct reading *in, struct err *err)
{
	switch (in->field->type) {
	case FIELD_TEXT:
	case FIELD_INTEGER:
	case FIELD_REAL:
	case FIELD_FLAG:
	case FIELD_TIME:
	case FIELD_DAY:
		read_plain(in);
		return true;
	case FIELD_CHOICE:
		return read_choice(in, err);
	case FIELD_RAW:
	case FIELD_BYTES:
		read_slice(in);
		return true;
	case FIELD_ONE:
		return read_one(in, err);
	case FIELD_MANY:
		return read_many(in, err);
	case FIELD_TEXTS:
		return read_texts(in, err);
	case FIELD_REALS:
		return read_reals(in, err);
	}
	must(!"a field of no type");
	return false;
}

/* What all rows of an answer have in common. */
struct table {
	const struct db_result *result;
	struct fields fields;
	int *columns; /* of each field; -1: none */
	struct arena *arena;
};

static struct table
table_of(const struct db_result *result, const struct message *message,
    struct arena *arena)
{
	struct fields fields = message->fields();
	int *columns = arena_array(arena, fields.count, sizeof(*columns));

	for (size_t i = 0; i < fields.count; i++) {
		columns[i] = PQfnumber(result->rows, fields.rows[i].name);
		must(columns[i] >= 0 || fields.rows[i].presence == OPTIONAL);
	}
	return (struct table){ result, fields, columns, arena };
}

static bool
read_field(const struct reading *in, char *value, struct err *err)
{
	const struct field *field = in->field;

	if (db_is_null(in->result, in->row, in->column))
		return field->presence == OPTIONAL ||
		    err_set(err, ERR_INTERNAL, "column %s is null",
			field->name);
	if (!read_value(in, err))
		return false;
	if (field->has_offset != 0)
		*(bool *)(value + field->has_offset) = true;
	return true;
}

static bool
read_row(const struct table *table, size_t row, char *value, struct err *err)
{
	for (size_t i = 0; i < table->fields.count; i++) {
		const struct field *field = &table->fields.rows[i];
		struct reading in = { .result = table->result,
			.row = row,
			.column = table->columns[i],
			.field = field,
			.arena = table->arena,
			.value = value + field->offset };

		if (field->count_offset != 0)
			in.count = (void *)(value + field->count_offset);
		if (in.column >= 0 && !read_field(&in, value, err))
			return false;
	}
	return true;
}

bool
row_read(const struct db_result *result, size_t row,
    const struct message *message, struct arena *arena, void *value,
    struct err *err)
{
	struct table table = table_of(result, message, arena);

	memset(value, 0, message->size);
	return read_row(&table, row, value, err);
}

bool
rows_read(const struct db_result *result, const struct message *message,
    struct arena *arena, void **values, size_t *count, struct err *err)
{
	struct table table = table_of(result, message, arena);
	char *items = arena_array(arena, result->row_count, message->size);

	for (size_t row = 0; row < result->row_count; row++)
		if (!read_row(&table, row, items + row * message->size, err))
			return false;
	*values = items;
	*count = result->row_count;
	return true;
}

bool
db_read_one(struct db *db, const struct query *query, struct db_args args,
    const struct message *message, struct arena *arena, void *value,
    struct err *err)
{
	struct db_result result;
	bool ok;

	must(query->kind == QUERY_ONE);
	if (!db_query(db, query, args, &result, err))
		return false;
	ok = row_read(&result, 0, message, arena, value, err) ||
	    err_in(err, "query %s", query->name);
	db_result_close(&result);
	return ok;
}

bool
db_read_many(struct db *db, const struct query *query, struct db_args args,
    const struct message *message, struct arena *arena, void **values,
    size_t *count, struct err *err)
{
	struct db_result result;
	bool ok;

	if (!db_query(db, query, args, &result, err))
		return false;
	ok = rows_read(&result, message, arena, values, count, err) ||
	    err_in(err, "query %s", query->name);
	db_result_close(&result);
	return ok;
}
