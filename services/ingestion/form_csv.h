/*
 * form_csv.h - our own form in the reading: what its files have in common, and
 * the files that fill registers.
 */
#ifndef INGESTION_FORM_CSV_H
#define INGESTION_FORM_CSV_H

#include "services/ingestion/csv_rows.h"
#include "services/ingestion/import_run.h"
#include "services/ingestion/register_write.h"

/* Rows of a chunk: each needs two of the places that hold what was seen, and
 * 16 bytes. */
enum { FORM_ROWS = 5000 };

struct own_form;

/* A file whose rows are put into a register, a chunk at a time. */
struct own_register {
	const struct message *message; /* a row */
	const struct message *apart;   /* takes other columns; NULL: none */
	size_t size;                   /* bytes of a message */
	/* What is to be taken of the row and checked beyond the message's
	 * table; NULL: nothing.  False: `fault` names the column. */
	bool (*complete)(struct own_form *form, const struct csv_row *row,
	    void *item, struct err *fault);
	/* All of the chunk's; adds how many were new or different. */
	bool (*put)(struct own_form *form, size_t *changed, struct err *err);
};
extern const struct own_register own_holidays, own_courses, own_students,
    own_enrollments;

struct own_form {
	struct import_run *run;          /* borrowed */
	const char *file;                /* in hand */
	const struct own_register *into; /* NULL: its rows are records */
	const char *kind;                /* of those */
	struct csv_columns columns, columns_apart;
	/* What the chunk has gathered, in its arena: FORM_ROWS each; NULL:
	 * nothing yet. */
	void *items;
	int64_t *lines; /* of each of them */
	size_t count;
	int id_column; /* of records; -1: none */
};

/* For file_step, when form->into is set. */
bool own_register_head(void *form, const struct csv_row *row, struct err *err);
bool own_register_take(void *form, const struct csv_row *row, bool is_done,
    struct err *err);
bool own_register_flush(void *form, struct err *err);

#endif
