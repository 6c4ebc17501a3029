/* csv.c - rows out of bytes. */
#include "services/ingestion/csv.h"

#include <string.h>

#include "base/must.h"
#include "base/utf8.h"

enum { RAW_MOST = 8192 };

void
csv_init(struct csv *csv)
{
	*csv = (struct csv){ .line = 1 };
}

void
csv_close(struct csv *csv)
{
	buf_close(&csv->input);
	buf_close(&csv->text);
}

void
csv_feed(struct csv *csv, struct slice piece, bool is_last)
{
	size_t left = csv->input.size - csv->at;

	if (csv->at > 0 && left > 0)
		memmove(csv->input.data, csv->input.data + csv->at, left);
	csv->input.size = left;
	csv->at = 0;
	buf_add(&csv->input, piece.data, piece.size);
	csv->is_last = is_last;
}

static void
pass_mark(struct csv *csv)
{
	csv->has_begun = true;
	if (csv->input.size >= 3 &&
	    memcmp(csv->input.data, "\xef\xbb\xbf", 3) == 0) {
		csv->at += 3;
		csv->offset += 3;
	}
}

/* The end of the row at csv->at: the place of its LF, or the end of the input
 * when that was all.  Quotes hide line ends; a quote that does not close within
 * a row's length hides none, so that it costs one line.  False: the row is not
 * whole. */
static bool
find_end(const struct csv *csv, size_t *end, int64_t *lines)
{
	const char *data = csv->input.data;
	size_t first = csv->input.size;
	bool is_quoted = false;

	*lines = 0;
	for (size_t i = csv->at; i < csv->input.size; i++) {
		if (data[i] == '"' && !csv->is_skipping)
			is_quoted = !is_quoted;
		if (is_quoted && i - csv->at > CSV_ROW_MOST)
			break;
		if (data[i] != '\n')
			continue;
		++*lines;
		first = first < i ? first : i;
		*end = i;
		if (!is_quoted)
			return true;
	}
	if (csv->input.size - csv->at <= CSV_ROW_MOST && !csv->is_last)
		return false;
	*end = first;
	*lines = first < csv->input.size;
	return *lines > 0 || (csv->is_last && csv->input.size > csv->at);
}

/* One field at `*at`; false with `*fault` when it breaks the rules. */
static bool
take_field(const char **at, const char *end, struct buf *out,
    const char **fault)
{
	const char *p = *at;
	size_t before = out->size;

	if (p < end && *p == '"') {
		for (p++;; p++) {
			const char *quote = memchr(p, '"', (size_t)(end - p));

			if (quote == NULL) {
				*fault = "a quote has no end";
				return false;
			}
			buf_add(out, p, (size_t)(quote - p));
			p = quote + 1;
			if (p >= end || *p != '"')
				break;
			buf_byte(out, '"');
		}
		if (p < end && *p != ',')
			*fault = "something stands behind a closing quote";
	} else {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *stop = comma != NULL ? comma : end;

		if (memchr(p, '"', (size_t)(stop - p)) != NULL)
			*fault = "a quote stands inside a field";
		buf_add(out, p, (size_t)(stop - p));
		p = stop;
	}
	if (out->size - before > CSV_FIELD_MOST)
		*fault = "a field is longer than 4,096 bytes";
	buf_byte(out, '\0');
	*at = p;
	return *fault == NULL;
}

static void
take_fields(struct csv *csv, struct slice line, struct csv_row *row)
{
	size_t offsets[CSV_FIELDS];
	const char *at = line.data, *end = line.data + line.size;

	for (;;) {
		if (row->count == CSV_FIELDS) {
			row->fault = "there are more than 64 fields";
			break;
		}
		offsets[row->count++] = csv->text.size;
		if (!take_field(&at, end, &csv->text, &row->fault))
			break;
		if (at >= end)
			break;
		at++;
	}
	if (row->fault != NULL)
		row->count = 0;
	for (size_t i = 0; i < row->count; i++)
		row->fields[i] = csv->text.data + offsets[i];
}

static void
read_row(struct csv *csv, struct slice line, struct csv_row *row)
{
	row->raw = line;
	if (row->raw.size > RAW_MOST)
		row->raw.size = RAW_MOST;
	if (line.size > CSV_ROW_MOST)
		row->fault = "the row is longer than 65,536 bytes";
	else if (memchr(line.data, '\0', line.size) != NULL)
		row->fault = "the row holds a NUL byte";
	else if (utf8_valid(line) != line.size)
		row->fault = "the row is not UTF-8";
	else
		take_fields(csv, line, row);
}

/* A row without end is given up once it is too long: its head is handed out
 * with the fault, the rest up to the next line end is passed over. */
static bool
give_up(struct csv *csv, struct csv_row *row)
{
	if (csv->input.size - csv->at <= CSV_ROW_MOST)
		return false;
	row->raw = (struct slice){ csv->input.data + csv->at, RAW_MOST };
	row->fault = "the row is longer than 65,536 bytes";
	row->line = csv->line;
	csv->is_skipping = true;
	csv->offset += (int64_t)(csv->input.size - csv->at);
	csv->at = csv->input.size;
	row->end = csv->offset;
	return true;
}

static void
advance(struct csv *csv, size_t end, int64_t lines)
{
	size_t behind = end < csv->input.size ? end + 1 : end;

	csv->offset += (int64_t)(behind - csv->at);
	csv->at = behind;
	csv->line += lines;
}

/* A skipped row's tail: everything up to its line end. */
static void
drop_tail(struct csv *csv)
{
	csv->offset += (int64_t)(csv->input.size - csv->at);
	csv->at = csv->input.size;
}

bool
csv_next(struct csv *csv, struct csv_row *row)
{
	size_t end;
	int64_t lines;

	if (!csv->has_begun && (csv->input.size >= 3 || csv->is_last))
		pass_mark(csv);
	*row = (struct csv_row){ 0 };
	buf_clear(&csv->text);
	while (csv->has_begun && find_end(csv, &end, &lines)) {
		struct slice line = { csv->input.data + csv->at,
			end - csv->at };
		bool is_tail = csv->is_skipping;

		row->line = csv->line;
		csv->is_skipping = false;
		advance(csv, end, lines);
		row->end = csv->offset;
		if (line.size > 0 && line.data[line.size - 1] == '\r')
			line.size--;
		if (is_tail || line.size == 0)
			continue;
		read_row(csv, line, row);
		return true;
	}
	if (!csv->has_begun)
		return false;
	if (csv->is_skipping) {
		drop_tail(csv);
		return false;
	}
	return give_up(csv, row);
}

bool
csv_has_semicolons(const struct csv_row *header)
{
	return header->count == 1 && strchr(header->fields[0], ';') != NULL;
}

int
csv_column(const struct csv_row *header, const char *name)
{
	for (size_t i = 0; i < header->count; i++)
		if (strcmp(header->fields[i], name) == 0)
			return (int)i;
	return -1;
}
