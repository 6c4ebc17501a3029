/*
 * csv_fuzz.c - any bytes as CSV: the rows do not depend on how the bytes were
 * cut into pieces, and memory stays bounded.
 */
#include <string.h>

#include "base/must.h"
#include "services/ingestion/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_all(const char *data, size_t size, size_t step, struct buf *out)
{
	struct csv_row row;
	struct csv csv;
	size_t at = 0;

	csv_init(&csv);
	do {
		size_t piece = size - at < step ? size - at : step;

		csv_feed(&csv, (struct slice){ data + at, piece },
		    at + piece == size);
		at += piece;
		while (csv_next(&csv, &row)) {
			must(row.end <= (int64_t)size);
			buf_printf(out, "%lld:%s:", (long long)row.line,
			    row.fault != NULL ? row.fault : "");
			for (size_t i = 0; i < row.count; i++)
				buf_printf(out, "%s|", row.fields[i]);
			buf_byte(out, '\n');
		}
	} while (at < size);
	must(csv.input.size <= step + 2 * CSV_ROW_MOST);
	csv_close(&csv);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = { 0 }, pieces = { 0 };

	/* Beyond a row's bound the cut decides what a row is. */
	if (size > CSV_ROW_MOST)
		return 0;
	read_all((const char *)data, size, size + 1, &whole);
	read_all((const char *)data, size, 7, &pieces);
	must(whole.size == pieces.size);
	must(whole.size == 0 ||
	    memcmp(whole.data, pieces.data, whole.size) == 0);
	buf_close(&whole);
	buf_close(&pieces);
	return 0;
}
