/*
 * registers.c - courses, students, enrollments and the tenant's rules: single
 * ones, lists, and many at once (POST registers/batch).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/row.h"
#include "service/lists.h"
#include "service/visible.h"
#include "services/ingestion/check.h"
#include "services/ingestion/ingestion.h"
#include "services/ingestion/queries.h"
#include "services/ingestion/register_write.h"

static bool
begin(struct worker *w, struct call *call, struct registers *to,
    struct err *err)
{
	*to = (struct registers){ .db = w->db,
		.arena = call->arena,
		.tenant = call->head->tenant,
		.source = "api" };
	w->said = true;
	return registers_begin(to, err);
}

/* The id in the body must be the one of the path. */
static bool
check_id(const struct call *call, const char *name, const char *id,
    struct err *err)
{
	if (strcmp(call_path(call, name), id) == 0)
		return true;
	return err_at(err, name, "is not the one in the path");
}

static bool
check_course(const struct course *course, int32_t today, const char *prefix,
    struct err *err)
{
	char pointer[64];

	snprintf(pointer, sizeof(pointer), "%send_date", prefix);
	if (course->end_date < course->start_date)
		return err_at(err, pointer, "is before start_date");
	if (day_is_plausible(course->start_date, today) &&
	    day_is_plausible(course->end_date, today))
		return true;
	snprintf(pointer, sizeof(pointer), "%sstart_date", prefix);
	return err_at(err, pointer,
	    "a course lies between 1990 and ten years from now");
}

bool
put_course(struct worker *w, struct call *call, struct err *err)
{
	struct course course = { 0 };
	struct registers to;
	size_t changed = 0;

	return call_read(call, &course, err) &&
	    check_id(call, "course_id", course.course_id, err) &&
	    begin(w, call, &to, err) &&
	    check_course(&course, to.today, "", err) &&
	    courses_put(&to, &course, 1, false, &changed, err) &&
	    reply(call, 200, &course_message, &course);
}

bool
tell_missing(struct err *err, const char *what, const char *id)
{
	return err->code == ERR_NOT_FOUND &&
	    err_set(err, ERR_NOT_FOUND, "there is no %s %s", what, id);
}

bool
get_course(struct worker *w, struct call *call, struct err *err)
{
	const char *id = call_path(call, "course_id");
	struct course course = { 0 };

	if (!db_read_one(w->db, &query_get_course,
		DB_ARGS(db_text(call->head->tenant), db_text(id)),
		&course_message, call->arena, &course, err))
		return tell_missing(err, "course", id);
	return reply(call, 200, &course_message, &course);
}

static bool
read_list(struct call *call, struct list_question *question, struct err *err)
{
	if (!call_read(call, question, err))
		return false;
	if (!question->has_limit)
		question->limit = LIST_USUAL;
	if (question->cursor == NULL)
		question->cursor = "";
	return true;
}

bool
list_courses(struct worker *w, struct call *call, struct err *err)
{
	struct list_question question = { 0 };
	struct course_list list = { 0 };
	void *items;

	if (!read_list(call, &question, err) ||
	    !db_read_many(w->db, &query_list_courses,
		DB_ARGS(db_text(call->head->tenant), db_text(question.cursor),
		    db_integer(question.limit + 1)),
		&course_message, call->arena, &items, &list.items_count, err))
		return false;
	list.items = items;
	if (list_cut(&list.items_count, question.limit))
		list.next = list.items[question.limit - 1].course_id;
	return reply(call, 200, &course_list_message, &list);
}

bool
put_student(struct worker *w, struct call *call, struct err *err)
{
	struct student student = { 0 };
	struct registers to;
	size_t changed = 0;

	if (!call_read(call, &student, err) ||
	    !check_id(call, "student_id", student.student_id, err) ||
	    !begin(w, call, &to, err) ||
	    !students_put(&to, &student, 1, &changed, err))
		return false;
	student.protected = NULL;
	return reply(call, 200, &student_message, &student);
}

bool
get_student(struct worker *w, struct call *call, struct err *err)
{
	const char *id = call_path(call, "student_id");
	struct student student = { 0 };

	if (!db_read_one(w->db, &query_get_student,
		DB_ARGS(db_text(call->head->tenant), db_text(id),
		    visible_schools(call->head), visible_sections(call->head)),
		&student_message, call->arena, &student, err))
		return tell_missing(err, "student", id);
	return reply(call, 200, &student_message, &student);
}

bool
list_students(struct worker *w, struct call *call, struct err *err)
{
	struct list_question question = { 0 };
	struct student_list list = { 0 };
	void *items;

	if (!read_list(call, &question, err) ||
	    !db_read_many(w->db, &query_list_students,
		DB_ARGS(db_text(call->head->tenant), db_text(question.cursor),
		    visible_schools(call->head), visible_sections(call->head),
		    db_integer(question.limit + 1)),
		&student_message, call->arena, &items, &list.items_count, err))
		return false;
	list.items = items;
	if (list_cut(&list.items_count, question.limit))
		list.next = list.items[question.limit - 1].student_id;
	return reply(call, 200, &student_list_message, &list);
}

bool
put_enrollment(struct worker *w, struct call *call, struct err *err)
{
	struct enrollment enrollment = { 0 };
	struct registers to;
	size_t changed = 0;

	return call_read(call, &enrollment, err) &&
	    check_id(call, "course_id", enrollment.course_id, err) &&
	    check_id(call, "student_id", enrollment.student_id, err) &&
	    begin(w, call, &to, err) &&
	    enrollments_put(&to, &enrollment, 1, NULL, NULL, NULL, &changed,
		err) &&
	    db_read_one(w->db, &query_get_enrollment,
		DB_ARGS(db_text(to.tenant), db_text(enrollment.course_id),
		    db_text(enrollment.student_id)),
		&enrollment_message, call->arena, &enrollment, err) &&
	    reply(call, 200, &enrollment_message, &enrollment);
}

bool
list_enrollments(struct worker *w, struct call *call, struct err *err)
{
	struct list_question question = { 0 };
	struct enrollment_list list = { 0 };
	void *items;

	if (!read_list(call, &question, err) ||
	    !db_read_many(w->db, &query_list_enrollments,
		DB_ARGS(db_text(call->head->tenant),
		    db_text(call_path(call, "course_id")),
		    db_text(question.cursor), visible_schools(call->head),
		    visible_sections(call->head),
		    db_integer(question.limit + 1)),
		&enrollment_message, call->arena, &items, &list.items_count,
		err))
		return false;
	list.items = items;
	if (list_cut(&list.items_count, question.limit))
		list.next = list.items[question.limit - 1].student_id;
	return reply(call, 200, &enrollment_list_message, &list);
}

static bool
check_courses(const struct register_batch *batch, int32_t today,
    struct err *err)
{
	char prefix[48];

	for (size_t i = 0; i < batch->courses_count; i++) {
		snprintf(prefix, sizeof(prefix), "courses[%zu].", i);
		if (!check_course(&batch->courses[i], today, prefix, err))
			return false;
	}
	return true;
}

bool
put_registers(struct worker *w, struct call *call, struct err *err)
{
	struct register_batch batch = { 0 };
	struct register_answer answer;
	struct registers to;
	size_t courses = 0, students = 0, enrollments = 0;

	if (!call_read(call, &batch, err) || !begin(w, call, &to, err) ||
	    !check_courses(&batch, to.today, err) ||
	    !courses_put(&to, batch.courses, batch.courses_count, false,
		&courses, err) ||
	    !students_put(&to, batch.students, batch.students_count, &students,
		err) ||
	    !enrollments_put(&to, batch.enrollments, batch.enrollments_count,
		"enrollments", NULL, NULL, &enrollments, err))
		return false;
	answer = (struct register_answer){ (int64_t)courses, (int64_t)students,
		(int64_t)enrollments };
	return reply(call, 200, &register_answer_message, &answer);
}

bool
get_tenant_rules(struct worker *w, struct call *call, struct err *err)
{
	struct tenant_rules rules;
	const char *set_by;

	return rules_get(w->db, call->head->tenant, call->arena, &rules,
		   &set_by, err) &&
	    reply(call, 200, &tenant_rules_message, &rules);
}

static int
by_first_day(const void *a, const void *b)
{
	const struct holiday *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

/* Sorted and apart, as readers want them. */
static bool
check_holidays(struct tenant_rules *rules, struct err *err)
{
	if (rules->holidays_count > 1)
		qsort(rules->holidays, rules->holidays_count,
		    sizeof(*rules->holidays), by_first_day);
	for (size_t i = 0; i < rules->holidays_count; i++) {
		const struct holiday *day = &rules->holidays[i];

		if (day->last < day->first)
			return err_at(err, "holidays",
			    "one ends before it begins");
		if (i > 0 && day->first <= day[-1].last)
			return err_at(err, "holidays", "two overlap");
	}
	return true;
}

static bool
check_zone(struct worker *w, const char *zone, struct err *err)
{
	struct db_result result = { 0 };
	bool is_known;

	if (!db_query(w->db, &query_is_time_zone, DB_ARGS(db_text(zone)),
		&result, err))
		return false;
	is_known = db_get_flag(&result, 0, 0);
	db_result_close(&result);
	return is_known ||
	    err_at(err, "time_zone",
		"is no zone of the time zone database, "
		"like Europe/London");
}

bool
put_tenant_rules(struct worker *w, struct call *call, struct err *err)
{
	struct tenant_rules rules = { 0 };
	struct registers to;
	bool changed;

	if (!call_read(call, &rules, err) || !check_holidays(&rules, err) ||
	    !check_zone(w, rules.time_zone, err) || !begin(w, call, &to, err))
		return false;
	to.source = call->head->principal;
	return rules_put(&to, &rules, &changed, err) &&
	    reply(call, 200, &tenant_rules_message, &rules);
}
