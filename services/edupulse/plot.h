/*
 * plot.h - small plots of text: braille dots (2 x 4 a cell) and eighth blocks
 * for a terminal that knows UTF-8, else plain ASCII.
 *
 * A canvas is a field of x and y, both from 0 to 1, y upwards.  What is drawn
 * later lies over what was drawn before; in braille all dots are alike, in
 * ASCII each kind of mark has a character of its own.
 */
#ifndef EDUPULSE_PLOT_H
#define EDUPULSE_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { CANVAS_COLUMNS = 60, CANVAS_ROWS = 16 };

/* Is standard output a terminal whose locale is UTF-8? */
bool plot_knows_unicode(void);

enum mark { MARK_GUIDE, MARK_RANGE, MARK_POINT };

struct canvas {
	bool is_unicode;
	unsigned char cells[CANVAS_ROWS][CANVAS_COLUMNS]; /* dots, or a
							     character */
};

void canvas_init(struct canvas *canvas, bool is_unicode);

/* What lies outside of the field, or is no number, is not drawn. */
void canvas_point(struct canvas *canvas, double x, double y, enum mark mark);
/* Straight, of dots; a guide is dotted sparsely. */
void canvas_line(struct canvas *canvas, double x0, double y0, double x1,
    double y1, enum mark mark);

/* Add the field with a frame; the labels stand at the ends of its axes and
 * may be "". */
struct axes {
	const char *top, *bottom; /* of y */
	const char *left, *right; /* of x */
};
void canvas_print(const struct canvas *canvas, const struct axes *axes,
    struct buf *out);

/* A bar of `share` of `columns`; a share outside of 0 to 1 is cut off, one that
 * is no number is empty.  As wide as `columns` in any case. */
void bar_print(double share, int columns, bool is_unicode, struct buf *out);

#endif
