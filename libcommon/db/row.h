/*
 * row.h - rows of an answer as messages, by the names of the columns.
 *
 * A column is matched to the field of the same name; a required field without
 * a column is a bug, a column without a field is passed over.  A CHOICE is its
 * name or its number.  ONE, MANY and RAW fields are read from jsonb columns,
 * TEXTS from text[], REALS from float8[].
 */
#ifndef DB_ROW_H
#define DB_ROW_H

#include "base/arena.h"
#include "db/db.h"
#include "wire/message.h"

/* Fill `*value` from one row. */
MUST_CHECK bool row_read(const struct db_result *result, size_t row,
    const struct message *message, struct arena *arena, void *value,
    struct err *err);

/* All rows as an array of the message's structs in the arena. */
MUST_CHECK bool rows_read(const struct db_result *result,
    const struct message *message, struct arena *arena, void **values,
    size_t *count, struct err *err);

/* Run, read, close: a QUERY_ONE into a struct, a QUERY_MANY into an array. */
MUST_CHECK bool db_read_one(struct db *db, const struct query *query,
    struct db_args args, const struct message *message, struct arena *arena,
    void *value, struct err *err);
MUST_CHECK bool db_read_many(struct db *db, const struct query *query,
    struct db_args args, const struct message *message, struct arena *arena,
    void **values, size_t *count, struct err *err);

#endif
