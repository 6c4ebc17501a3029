/*
 * form_registers.c - the files of our own form that fill registers: holidays,
 * courses, students, enrollments.
 */
#include <string.h>

#include "services/ingestion/form_csv.h"

enum { HOLIDAYS_MOST = 1000 };

static bool
check_holiday(struct own_form *form, const struct csv_row *row, void *item,
    struct err *fault)
{
	const struct holiday *holiday = item, *before = form->items;

	(void)row;
	if (holiday->last < holiday->first ||
	    (form->count > 0 && holiday->first <= before[form->count - 1].last))
		return err_at(fault, "first",
		    "holidays go by date and do not overlap");
	return form->count < HOLIDAYS_MOST ||
	    err_set(fault, ERR_INVALID, "there are more than 1,000 holidays");
}

static bool
put_holidays(struct own_form *form, size_t *changed, struct err *err)
{
	struct registers to = import_registers(form->run);
	struct tenant_rules rules;
	const char *set_by;
	bool has_changed;

	if (!rules_get(to.db, to.tenant, to.arena, &rules, &set_by, err))
		return false;
	rules.holidays = form->items;
	rules.holidays_count = form->count;
	if (!rules_put(&to, &rules, &has_changed, err))
		return false;
	*changed += has_changed ? form->count : 0;
	return true;
}

const struct own_register own_holidays = { &holiday_message, NULL,
	sizeof(struct holiday), check_holiday, put_holidays };

static bool
check_course(struct own_form *form, const struct csv_row *row, void *item,
    struct err *fault)
{
	const struct course *course = item;
	int32_t today = form->run->in.rules.today;

	(void)row;
	return (course->end_date >= course->start_date &&
		   day_is_plausible(course->start_date, today) &&
		   day_is_plausible(course->end_date, today)) ||
	    err_at(fault, "end_date",
		"a course ends after it began, between 1990 and ten years "
		"from now");
}

static bool
put_courses(struct own_form *form, size_t *changed, struct err *err)
{
	struct registers to = import_registers(form->run);

	return courses_put(&to, form->items, form->count, false, changed, err);
}

const struct own_register own_courses = { &course_message, NULL,
	sizeof(struct course), check_course, put_courses };

static bool
has_protected(const struct own_form *form, const struct csv_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (form->columns_apart.fields[i] != NULL &&
		    row->fields[i][0] != '\0')
			return true;
	return false;
}

/* Protected attributes stand in columns of the same row. */
static bool
take_protected(struct own_form *form, const struct csv_row *row, void *item,
    struct err *fault)
{
	struct arena *arena = &form->run->arena;
	struct student *student = item;
	struct protected_attributes *apart = arena_alloc(arena, sizeof(*apart));

	if (!csv_row_decode(&form->columns_apart, row, NULL, NULL, arena, apart,
		fault))
		return false;
	if (has_protected(form, row))
		student->protected = apart;
	return true;
}

static bool
put_students(struct own_form *form, size_t *changed, struct err *err)
{
	struct registers to = import_registers(form->run);

	return students_put(&to, form->items, form->count, changed, err);
}

const struct own_register own_students = { &student_message,
	&protected_attributes_message, sizeof(struct student), take_protected,
	put_students };

/* Those of nobody, or of no course, are refused when that is found out. */
static bool
put_enrollments(struct own_form *form, size_t *changed, struct err *err)
{
	struct registers to = import_registers(form->run);
	struct unknown *unknown = NULL;
	size_t count = 0;

	if (!enrollments_put(&to, form->items, form->count, NULL, &unknown,
		&count, changed, err))
		return false;
	for (size_t i = 0; i < count; i++)
		intake_refuse(&form->run->in, (struct slice){ "", 0 },
		    form->lines[unknown[i].index],
		    unknown[i].is_student ? "student_id" : "course_id",
		    unknown[i].is_student
			? "this student is not in the register"
			: "this course is not in the register");
	return true;
}

const struct own_register own_enrollments = { &enrollment_message, NULL,
	sizeof(struct enrollment), NULL, put_enrollments };

bool
own_register_head(void *user, const struct csv_row *row, struct err *err)
{
	struct own_form *form = user;
	const struct own_register *into = form->into;

	return csv_columns_read(&form->columns, into->message, into->apart,
		   NULL, row, err) &&
	    (into->apart == NULL ||
		csv_columns_read(&form->columns_apart, into->apart,
		    into->message, NULL, row, err));
}

/* Where the next row goes.  Room for a whole chunk is made at its first row,
 * be that good or not. */
static void *
next_item(struct own_form *form)
{
	struct arena *arena = &form->run->arena;
	size_t size = form->into->size;
	char *item;

	if (form->items == NULL) {
		form->items = arena_array(arena, FORM_ROWS, size);
		form->lines = arena_array(arena, FORM_ROWS, sizeof(int64_t));
	}
	item = (char *)form->items + form->count * size;
	memset(item, 0, size); /* of a row that was refused */
	return item;
}

bool
own_register_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct own_form *form = user;
	const struct own_register *into = form->into;
	struct err fault = { 0 };
	void *item;

	(void)err;
	if (is_done)
		return true;
	form->run->rows++;
	item = next_item(form);
	if (csv_row_decode(&form->columns, row, NULL, NULL, &form->run->arena,
		item, &fault) &&
	    (into->complete == NULL || into->complete(form, row, item, &fault)))
		form->lines[form->count++] = row->line;
	else
		import_refuse(form->run, row, &fault);
	return true;
}

bool
own_register_flush(void *user, struct err *err)
{
	struct own_form *form = user;
	size_t changed = 0;

	if (form->count > 0 && !form->into->put(form, &changed, err))
		return false;
	form->run->stored += (int64_t)changed;
	form->items = NULL;
	form->count = 0;
	return true;
}
