/*
 * form_csv.c - an import in our own form: one CSV file a kind, columns named
 * like the fields of the API (docs/data-formats.md).  What fills registers is
 * in form_registers.c; here are records, and the order of all.
 *
 * A record without an id gets one of its content and of how often the same row
 * has occurred in the file: equal rows count, and a second import of the same
 * file adds nothing.
 */
#include "services/ingestion/form_csv.h"

#include <string.h>

#include "services/ingestion/sources.h"

enum { SLICE_BYTES = 14000000 };

static bool
records_head(void *user, const struct csv_row *row, struct err *err)
{
	struct own_form *form = user;

	form->id_column = csv_column(row, "id");
	return csv_columns_read(&form->columns, &record_message, NULL, "kind",
	    row, err);
}

/* What tells a row from others: its id, or all of it. */
static const char *
id_of(const struct own_form *form, const struct csv_row *row)
{
	if (form->id_column < 0 || (size_t)form->id_column >= row->count)
		return "";
	return row->fields[form->id_column];
}

/* An id that stands in the file twice, with other content, is a fault. */
static bool
is_repeated(struct own_form *form, const struct csv_row *row,
    unsigned int number, bool *repeated, struct err *err)
{
	uint64_t hash = text_hash(3, row->raw.data, row->raw.size);
	unsigned int same;

	if (!occurrences_add(&form->run->seen, hash, &same))
		return err_set(err, ERR_INVALID,
		    "the file has more rows than its size allows for");
	*repeated = number > 1 && same == 1;
	return true;
}

static void
take_record(struct own_form *form, const struct csv_row *row, const char *id)
{
	struct import_run *run = form->run;
	struct record *record = arena_alloc(&run->arena, sizeof(*record));
	struct err fault = { 0 };
	const char *raw;

	if (!csv_row_decode(&form->columns, row, "kind", form->kind,
		&run->arena, record, &fault)) {
		import_refuse(form->run, row, &fault);
		return;
	}
	if (record->id == NULL)
		record->id = id;
	raw = arena_text(&run->arena, row->raw.data, row->raw.size);
	intake_add(&run->in, record, (struct slice){ raw, row->raw.size },
	    row->line);
}

static bool
records_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct own_form *form = user;
	struct import_run *run = form->run;
	const char *id = id_of(form, row);
	uint64_t hash = id[0] != '\0'
	    ? text_hash(2, id, strlen(id))
	    : text_hash(1, row->raw.data, row->raw.size);
	bool is_mine, repeated = false;
	unsigned int number = 0;

	if (!row_occurrence(run, hash, &is_mine, &number, err))
		return false;
	if (is_mine && id[0] != '\0' &&
	    !is_repeated(form, row, number, &repeated, err))
		return false;
	if (!is_mine || is_done)
		return true;
	run->rows++;
	if (repeated)
		intake_refuse(&run->in, row->raw, row->line, "id",
		    "stands in the file before, with other content");
	else
		take_record(form, row,
		    arena_printf(&run->arena, "%s/%016llx/%u", form->file,
			(unsigned long long)hash, number));
	return true;
}

/* A file, and what its rows become: a register's, or records of a kind. */
struct own_step {
	const char *file;
	const struct own_register *into;
	const char *kind;
};

/* In the order in which they lean on each other. */
static const struct own_step steps[] = {
	{ "holidays.csv", &own_holidays, NULL },
	{ "courses.csv", &own_courses, NULL },
	{ "students.csv", &own_students, NULL },
	{ "enrollments.csv", &own_enrollments, NULL },
	{ "attendance.csv", NULL, "attendance" },
	{ "grades.csv", NULL, "grade" },
	{ "incidents.csv", NULL, "incident" },
	{ "activity.csv", NULL, "activity" },
	{ "outcomes.csv", NULL, "outcome" },
};

static struct file_step
file_step_of(const struct own_step *step)
{
	if (step->into != NULL)
		return (struct file_step){ step->file, FORM_ROWS, 0,
			own_register_head, own_register_take,
			own_register_flush };
	return (struct file_step){ step->file, FORM_ROWS, SLICE_BYTES,
		records_head, records_take, NULL };
}

bool
is_own_form(const struct bundle *bundle)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (bundle_find(bundle, steps[i].file) != NULL)
			return true;
	return false;
}

void
own_form_names(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", steps[i].file);
}

bool
import_own_form(struct import_run *run, struct err *err)
{
	struct own_form form = { .run = run };
	size_t first = (size_t)run->place.step;

	run->source = SOURCE_IMPORT;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct file_step step = file_step_of(&steps[i]);
		uint64_t bytes = step_bytes(run, &step);

		run->bytes_total += bytes;
		run->bytes_before += i < first ? bytes : 0;
	}
	for (size_t i = first; i < ARRAY_SIZE(steps) && !run->is_stopped; i++) {
		struct file_step step = file_step_of(&steps[i]);

		form.file = steps[i].file;
		form.into = steps[i].into;
		form.kind = steps[i].kind;
		if (!import_read(run, &step, &form, err))
			return false;
	}
	return true;
}
