/* screen.c - tables and progress bars. */
#include "services/edupulse/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

enum { BAR_WIDTH = 30 };

/* ISO 6429's control characters: C0, DEL, and C1, which UTF-8 begins with the
 * byte 0xc2. */
static bool
is_control(const char *at, size_t size)
{
	unsigned char first = (unsigned char)at[0];

	return first < 0x20 || first == 0x7f ||
	    (size == 2 && first == 0xc2 && (unsigned char)at[1] < 0xa0);
}

/* Add the text as it may be shown; false when that is another text. */
static bool
add_shown(struct buf *out, const char *text)
{
	size_t left = strlen(text), size;
	bool is_same = true;

	for (; left > 0; text += size, left -= size) {
		size = utf8_size(text, left);
		if (size > 0 && !is_control(text, size)) {
			buf_add(out, text, size);
			continue;
		}
		buf_text(out, "\xef\xbf\xbd");
		size = size > 0 ? size : 1;
		is_same = false;
	}
	return is_same;
}

const char *
text_shown(struct arena *arena, const char *text)
{
	struct buf out = { 0 };

	if (!add_shown(&out, text))
		text = arena_text(arena, out.data, out.size);
	buf_close(&out);
	return text;
}

void
table_cell(struct table *table, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add_shown(&table->cells, text);
	buf_byte(&table->cells, '\0');
	table->cell_count++;
}

/* Columns on the screen: bytes that do not continue a UTF-8 character. */
static size_t
width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static bool
is_right(const struct table *table, size_t column)
{
	return table->titles[column][0] == '>';
}

static const char *
title_of(const struct table *table, size_t column)
{
	return table->titles[column] + (is_right(table, column) ? 1 : 0);
}

static void
measure(const struct table *table, size_t widths[TABLE_COLUMNS])
{
	const char *cell = table->cells.data;

	for (size_t i = 0; i < table->columns; i++)
		widths[i] = width_of(title_of(table, i));
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t width = width_of(cell);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
		cell += strlen(cell) + 1;
	}
}

static void
print_cell(const struct table *table, size_t column, const char *text,
    const size_t widths[TABLE_COLUMNS])
{
	int pad = (int)(widths[column] - width_of(text));
	bool is_last = column + 1 == table->columns;

	if (is_right(table, column))
		printf("%*s%s", pad, "", text);
	else
		printf("%s%*s", text, is_last ? 0 : pad, "");
	fputs(is_last ? "\n" : "  ", stdout);
}

void
table_day(struct table *table, bool has, int64_t time)
{
	char day[DAY_TEXT_SIZE] = "-";

	if (has)
		day_print(day_of(time), day);
	table_cell(table, "%s", day);
}

void
table_figure(struct table *table, bool has, double value)
{
	if (has)
		table_cell(table, "%.3f", value);
	else
		table_cell(table, "-");
}

void
table_names(struct table *table, const char **names, size_t count)
{
	struct buf joined = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_printf(&joined, "%s%s", i > 0 ? ", " : "", names[i]);
	table_cell(table, "%s", joined.size > 0 ? joined.data : "-");
	buf_close(&joined);
}

void
table_print(struct table *table)
{
	size_t widths[TABLE_COLUMNS];
	const char *cell = table->cells.data;

	measure(table, widths);
	for (size_t i = 0; i < table->columns; i++)
		print_cell(table, i, title_of(table, i), widths);
	for (size_t i = 0; i < table->cell_count; i++) {
		print_cell(table, i % table->columns, cell, widths);
		cell += strlen(cell) + 1;
	}
	buf_close(&table->cells);
	table->cell_count = 0;
}

void
bar_draw(const char *what, double share, const char *rest)
{
	static const char full[] = "##############################";
	int done;

	if (isatty(STDERR_FILENO) == 0)
		return;
	share = share < 0 ? 0 : share > 1 ? 1 : share;
	done = (int)(share * BAR_WIDTH);
	fprintf(stderr, "\r%-12s [%.*s%*s] %3d %%  %s\033[K", what, done, full,
	    BAR_WIDTH - done, "", (int)(share * 100), rest);
}

void
bar_end(void)
{
	if (isatty(STDERR_FILENO) == 1)
		fputs("\n", stderr);
}

void
text_duration(int64_t seconds, char *out, size_t size)
{
	long long whole = seconds;

	if (whole >= 86400)
		snprintf(out, size, "%lld d %lld h", whole / 86400,
		    whole % 86400 / 3600);
	else if (whole >= 3600)
		snprintf(out, size, "%lld h %lld min", whole / 3600,
		    whole % 3600 / 60);
	else if (whole >= 60)
		snprintf(out, size, "%lld min", whole / 60);
	else
		snprintf(out, size, "%lld s", whole);
}

void
text_count(int64_t number, char *out, size_t size)
{
	char digits[32];
	size_t count, used = 0;

	snprintf(digits, sizeof(digits), "%lld", (long long)number);
	count = strlen(digits);
	for (size_t i = 0; i < count && used + 2 < size; i++) {
		if (i > 0 && (count - i) % 3 == 0 && digits[i - 1] != '-')
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
}
