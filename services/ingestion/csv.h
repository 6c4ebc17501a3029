/*
 * csv.h - comma-separated values, RFC 4180, read in pieces of any size.
 *
 * Quotes, doubled quotes, line breaks within quotes, LF or CRLF, a byte order
 * mark before the first byte.  Fields and rows are bounded; a row that breaks
 * a rule is handed out with its fault and the reader goes on behind its line
 * end, so one bad row costs one row.
 *
 *	csv_init(&csv);
 *	loop: csv_feed(&csv, piece, is_last)
 *	      while (csv_next(&csv, &row)) ...
 */
#ifndef INGESTION_CSV_H
#define INGESTION_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	CSV_FIELDS = 64,       /* in a row */
	CSV_FIELD_MOST = 4096, /* bytes of a field */
	CSV_ROW_MOST = 65536   /* bytes of a row with quotes and line ends */
};

struct csv_row {
	const char *fields[CSV_FIELDS]; /* NUL behind each; valid until the
					 * next csv_next */
	size_t count;
	const char *fault; /* NULL: the row is good.  Else fields are empty */
	struct slice raw;  /* the row as it stood, without its line end, cut
			    * at 8 KiB */
	int64_t line;      /* where it begins, from 1 */
	int64_t end;       /* bytes of the file up to behind it */
};

struct csv {
	struct buf input; /* owned: what was fed and not yet handed out */
	size_t at;        /* begin of the next row in `input` */
	struct buf text;  /* owned: fields of the row handed out */
	int64_t line;     /* of `at`, from 1 */
	int64_t offset;   /* of `at` in the file */
	bool is_last;     /* nothing follows what was fed */
	bool is_skipping; /* inside a row that was too long */
	bool has_begun;
};

void csv_init(struct csv *csv);
void csv_close(struct csv *csv);

/* Add a piece of the file. */
void csv_feed(struct csv *csv, struct slice piece, bool is_last);

/* The next whole row; false: feed more, or that was all.  Empty lines are
 * passed over. */
bool csv_next(struct csv *csv, struct csv_row *row);

/* Are the columns of a header row parted by semicolons, as some programs write
 * them where the comma stands in numbers?  Then it is one column here. */
bool csv_has_semicolons(const struct csv_row *header);

/* What to say of that. */
#define CSV_SEPARATOR "the separator is the comma, not the semicolon"

/* The place of a column in a header row; -1 when it is not there. */
int csv_column(const struct csv_row *header, const char *name);

#endif
