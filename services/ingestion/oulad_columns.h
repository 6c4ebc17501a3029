/*
 * oulad_columns.h - the files of the OULAD, their columns, and single cells.
 */
#ifndef INGESTION_OULAD_COLUMNS_H
#define INGESTION_OULAD_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "services/ingestion/csv.h"

enum { OULAD_COLUMNS_MOST = 12, OULAD_ID_MOST = 64 /* bytes */ };

/* The files, by what their columns are; order as in the .c. */
enum oulad_file {
	OULAD_COURSES,
	OULAD_ASSESSMENTS,
	OULAD_VLE,
	OULAD_INFO,
	OULAD_REGISTRATION,
	OULAD_SUBMISSIONS,
	OULAD_CLICKS
};
const char *oulad_file_name(enum oulad_file file);

/* The columns of a file as they stand in its header. */
struct oulad_columns {
	enum oulad_file file;
	int places[OULAD_COLUMNS_MOST];
	size_t width; /* fields of the header */
};
MUST_CHECK bool oulad_columns_read(struct oulad_columns *columns,
    enum oulad_file file, const struct csv_row *header, struct err *err);

/* A fault when the row has more or fewer fields than the header. */
MUST_CHECK bool oulad_check_width(const struct oulad_columns *columns,
    const struct csv_row *row, struct err *fault);

/* Cell `i` of the file's columns, as they are ordered in the .c. */
static inline const char *
oulad_cell(const struct oulad_columns *columns, const struct csv_row *row,
    size_t i)
{
	return row->fields[columns->places[i]];
}

/* Returns false, with `why` at column `i`. */
bool oulad_fault(const struct oulad_columns *columns, size_t i, const char *why,
    struct err *fault);

/* An id of the data: short, not empty, and without the slash that stands
 * between the parts of our ids. */
bool oulad_is_id(const char *text);
/* A whole number of at most nine digits, or missing; false: neither. */
MUST_CHECK bool oulad_count(const char *text, bool *is_there, int64_t *count);
/* A number from 0 to 100, or missing; false: neither. */
MUST_CHECK bool oulad_score(const char *text, bool *is_there, double *score);

#endif
