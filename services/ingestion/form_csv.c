/*
 * form_csv.c - an import in our own form: one CSV file a kind, columns named
 * like the fields of the API (docs/data-formats.md).
 *
 * A record without an id gets one of its content and of how often the same row
 * has occurred in the file: equal rows count, and a second import of the same
 * file adds nothing.
 */
#include <string.h>

#include "services/ingestion/csv_rows.h"
#include "services/ingestion/import_run.h"
#include "services/ingestion/register_write.h"
#include "services/ingestion/sources.h"

/* A row needs two of the places that hold what was seen, and 16 bytes. */
enum { CHUNK_ROWS = 5000, SLICE_BYTES = 14000000, HOLIDAYS_MOST = 1000 };

struct own_form {
	struct import_run *run; /* borrowed */
	const char *file, *kind;
	struct csv_columns columns, protected_columns;
	/* What the chunk has gathered, in its arena: CHUNK_ROWS each. */
	struct holiday *holidays;
	struct course *courses;
	struct student *students;
	struct enrollment *enrollments;
	int64_t *lines; /* of each of them */
	size_t count;
	int id_column; /* of records; -1: none */
};

/* A row that is no message: its first fault, or the detail. */
static void
refuse(struct own_form *form, const struct csv_row *row,
    const struct err *fault)
{
	intake_refuse(&form->run->in, row->raw, row->line,
	    fault->place_count > 0 ? fault->places[0].pointer : NULL,
	    fault->place_count > 0 ? fault->places[0].message : fault->detail);
}

static void
refuse_line(struct own_form *form, int64_t line, const char *field,
    const char *fault)
{
	intake_refuse(&form->run->in, (struct slice){ "", 0 }, line, field,
	    fault);
}

/* Room for a chunk's gathering, when it begins. */
static void *
gather(struct own_form *form, void *array, size_t size)
{
	struct arena *arena = &form->run->arena;

	if (form->count > 0)
		return array;
	form->lines = arena_array(arena, CHUNK_ROWS, sizeof(int64_t));
	return arena_array(arena, CHUNK_ROWS, size);
}

static struct registers
registers_of(const struct own_form *form)
{
	return (struct registers){ .db = form->run->w->db,
		.arena = &form->run->arena,
		.tenant = form->run->tenant,
		.source = form->run->source,
		.today = form->run->in.rules.today };
}

static bool
holidays_head(void *user, const struct csv_row *row, struct err *err)
{
	struct own_form *form = user;

	return csv_columns_read(&form->columns, &holiday_message, NULL, NULL,
	    row, err);
}

static bool
holidays_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct own_form *form = user;
	struct holiday holiday = { 0 };
	struct err fault = { 0 };

	(void)err;
	if (is_done)
		return true;
	form->holidays = gather(form, form->holidays, sizeof(holiday));
	form->run->rows++;
	if (!csv_row_decode(&form->columns, row, NULL, NULL, &form->run->arena,
		&holiday, &fault))
		refuse(form, row, &fault);
	else if (holiday.last < holiday.first ||
	    (form->count > 0 &&
		holiday.first <= form->holidays[form->count - 1].last))
		intake_refuse(&form->run->in, row->raw, row->line, "first",
		    "holidays go by date and do not overlap");
	else if (form->count == HOLIDAYS_MOST)
		intake_refuse(&form->run->in, row->raw, row->line, NULL,
		    "there are more than 1,000 holidays");
	else
		form->holidays[form->count++] = holiday;
	return true;
}

static bool
holidays_flush(void *user, struct err *err)
{
	struct own_form *form = user;
	struct registers to = registers_of(form);
	struct tenant_rules rules;
	const char *set_by;
	bool changed;

	if (form->count == 0)
		return true;
	if (!rules_get(to.db, to.tenant, to.arena, &rules, &set_by, err))
		return false;
	rules.holidays = form->holidays;
	rules.holidays_count = form->count;
	if (!rules_put(&to, &rules, &changed, err))
		return false;
	form->run->stored += changed ? (int64_t)form->count : 0;
	form->count = 0;
	return true;
}

static bool
courses_head(void *user, const struct csv_row *row, struct err *err)
{
	struct own_form *form = user;

	return csv_columns_read(&form->columns, &course_message, NULL, NULL,
	    row, err);
}

static bool
courses_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct own_form *form = user;
	struct course course = { 0 };
	struct err fault = { 0 };
	int32_t today = form->run->in.rules.today;

	(void)err;
	if (is_done)
		return true;
	form->courses = gather(form, form->courses, sizeof(course));
	form->run->rows++;
	if (!csv_row_decode(&form->columns, row, NULL, NULL, &form->run->arena,
		&course, &fault))
		refuse(form, row, &fault);
	else if (course.end_date < course.start_date ||
	    !day_is_plausible(course.start_date, today) ||
	    !day_is_plausible(course.end_date, today))
		intake_refuse(&form->run->in, row->raw, row->line, "end_date",
		    "a course ends after it began, between 1990 and ten years "
		    "from now");
	else
		form->courses[form->count++] = course;
	return true;
}

static bool
courses_flush(void *user, struct err *err)
{
	struct own_form *form = user;
	struct registers to = registers_of(form);
	size_t changed = 0, count = form->count;

	form->count = 0;
	if (!courses_put(&to, form->courses, count, false, &changed, err))
		return false;
	form->run->stored += (int64_t)changed;
	return true;
}

static bool
students_head(void *user, const struct csv_row *row, struct err *err)
{
	struct own_form *form = user;

	return csv_columns_read(&form->columns, &student_message,
		   &protected_attributes_message, NULL, row, err) &&
	    csv_columns_read(&form->protected_columns,
		&protected_attributes_message, &student_message, NULL, row,
		err);
}

static bool
has_protected(const struct own_form *form, const struct csv_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (form->protected_columns.fields[i] != NULL &&
		    row->fields[i][0] != '\0')
			return true;
	return false;
}

static bool
students_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct own_form *form = user;
	struct arena *arena = &form->run->arena;
	struct protected_attributes *apart =
	    is_done ? NULL : arena_alloc(arena, sizeof(*apart));
	struct student student = { 0 };
	struct err fault = { 0 };

	(void)err;
	if (is_done)
		return true;
	form->students = gather(form, form->students, sizeof(student));
	form->run->rows++;
	if (!csv_row_decode(&form->columns, row, NULL, NULL, arena, &student,
		&fault) ||
	    !csv_row_decode(&form->protected_columns, row, NULL, NULL, arena,
		apart, &fault)) {
		refuse(form, row, &fault);
		return true;
	}
	if (has_protected(form, row))
		student.protected = apart;
	form->students[form->count++] = student;
	return true;
}

static bool
students_flush(void *user, struct err *err)
{
	struct own_form *form = user;
	struct registers to = registers_of(form);
	size_t changed = 0, count = form->count;

	form->count = 0;
	if (!students_put(&to, form->students, count, &changed, err))
		return false;
	form->run->stored += (int64_t)changed;
	return true;
}

static bool
enrollments_head(void *user, const struct csv_row *row, struct err *err)
{
	struct own_form *form = user;

	return csv_columns_read(&form->columns, &enrollment_message, NULL, NULL,
	    row, err);
}

static bool
enrollments_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct own_form *form = user;
	struct enrollment enrollment = { 0 };
	struct err fault = { 0 };

	(void)err;
	if (is_done)
		return true;
	form->enrollments = gather(form, form->enrollments, sizeof(enrollment));
	form->run->rows++;
	if (!csv_row_decode(&form->columns, row, NULL, NULL, &form->run->arena,
		&enrollment, &fault)) {
		refuse(form, row, &fault);
		return true;
	}
	form->lines[form->count] = row->line;
	form->enrollments[form->count++] = enrollment;
	return true;
}

static bool
enrollments_flush(void *user, struct err *err)
{
	struct own_form *form = user;
	struct registers to = registers_of(form);
	struct unknown *unknown = NULL;
	size_t unknown_count = 0, changed = 0, count = form->count;

	form->count = 0;
	if (!enrollments_put(&to, form->enrollments, count, NULL, &unknown,
		&unknown_count, &changed, err))
		return false;
	for (size_t i = 0; i < unknown_count; i++)
		refuse_line(form, form->lines[unknown[i].index],
		    unknown[i].is_student ? "student_id" : "course_id",
		    unknown[i].is_student
			? "this student is not in the register"
			: "this course is not in the register");
	form->run->stored += (int64_t)changed;
	return true;
}

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
		refuse(form, row, &fault);
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

/* In the order in which they lean on each other. */
static const struct {
	struct file_step step;
	const char *kind;
} steps[] = {
	{ { "holidays.csv", CHUNK_ROWS, 0, holidays_head, holidays_take,
	      holidays_flush },
	    NULL },
	{ { "courses.csv", CHUNK_ROWS, 0, courses_head, courses_take,
	      courses_flush },
	    NULL },
	{ { "students.csv", CHUNK_ROWS, 0, students_head, students_take,
	      students_flush },
	    NULL },
	{ { "enrollments.csv", CHUNK_ROWS, 0, enrollments_head,
	      enrollments_take, enrollments_flush },
	    NULL },
	{ { "attendance.csv", CHUNK_ROWS, SLICE_BYTES, records_head,
	      records_take, NULL },
	    "attendance" },
	{ { "grades.csv", CHUNK_ROWS, SLICE_BYTES, records_head, records_take,
	      NULL },
	    "grade" },
	{ { "incidents.csv", CHUNK_ROWS, SLICE_BYTES, records_head,
	      records_take, NULL },
	    "incident" },
	{ { "activity.csv", CHUNK_ROWS, SLICE_BYTES, records_head, records_take,
	      NULL },
	    "activity" },
	{ { "outcomes.csv", CHUNK_ROWS, SLICE_BYTES, records_head, records_take,
	      NULL },
	    "outcome" },
};

bool
is_own_form(const struct bundle *bundle)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (bundle_find(bundle, steps[i].step.file) != NULL)
			return true;
	return false;
}

bool
import_own_form(struct import_run *run, struct err *err)
{
	struct own_form form = { .run = run };
	size_t first = (size_t)run->place.step;

	run->source = SOURCE_IMPORT;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		run->bytes_total += step_bytes(run, &steps[i].step);
		run->bytes_before +=
		    i < first ? step_bytes(run, &steps[i].step) : 0;
	}
	for (size_t i = first; i < ARRAY_SIZE(steps) && !run->is_stopped; i++) {
		form.file = steps[i].step.file;
		form.kind = steps[i].kind;
		form.count = 0;
		if (!import_read(run, &steps[i].step, &form, err))
			return false;
	}
	return true;
}
