/* plot.c - dots into cells, cells into text. */
#include "services/edupulse/plot.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { DOTS_X = 2, DOTS_Y = 4, LABEL = 5, GUIDE_STEP = 4 };

bool
plot_knows_unicode(void)
{
	locale_t locale;
	bool is_utf8;

	if (isatty(STDOUT_FILENO) == 0)
		return false;
	locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	if (locale == (locale_t)0)
		return false;
	is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return is_utf8;
}

void
canvas_init(struct canvas *canvas, bool is_unicode)
{
	memset(canvas, 0, sizeof(*canvas));
	canvas->is_unicode = is_unicode;
}

/* Unicode 3.2, block "Braille Patterns": the bits of a cell's dots. */
static unsigned char
dot_bit(int x, int y)
{
	static const unsigned char bits[DOTS_Y][DOTS_X] = { { 0x01, 0x08 },
		{ 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };

	return bits[y][x];
}

/* The dots along an axis: in ASCII a cell is one. */
static int
dots_across(const struct canvas *canvas)
{
	return CANVAS_COLUMNS * (canvas->is_unicode ? DOTS_X : 1);
}

static int
dots_up(const struct canvas *canvas)
{
	return CANVAS_ROWS * (canvas->is_unicode ? DOTS_Y : 1);
}

/* By dots, y downwards. */
static void
set_dot(struct canvas *canvas, int x, int y, enum mark mark)
{
	static const unsigned char characters
	    [] = { [MARK_GUIDE] = '.', [MARK_RANGE] = '|', [MARK_POINT] = '*' };

	if (canvas->is_unicode)
		canvas->cells[y / DOTS_Y][x / DOTS_X] |=
		    dot_bit(x % DOTS_X, y % DOTS_Y);
	else
		canvas->cells[y][x] = characters[mark];
}

static int
place(double share, int dots)
{
	return (int)lround(share * (dots - 1));
}

static bool
is_inside(double value)
{
	return value >= 0 && value <= 1;
}

void
canvas_point(struct canvas *canvas, double x, double y, enum mark mark)
{
	int across = dots_across(canvas), up = dots_up(canvas);
	int column, row;

	if (!is_inside(x) || !is_inside(y))
		return;
	column = place(x, across);
	row = up - 1 - place(y, up);
	set_dot(canvas, column, row, mark);
	/* One dot among many is hardly seen: a point is a cross of five. */
	if (!canvas->is_unicode || mark != MARK_POINT)
		return;
	for (int i = -1; i <= 1; i += 2) {
		if (column + i >= 0 && column + i < across)
			set_dot(canvas, column + i, row, mark);
		if (row + i >= 0 && row + i < up)
			set_dot(canvas, column, row + i, mark);
	}
}

void
canvas_line(struct canvas *canvas, double x0, double y0, double x1, double y1,
    enum mark mark)
{
	int across = dots_across(canvas), up = dots_up(canvas);
	double width = fabs(x1 - x0) * across, height = fabs(y1 - y0) * up;
	int steps, step = mark == MARK_GUIDE ? GUIDE_STEP : 1;

	if (!is_inside(x0) || !is_inside(y0) || !is_inside(x1) ||
	    !is_inside(y1))
		return;
	steps = (int)ceil(fmax(width, height));
	for (int i = 0; i <= steps; i += step) {
		double share = steps > 0 ? (double)i / steps : 0;
		double x = x0 + share * (x1 - x0), y = y0 + share * (y1 - y0);

		set_dot(canvas, place(x, across), up - 1 - place(y, up), mark);
	}
}

/* A character of the block "Braille Patterns", U+2800 and on, in UTF-8. */
static void
print_dots(unsigned char dots, struct buf *out)
{
	buf_byte(out, '\xe2');
	buf_byte(out, (char)(0xa0 | dots >> 6));
	buf_byte(out, (char)(0x80 | (dots & 0x3f)));
}

static void
print_row(const struct canvas *canvas, int row, const char *label,
    struct buf *out)
{
	buf_printf(out, "%*s %s", LABEL, label,
	    canvas->is_unicode ? "\xe2\x94\x82" : "|");
	for (int column = 0; column < CANVAS_COLUMNS; column++) {
		unsigned char cell = canvas->cells[row][column];

		if (canvas->is_unicode)
			print_dots(cell, out);
		else
			buf_byte(out, cell != 0 ? (char)cell : ' ');
	}
	buf_byte(out, '\n');
}

void
canvas_print(const struct canvas *canvas, const struct axes *axes,
    struct buf *out)
{
	for (int row = 0; row < CANVAS_ROWS; row++)
		print_row(canvas, row,
		    row == 0                     ? axes->top
			: row == CANVAS_ROWS - 1 ? axes->bottom
						 : "",
		    out);
	buf_printf(out, "%*s %s", LABEL, "",
	    canvas->is_unicode ? "\xe2\x94\x94" : "+");
	for (int column = 0; column < CANVAS_COLUMNS; column++)
		buf_text(out, canvas->is_unicode ? "\xe2\x94\x80" : "-");
	buf_printf(out, "\n%*s  %s%*s\n", LABEL, "", axes->left,
	    CANVAS_COLUMNS - (int)strlen(axes->left), axes->right);
}

void
bar_print(double share, int columns, bool is_unicode, struct buf *out)
{
	/* U+2588 and on: a full block, then one of seven eighths ... */
	int parts = is_unicode ? 8 : 1;
	int filled = isfinite(share)
	    ? (int)lround(fmin(1, fmax(0, share)) * columns * parts)
	    : 0;

	for (int column = 0; column < columns; column++) {
		int here = filled - column * parts;

		if (here <= 0)
			buf_byte(out, ' ');
		else if (!is_unicode)
			buf_byte(out, '#');
		else
			buf_printf(out, "\xe2\x96%c",
			    (char)(here >= parts ? 0x88 : 0x90 - here));
	}
}
