/* registers.c - tenants' rules, courses and enrollments, as the log says. */
#include "services/prediction/project.h"
#include "services/prediction/queries.h"
#include "wire/json.h"

static struct db_value
day_or_null(bool has, int32_t day)
{
	return has ? db_day(day) : db_null();
}

static bool
put_rules(struct worker *w, const struct log_entry *entry, struct err *err)
{
	struct buf json = { 0 };
	bool done;

	json_encode(&tenant_rules_message, entry->rules, &json);
	done = db_exec(w->db, &query_put_tenant_rules,
	    DB_ARGS(db_text(entry->tenant), db_slice(buf_slice(&json)),
		db_integer(entry->position)),
	    NULL, err);
	buf_close(&json);
	return done;
}

static bool
put_course(struct worker *w, const struct log_entry *entry, struct err *err)
{
	const struct course *course = entry->course;

	return db_exec(w->db, &query_put_course,
	    DB_ARGS(db_text(entry->tenant), db_text(course->course_id),
		db_text(course->title), db_day(course->start_date),
		db_day(course->end_date),
		db_flag(course->has_school_year && course->school_year),
		course->has_core ? db_flag(course->core) : db_null(),
		course->has_credits ? db_real(course->credits) : db_null(),
		db_text(course->term),
		day_or_null(course->has_tracked_from, course->tracked_from),
		day_or_null(course->has_tracked_until, course->tracked_until),
		db_integer(entry->position)),
	    NULL, err);
}

static bool
put_enrollment(struct worker *w, const struct log_entry *entry, struct err *err)
{
	const struct enrollment *enrollment = entry->enrollment;

	return db_exec(w->db, &query_put_enrollment,
	    DB_ARGS(db_text(entry->tenant), db_integer(entry->enrollment_id),
		db_text(enrollment->student_id), db_text(enrollment->course_id),
		day_or_null(enrollment->has_registered_on,
		    enrollment->registered_on),
		day_or_null(enrollment->has_withdrawn_on,
		    enrollment->withdrawn_on),
		enrollment->has_previous_attempts
		    ? db_integer(enrollment->previous_attempts)
		    : db_null(),
		enrollment->has_credits ? db_real(enrollment->credits)
					: db_null(),
		db_text(enrollment->school), db_text(enrollment->section),
		db_integer(entry->position)),
	    NULL, err);
}

bool
project_register(struct worker *w, const struct log_entry *entry,
    struct err *err)
{
	if (entry->kind == RECORD_TENANT && entry->rules != NULL)
		return put_rules(w, entry, err);
	if (entry->kind == RECORD_COURSE && entry->course != NULL)
		return put_course(w, entry, err);
	if (entry->kind == RECORD_ENROLLMENT && entry->enrollment != NULL &&
	    entry->has_enrollment_id)
		return put_enrollment(w, entry, err);
	return err_set(err, ERR_INTERNAL,
	    "entry %lld of the log is a register entry without its register",
	    (long long)entry->position);
}
