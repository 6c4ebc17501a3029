/* register_write.c - registers by staging tables, and their log entries. */
#include "services/ingestion/register_write.h"

#include <stdio.h>

#include "db/row.h"
#include "services/ingestion/append.h"
#include "services/ingestion/queries.h"
#include "wire/json.h"

enum { STUDENT_COLUMNS = 13, ENROLLMENT_COLUMNS = 9 };

bool
registers_begin(struct registers *to, struct err *err)
{
	struct db_result result = { 0 };

	if (!db_query(to->db, &query_tenant_clock, DB_ARGS(db_text(to->tenant)),
		&result, err))
		return false;
	to->today = db_get_day(&result, 0, 1);
	db_result_close(&result);
	return true;
}

/* Log what a statement returned: courses or enrollments. */
static bool
log_changed(struct registers *to, const struct db_result *result,
    enum record_kind kind, const struct message *message, struct err *err)
{
	struct append_registers log;
	void *values;
	size_t count;

	if (result->row_count == 0)
		return true;
	if (!rows_read(result, message, to->arena, &values, &count, err) ||
	    !append_registers_begin(&log, to->db, to->tenant, to->source,
		to->today, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *value = (const char *)values + i * message->size;
		int64_t id = 0;

		if (kind == RECORD_ENROLLMENT)
			id = ((const struct enrollment *)(const void *)value)
				 ->enrollment_id;
		append_register(&log, kind, id, message, value);
	}
	return append_registers_end(&log, err);
}

static struct db_value
day_or_null(bool has, int32_t day)
{
	return has ? db_day(day) : db_null();
}

static struct db_value
flag_or_null(bool has, bool flag)
{
	return has ? db_flag(flag) : db_null();
}

static bool
put_course(struct registers *to, const struct course *c, bool keep_tracked,
    size_t *changed, struct err *err)
{
	struct db_result result = { 0 };
	bool is_good;

	if (!db_query(to->db, &query_put_course,
		DB_ARGS(db_text(to->tenant), db_text(c->course_id),
		    db_text(c->title), db_day(c->start_date),
		    db_day(c->end_date),
		    flag_or_null(c->has_school_year, c->school_year),
		    flag_or_null(c->has_core, c->core),
		    c->has_credits ? db_real(c->credits) : db_null(),
		    db_text(c->term),
		    day_or_null(c->has_tracked_from, c->tracked_from),
		    day_or_null(c->has_tracked_until, c->tracked_until),
		    db_flag(keep_tracked)),
		&result, err))
		return false;
	*changed += result.row_count;
	is_good = log_changed(to, &result, RECORD_COURSE, &course_message, err);
	db_result_close(&result);
	return is_good;
}

bool
courses_put(struct registers *to, const struct course *courses, size_t count,
    bool keep_tracked, size_t *changed, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (!put_course(to, &courses[i], keep_tracked, changed, err))
			return false;
	return true;
}

bool
course_set_tracked(struct registers *to, const char *course_id, int32_t from,
    int32_t until, size_t *changed, struct err *err)
{
	struct db_result result = { 0 };
	bool is_good;

	if (!db_query(to->db, &query_set_tracked,
		DB_ARGS(db_text(to->tenant), db_text(course_id), db_day(from),
		    db_day(until)),
		&result, err))
		return false;
	*changed += result.row_count;
	is_good = log_changed(to, &result, RECORD_COURSE, &course_message, err);
	db_result_close(&result);
	return is_good;
}

static void
copy_student(struct copy *copy, size_t n, const struct student *student)
{
	static const struct protected_attributes nothing_known = { 0 };
	const struct protected_attributes *p =
	    student->protected != NULL ? student->protected : &nothing_known;

	copy_row(copy);
	copy_int8(copy, (int64_t)n);
	copy_text(copy, student->student_id);
	copy_text(copy, student->name);
	copy_text(copy, student->grade_level);
	copy_text(copy, student->school);
	copy_flag(copy, student->protected != NULL);
	copy_text(copy, p->gender);
	copy_text(copy, p->ethnicity);
	copy_text(copy, p->disability);
	copy_text(copy, p->deprivation);
	copy_text(copy, p->age);
	copy_text(copy, p->region);
	copy_text(copy, p->education);
}

bool
students_put(struct registers *to, const struct student *students, size_t count,
    size_t *changed, struct err *err)
{
	struct copy copy;
	size_t rows, changed_here;

	if (count == 0)
		return true;
	if (!db_exec(to->db, &query_stage_students, DB_NO_ARGS, NULL, err) ||
	    !copy_start(&copy, to->db, &query_copy_staged_student,
		STUDENT_COLUMNS, err))
		return false;
	for (size_t i = 0; i < count; i++)
		copy_student(&copy, i, &students[i]);
	if (!copy_end(&copy, &rows, err) ||
	    !db_exec(to->db, &query_put_staged_students,
		DB_ARGS(db_text(to->tenant)), &changed_here, err) ||
	    !db_exec(to->db, &query_put_staged_protected,
		DB_ARGS(db_text(to->tenant)), NULL, err))
		return false;
	*changed += changed_here;
	return true;
}

static void
copy_maybe_day(struct copy *copy, bool has, int32_t day)
{
	if (has)
		copy_day(copy, day);
	else
		copy_null(copy);
}

static bool
stage_enrollments(struct registers *to, const struct enrollment *enrollments,
    size_t count, struct err *err)
{
	struct copy copy;
	size_t rows;

	if (!db_exec(to->db, &query_stage_enrollments, DB_NO_ARGS, NULL, err) ||
	    !copy_start(&copy, to->db, &query_copy_staged_enrollment,
		ENROLLMENT_COLUMNS, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct enrollment *e = &enrollments[i];

		copy_row(&copy);
		copy_int8(&copy, (int64_t)i);
		copy_text(&copy, e->student_id);
		copy_text(&copy, e->course_id);
		copy_maybe_day(&copy, e->has_registered_on, e->registered_on);
		copy_maybe_day(&copy, e->has_withdrawn_on, e->withdrawn_on);
		if (e->has_previous_attempts)
			copy_int4(&copy, (int32_t)e->previous_attempts);
		else
			copy_null(&copy);
		if (e->has_credits)
			copy_float8(&copy, e->credits);
		else
			copy_null(&copy);
		copy_text(&copy, e->school);
		copy_text(&copy, e->section);
	}
	return copy_end(&copy, &rows, err);
}

static void
fault_unknown(const struct unknown *unknown, const char *name, struct err *err)
{
	const char *field = unknown->is_student ? "student_id" : "course_id";
	char pointer[128];

	if (name == NULL)
		snprintf(pointer, sizeof(pointer), "%s", field);
	else
		snprintf(pointer, sizeof(pointer), "%s[%zu].%s", name,
		    unknown->index, field);
	(void)err_at(err, pointer, "this %s is not in the register",
	    unknown->is_student ? "student" : "course");
}

/* Take what is unknown out of the staging table. */
static bool
drop_unknown(struct registers *to, struct unknown **unknown, size_t *count,
    struct err *err)
{
	struct db_result result = { 0 };
	int64_t *indices;

	if (!db_query(to->db, &query_find_unknown, DB_ARGS(db_text(to->tenant)),
		&result, err))
		return false;
	*count = result.row_count;
	*unknown = arena_array(to->arena, *count, sizeof(**unknown));
	indices = arena_array(to->arena, *count, sizeof(*indices));
	for (size_t i = 0; i < *count; i++) {
		indices[i] = db_get_integer(&result, i, 0);
		(*unknown)[i] = (struct unknown){ (size_t)indices[i],
			db_get_flag(&result, i, 1) };
	}
	db_result_close(&result);
	return *count == 0 ||
	    db_exec(to->db, &query_drop_unknown,
		DB_ARGS(db_integers(indices, *count)), NULL, err);
}

bool
enrollments_put(struct registers *to, const struct enrollment *enrollments,
    size_t count, const char *name, struct unknown **unknown,
    size_t *unknown_count, size_t *changed, struct err *err)
{
	struct db_result result = { 0 };
	struct unknown *found;
	size_t found_count;
	bool is_good;

	if (count == 0)
		return true;
	if (!stage_enrollments(to, enrollments, count, err) ||
	    !drop_unknown(to, &found, &found_count, err))
		return false;
	if (unknown == NULL && found_count > 0) {
		for (size_t i = 0; i < found_count; i++)
			fault_unknown(&found[i], name, err);
		return false;
	}
	if (unknown != NULL) {
		*unknown = found;
		*unknown_count = found_count;
	}
	if (!db_query(to->db, &query_put_staged_enrollments,
		DB_ARGS(db_text(to->tenant)), &result, err))
		return false;
	*changed += result.row_count;
	is_good = log_changed(to, &result, RECORD_ENROLLMENT,
	    &enrollment_message, err);
	db_result_close(&result);
	return is_good;
}

bool
rules_get(struct db *db, const char *tenant, struct arena *arena,
    struct tenant_rules *rules, const char **set_by, struct err *err)
{
	struct db_result result = { 0 };
	bool is_good;

	*set_by = NULL;
	*rules = (struct tenant_rules){ .time_zone = "UTC",
		.attendance_from = SOURCE_ROLL_CALL,
		.pass_mark = 60,
		.full_load = 1,
		.school_days = 0x1f };
	if (!db_query(db, &query_get_tenant_rule, DB_ARGS(db_text(tenant)),
		&result, err)) {
		if (err->code != ERR_NOT_FOUND)
			return false;
		err_clear(err);
		return true;
	}
	is_good =
	    row_read(&result, 0, &tenant_rules_message, arena, rules, err);
	*set_by = db_get_text(&result, 0, 7, arena);
	db_result_close(&result);
	return is_good;
}

/* The holidays as the member of the rules' JSON. */
static void
encode_holidays(const struct tenant_rules *rules, struct buf *out)
{
	buf_byte(out, '[');
	for (size_t i = 0; i < rules->holidays_count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		json_encode(&holiday_message, &rules->holidays[i], out);
	}
	buf_byte(out, ']');
}

bool
rules_put(struct registers *to, const struct tenant_rules *rules, bool *changed,
    struct err *err)
{
	struct append_registers log;
	struct buf holidays = { 0 };
	size_t affected;
	bool is_good;

	encode_holidays(rules, &holidays);
	is_good = db_exec(to->db, &query_put_tenant_rule,
	    DB_ARGS(db_text(to->tenant), db_text(rules->time_zone),
		db_integer(rules->attendance_from), db_real(rules->pass_mark),
		db_real(rules->full_load), db_integer(rules->school_days),
		day_or_null(rules->has_as_of, rules->as_of),
		db_slice(buf_slice(&holidays)), db_text(to->source)),
	    &affected, err);
	buf_close(&holidays);
	if (!is_good)
		return false;
	*changed = affected > 0;
	if (affected == 0)
		return true;
	if (!append_registers_begin(&log, to->db, to->tenant, to->source,
		to->today, err))
		return false;
	append_register(&log, RECORD_TENANT, 0, &tenant_rules_message, rules);
	return append_registers_end(&log, err);
}
