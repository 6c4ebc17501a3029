/*
 * csv_rows.h - rows of a CSV file as messages: a column is the field of the
 * same name, an empty cell is a field that is absent.  Ranges and names are
 * those of the message's table.
 */
#ifndef INGESTION_CSV_ROWS_H
#define INGESTION_CSV_ROWS_H

#include "base/arena.h"
#include "base/err.h"
#include "services/ingestion/csv.h"
#include "wire/message.h"

struct csv_columns {
	const struct message *message;
	const struct field *fields[CSV_FIELDS]; /* NULL: not of this message */
	size_t count;
};

/* Match the header.  `other` NULL, or a message that takes the rest.  A column
 * of neither, one given twice, or a required one that is missing, is a fault;
 * `fixed` names a required field that has no column (NULL: none). */
MUST_CHECK bool csv_columns_read(struct csv_columns *columns,
    const struct message *message, const struct message *other,
    const char *fixed, const struct csv_row *header, struct err *err);

/* `fixed_value` is the text of the fixed field.  False: each fault is a place
 * named by its column.  What is no number is quoted, unless it is PRIVATE. */
MUST_CHECK bool csv_row_decode(const struct csv_columns *columns,
    const struct csv_row *row, const char *fixed, const char *fixed_value,
    struct arena *arena, void *value, struct err *err);

#endif
