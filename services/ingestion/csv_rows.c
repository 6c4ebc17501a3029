/* csv_rows.c - a row becomes a JSON object, and the codec does the rest. */
#include "services/ingestion/csv_rows.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "wire/json.h"

static bool
check_wanted(const struct csv_columns *columns, const char *fixed,
    const struct csv_row *header, struct err *err)
{
	struct fields fields = columns->message->fields();

	for (size_t i = 0; i < fields.count; i++) {
		const char *name = fields.rows[i].name;

		if (fields.rows[i].presence == REQUIRED &&
		    (fixed == NULL || strcmp(name, fixed) != 0) &&
		    csv_column(header, name) < 0)
			(void)err_at(err, name, "this column is missing");
	}
	return err->place_count == 0;
}

bool
csv_columns_read(struct csv_columns *columns, const struct message *message,
    const struct message *other, const char *fixed,
    const struct csv_row *header, struct err *err)
{
	*columns =
	    (struct csv_columns){ .message = message, .count = header->count };
	err_clear(err);
	if (csv_has_semicolons(header))
		return err_at(err, header->fields[0], CSV_SEPARATOR);
	for (size_t i = 0; i < header->count; i++) {
		const char *name = header->fields[i];
		const struct field *field = message_field(message, name);

		columns->fields[i] = field;
		if (field == NULL &&
		    (other == NULL || message_field(other, name) == NULL))
			(void)err_at(err, name, "there is no such column");
		else if (csv_column(header, name) != (int)i)
			(void)err_at(err, name, "stands in the header twice");
		else if (fixed != NULL && strcmp(name, fixed) == 0)
			(void)err_at(err, name, "the file's name says this");
	}
	return err->place_count == 0 &&
	    check_wanted(columns, fixed, header, err);
}

/* RFC 8259's number. */
static bool
is_number(const char *p)
{
	p += *p == '-';
	if (!isdigit((unsigned char)*p))
		return false;
	if (*p == '0' && isdigit((unsigned char)p[1]))
		return false;
	while (isdigit((unsigned char)*p))
		p++;
	if (*p == '.') {
		if (!isdigit((unsigned char)*++p))
			return false;
		while (isdigit((unsigned char)*p))
			p++;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		if (!isdigit((unsigned char)*p))
			return false;
		while (isdigit((unsigned char)*p))
			p++;
	}
	return *p == '\0';
}

static void
add_flag(struct buf *json, const char *text)
{
	if (strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0 ||
	    strcmp(text, "1") == 0)
		buf_text(json, "true");
	else if (strcasecmp(text, "false") == 0 ||
	    strcasecmp(text, "no") == 0 || strcmp(text, "0") == 0)
		buf_text(json, "false");
	else
		json_text(json, slice_of(text));
}

static bool
is_numeric(const struct field *field)
{
	return field->type == FIELD_INTEGER || field->type == FIELD_REAL;
}

/* The codec would only say that a text will not do, and in a table all are
 * texts.  A value that is a student's, such as a mark, is not said again. */
static bool
check_number(const struct field *field, const char *text, struct err *err)
{
	const char *wanted = field->type == FIELD_INTEGER
	    ? "a whole number such as 12"
	    : "a number such as 12.5";

	if (!is_numeric(field) || is_number(text))
		return true;
	if (field->privacy == PRIVATE)
		return err_at(err, field->name, "%s is wanted here", wanted);
	return err_at(err, field->name, "%s is wanted, not \"%.*s\"", wanted,
	    (int)utf8_cut(slice_of(text), 40), text);
}

static void
add_member(struct buf *json, const struct field *field, const char *text)
{
	if (json->size > 1)
		buf_byte(json, ',');
	json_text(json, slice_of(field->name));
	buf_byte(json, ':');
	if (field->type == FIELD_FLAG)
		add_flag(json, text);
	else if (is_numeric(field))
		buf_text(json, text);
	else
		json_text(json, slice_of(text));
}

bool
csv_row_decode(const struct csv_columns *columns, const struct csv_row *row,
    const char *fixed, const char *fixed_value, struct arena *arena,
    void *value, struct err *err)
{
	struct buf json = { 0 };
	bool is_good;

	if (row->count != columns->count)
		return err_set(err, ERR_INVALID,
		    "the row has %zu fields, the header %zu", row->count,
		    columns->count);
	for (size_t i = 0; i < row->count; i++)
		if (columns->fields[i] != NULL && row->fields[i][0] != '\0' &&
		    !check_number(columns->fields[i], row->fields[i], err))
			return false;
	buf_byte(&json, '{');
	if (fixed != NULL)
		add_member(&json, message_field(columns->message, fixed),
		    fixed_value);
	for (size_t i = 0; i < row->count; i++)
		if (columns->fields[i] != NULL && row->fields[i][0] != '\0')
			add_member(&json, columns->fields[i], row->fields[i]);
	buf_byte(&json, '}');
	is_good = json_decode(columns->message, buf_slice(&json), JSON_STRICT,
	    arena, value, err);
	buf_close(&json);
	return is_good;
}
