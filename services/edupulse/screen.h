/*
 * screen.h - what people see: tables and progress bars.
 *
 * What came over the network may hold what a terminal obeys (an id with an
 * escape sequence in it).  Cells of a table are made harmless here; any other
 * text goes through text_shown().
 *
 * A bar shows on a terminal only; elsewhere nothing is printed until the work
 * is done.
 */
#ifndef EDUPULSE_SCREEN_H
#define EDUPULSE_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"

enum { TABLE_COLUMNS = 12 };

/* Cells are collected row by row and printed with columns as wide as their
 * widest cell.  A column whose title begins with '>' is set to the right. */
struct table {
	size_t columns;
	const char *titles[TABLE_COLUMNS]; /* borrowed */
	struct buf cells;                  /* owned: texts, each with its NUL */
	size_t cell_count;
};

#define TABLE(...)                                                            \
	((struct table){ .columns = sizeof((const char *[]){ __VA_ARGS__ }) / \
		sizeof(const char *),                                         \
	    .titles = { __VA_ARGS__ } })

void table_cell(struct table *table, const char *format, ...) PRINTF_LIKE(2, 3);
/* A day, and a figure with three decimals; "-" when there is none. */
void table_day(struct table *table, bool has, int64_t time);
void table_figure(struct table *table, bool has, double value);
/* "a, b", or "-" when there is none. */
void table_names(struct table *table, const char **names, size_t count);
/* Print and give back; an empty table prints only its titles. */
void table_print(struct table *table);

/* One line on a terminal, drawn over: "Importing  [####    ] 43 %  rest".
 * `share` is between 0 and 1. */
void bar_draw(const char *what, double share, const char *rest);
/* Leave the line; the next output begins on a new one. */
void bar_end(void);

/* `text` itself when a terminal may have it; else a copy with U+FFFD in the
 * place of each control character (line feed, escape, C1 ...) and of each byte
 * that is no UTF-8. */
const char *text_shown(struct arena *arena, const char *text);

/* "3 h 12 min", "45 s" */
void text_duration(int64_t seconds, char *out, size_t size);
/* "1,234,567" */
void text_count(int64_t number, char *out, size_t size);

#endif
