/* csv_test.c - RFC 4180, and what breaks it. */
#include "services/ingestion/csv.h"

#include <string.h>

#include "tests/support/test.h"

/* Feed `text` in pieces of `step` bytes; rows as "a|b;c|d;", faults as "!". */
static void
read_all(const char *text, size_t size, size_t step, struct buf *out)
{
	struct csv_row row;
	struct csv csv;

	csv_init(&csv);
	for (size_t at = 0; at <= size; at += step) {
		size_t piece = size - at < step ? size - at : step;

		csv_feed(&csv, (struct slice){ text + at, piece },
		    at + piece == size);
		while (csv_next(&csv, &row)) {
			if (row.fault != NULL)
				buf_byte(out, '!');
			for (size_t i = 0; i < row.count; i++)
				buf_printf(out, "%s%s", i > 0 ? "|" : "",
				    row.fields[i]);
			buf_byte(out, ';');
		}
		if (at + piece == size)
			break;
	}
	csv_close(&csv);
}

static void
check(const char *text, const char *wanted)
{
	for (size_t step = 1; step < 9; step++) {
		struct buf out = { 0 };

		read_all(text, strlen(text), step, &out);
		assert_string_equal(out.size > 0 ? out.data : "", wanted);
		buf_close(&out);
	}
}

static void
rows_end_with_lf_or_crlf_or_the_file(void **state)
{
	(void)state;
	check("a,b\nc,d\r\ne,f", "a|b;c|d;e|f;");
	check("", "");
	check("\n\r\n", "");
	check("a,\n,b\n", "a|;|b;");
}

static void
quotes_hide_commas_line_ends_and_quotes(void **state)
{
	(void)state;
	check("\"a,b\",\"c\nd\"\ne,\"f\"\"g\"\n", "a,b|c\nd;e|f\"g;");
	check("\"\",x\n", "|x;");
}

static void
a_byte_order_mark_is_passed_over(void **state)
{
	(void)state;
	check("\xef\xbb\xbfid,x\n1,2\n", "id|x;1|2;");
}

static void
one_bad_row_costs_one_row(void **state)
{
	(void)state;
	check("a\nb\"c\nd\n", "a;!;d;");
	check("a\n\"b\"c\nd\n", "a;!;d;");
	check("a\n\xff\xfe\nd\n", "a;!;d;");
	check("a\n\"b\nc\nd", "a;!;c;d;");
}

static void
a_nul_byte_is_refused(void **state)
{
	static const char text[] = "a\nb\0c\nd\n";
	struct buf out = { 0 };

	(void)state;
	read_all(text, sizeof(text) - 1, 100, &out);
	assert_string_equal(out.data, "a;!;d;");
	buf_close(&out);
}

static void
a_row_without_end_is_refused_once_and_not_kept(void **state)
{
	struct csv csv;
	struct csv_row row;
	char piece[4096];
	size_t faults = 0, rows = 0;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	csv_init(&csv);
	for (int i = 0; i < 1000; i++) {
		csv_feed(&csv, (struct slice){ piece, sizeof(piece) }, false);
		while (csv_next(&csv, &row))
			faults += row.fault != NULL;
		assert_true(csv.input.size < 2 * CSV_ROW_MOST);
	}
	csv_feed(&csv, slice_of("\nnext,row\n"), true);
	while (csv_next(&csv, &row)) {
		rows++;
		assert_string_equal(row.fields[0], "next");
		assert_int_equal(row.line, 2);
	}
	assert_int_equal(faults, 1);
	assert_int_equal(rows, 1);
	csv_close(&csv);
}

static void
lines_are_counted_within_quotes_too(void **state)
{
	struct csv csv;
	struct csv_row row;

	(void)state;
	csv_init(&csv);
	csv_feed(&csv, slice_of("h\n\"a\nb\nc\"\nx\n"), true);
	assert_true(csv_next(&csv, &row));
	assert_true(csv_next(&csv, &row));
	assert_int_equal(row.line, 2);
	assert_true(csv_next(&csv, &row));
	assert_int_equal(row.line, 5);
	assert_int_equal(row.end, 12);
	assert_false(csv_next(&csv, &row));
	csv_close(&csv);
}

RUN_TESTS(cmocka_unit_test(rows_end_with_lf_or_crlf_or_the_file),
    cmocka_unit_test(quotes_hide_commas_line_ends_and_quotes),
    cmocka_unit_test(a_byte_order_mark_is_passed_over),
    cmocka_unit_test(one_bad_row_costs_one_row),
    cmocka_unit_test(a_nul_byte_is_refused),
    cmocka_unit_test(a_row_without_end_is_refused_once_and_not_kept),
    cmocka_unit_test(lines_are_counted_within_quotes_too))
