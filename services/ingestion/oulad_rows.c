/* oulad_rows.c - the rows of the OULAD's files: registers and records. */
#include <string.h>

#include "services/ingestion/form_oulad.h"
#include "services/ingestion/sources.h"

enum {
	ROWS = 5000,
	REGISTER_ROWS = 2000,
	SLICE_BYTES = 32000000,
	PASS_MARK = 40,
	FULL_LOAD = 120, /* credits of a year of full-time study */
	EVERY_DAY = 0x7f
};

#define HEAD(name, file)                                                   \
	static bool name##_head(void *user, const struct csv_row *row,     \
	    struct err *err)                                               \
	{                                                                  \
		struct oulad_form *form = user;                            \
                                                                           \
		return oulad_columns_read(&form->columns, file, row, err); \
	}
HEAD(courses, OULAD_COURSES)
HEAD(assessments, OULAD_ASSESSMENTS)
HEAD(vle, OULAD_VLE)
HEAD(info, OULAD_INFO)
HEAD(registration, OULAD_REGISTRATION)
HEAD(submissions, OULAD_SUBMISSIONS)
HEAD(clicks, OULAD_CLICKS)

static bool
courses_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct oulad_form *form = user;
	const struct oulad_course *course;
	struct err fault;
	int32_t index;

	(void)err;
	if (!oulad_read_course(&form->data, &form->columns, row, &index,
		&fault)) {
		if (!is_done)
			import_refuse(form->run, row, &fault);
		form->run->rows += !is_done;
		return true;
	}
	if (is_done)
		return true;
	if (form->count == 0)
		form->courses = arena_array(&form->run->arena,
		    OULAD_COURSES_MOST, sizeof(*form->courses));
	course = &form->data.courses[index];
	form->run->rows++;
	form->courses[form->count++] = (struct course){
		.course_id = course->id,
		.start_date = course->day0,
		.end_date = course->day0 + course->length - 1,
		.term = course->presentation,
	};
	return true;
}

bool
oulad_set_rules(const struct oulad_form *form, struct registers *to,
    bool has_as_of, int32_t as_of, struct err *err)
{
	struct tenant_rules rules;
	const char *set_by;
	bool changed;

	if (!rules_get(to->db, form->run->tenant, to->arena, &rules, &set_by,
		err))
		return false;
	if (set_by != NULL && strcmp(set_by, SOURCE_OULAD) != 0)
		return true;
	if (set_by == NULL)
		rules = (struct tenant_rules){ .time_zone = "Europe/London",
			.attendance_from = SOURCE_ACTIVITY,
			.pass_mark = PASS_MARK,
			.full_load = FULL_LOAD,
			.school_days = EVERY_DAY };
	if (has_as_of) {
		rules.has_as_of = true;
		rules.as_of = as_of;
	}
	return rules_put(to, &rules, &changed, err);
}

static bool
courses_flush(void *user, struct err *err)
{
	struct oulad_form *form = user;
	struct registers to = import_registers(form->run);
	size_t changed = 0, count = form->count;

	form->count = 0;
	if (!oulad_set_rules(form, &to, false, 0, err) ||
	    !courses_put(&to, form->courses, count, true, &changed, err))
		return false;
	form->run->stored += (int64_t)changed;
	return true;
}

static bool
assessments_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct oulad_form *form = user;
	struct err fault;

	(void)err;
	form->run->rows += !is_done;
	if (!oulad_read_assessment(&form->data, &form->columns, row, &fault) &&
	    !is_done)
		import_refuse(form->run, row, &fault);
	return true;
}

static bool
vle_take(void *user, const struct csv_row *row, bool is_done, struct err *err)
{
	struct oulad_form *form = user;
	struct err fault;

	(void)err;
	form->run->rows += !is_done;
	if (!oulad_read_site(&form->data, &form->columns, row, &fault) &&
	    !is_done)
		import_refuse(form->run, row, &fault);
	return true;
}

static const char *
copy_known(struct arena *arena, const char *text)
{
	return text[0] == '\0' ? NULL : arena_copy(arena, text);
}

static struct student
student_of(struct arena *arena, const char *student_id,
    const struct oulad_info *info)
{
	struct protected_attributes *apart = arena_alloc(arena, sizeof(*apart));

	*apart = (struct protected_attributes){
		.gender = copy_known(arena, info->gender),
		.region = copy_known(arena, info->region),
		.education = copy_known(arena, info->education),
		.deprivation = copy_known(arena, info->deprivation),
		.age = copy_known(arena, info->age),
		.disability = copy_known(arena, info->disability),
	};
	return (struct student){ .student_id = student_id, .protected = apart };
}

static struct enrollment
enrollment_of(const struct oulad_data *data, const struct oulad_info *info)
{
	const struct oulad_enrollment *from =
	    &data->enrollments[info->enrollment];
	const struct oulad_course *course = &data->courses[from->course];

	return (struct enrollment){
		.student_id = from->student_id,
		.course_id = course->id,
		.has_registered_on = from->has_registered,
		.registered_on = course->day0 + from->registered,
		.has_withdrawn_on = from->has_unregistered,
		.withdrawn_on = course->day0 + from->unregistered,
		.has_previous_attempts = info->has_attempts,
		.previous_attempts = info->attempts,
		.has_credits = info->has_credits,
		.credits = (double)info->credits,
	};
}

static bool
info_take(void *user, const struct csv_row *row, bool is_done, struct err *err)
{
	struct oulad_form *form = user;
	struct arena *arena = &form->run->arena;
	struct oulad_info info;
	struct err fault;
	bool is_good =
	    oulad_read_info(&form->data, &form->columns, row, &info, &fault);

	(void)err;
	if (is_done)
		return true;
	form->run->rows++;
	if (!is_good) {
		import_refuse(form->run, row, &fault);
		return true;
	}
	if (form->count == 0) {
		form->students =
		    arena_array(arena, REGISTER_ROWS, sizeof(*form->students));
		form->enrollments = arena_array(arena, REGISTER_ROWS,
		    sizeof(*form->enrollments));
	}
	form->students[form->count] = student_of(arena,
	    form->data.enrollments[info.enrollment].student_id, &info);
	form->enrollments[form->count++] = enrollment_of(&form->data, &info);
	return true;
}

static bool
info_flush(void *user, struct err *err)
{
	struct oulad_form *form = user;
	struct registers to = import_registers(form->run);
	size_t students = 0, changed = 0, count = form->count;

	form->count = 0;
	if (!students_put(&to, form->students, count, &students, err) ||
	    !enrollments_put(&to, form->enrollments, count, "enrollments", NULL,
		NULL, &changed, err))
		return false;
	form->run->stored += (int64_t)changed;
	return true;
}

static bool
registration_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct oulad_form *form = user;
	struct err fault;

	(void)err;
	form->run->rows += !is_done;
	if (!oulad_read_registration(&form->data, &form->columns, row,
		&fault) &&
	    !is_done)
		import_refuse(form->run, row, &fault);
	return true;
}

const char *
oulad_record_id(struct oulad_form *form, const char *what, const char *which,
    const struct oulad_enrollment *enrollment)
{
	return arena_printf(&form->run->arena, "%s/%s/%s", what, which,
	    enrollment->student_id);
}

static void
add_late(struct oulad_form *form, const struct oulad_submission *submission,
    struct slice raw, int64_t line)
{
	const struct oulad_assessment *assessment =
	    &form->data.assessments[submission->assessment];
	const struct oulad_enrollment *enrollment =
	    &form->data.enrollments[submission->enrollment];
	const struct oulad_course *course =
	    &form->data.courses[enrollment->course];
	struct intake_item *item;
	struct entry entry;

	if (!oulad_late(course, assessment, enrollment, submission->day,
		&entry))
		return;
	item = intake_add_entry(&form->run->in, &entry, line);
	item->raw = raw;
	item->id = oulad_record_id(form, "late", assessment->id, enrollment);
	if (oulad_missed(course, assessment, enrollment, &entry))
		item->replaces =
		    oulad_record_id(form, "missed", assessment->id, enrollment);
}

static void
add_grade(struct oulad_form *form, const struct oulad_submission *submission,
    struct slice raw, int64_t line)
{
	const struct oulad_assessment *assessment =
	    &form->data.assessments[submission->assessment];
	const struct oulad_enrollment *enrollment =
	    &form->data.enrollments[submission->enrollment];
	struct intake_item *item;
	struct entry entry;

	oulad_grade(&form->data.courses[enrollment->course], assessment,
	    enrollment, submission->day, submission->score, &entry);
	item = intake_add_entry(&form->run->in, &entry, line);
	item->raw = raw;
	item->id = oulad_record_id(form, "grade", assessment->id, enrollment);
}

static bool
submissions_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct oulad_form *form = user;
	struct oulad_submission submission;
	const char *raw;
	struct err fault;
	bool is_good = oulad_read_submission(&form->data, &form->columns, row,
	    &submission, &fault);

	(void)err;
	if (is_done)
		return true;
	form->run->rows++;
	if (!is_good)
		import_refuse(form->run, row, &fault);
	/* A banked result is a transfer: nothing happened here. */
	if (!is_good || submission.is_banked)
		return true;
	raw = arena_text(&form->run->arena, row->raw.data, row->raw.size);
	if (submission.has_score)
		add_grade(form, &submission,
		    (struct slice){ raw, row->raw.size }, row->line);
	add_late(form, &submission, (struct slice){ raw, row->raw.size },
	    row->line);
	return true;
}

static void
note_feed(struct oulad_form *form, const struct oulad_click *click)
{
	struct oulad_course *course = &form->data.courses[click->course];

	if (!course->has_feed || click->day > course->feed_last)
		course->feed_last = click->day;
	course->has_feed = true;
}

/* The fields as they stand side by side, without quotes. */
static uint64_t
hash_row(const struct csv_row *row)
{
	const char *last = row->fields[row->count - 1];

	return text_hash(1, row->fields[0],
	    (size_t)(last - row->fields[0]) + strlen(last));
}

static bool
clicks_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct oulad_form *form = user;
	struct import_run *run = form->run;
	uint64_t hash = hash_row(row);
	struct oulad_click click;
	struct entry entry;
	struct err fault;
	unsigned int number = 0;
	bool is_mine = false, is_good;

	if (!form->is_measuring &&
	    !row_occurrence(run, hash, &is_mine, &number, err))
		return false;
	is_good =
	    oulad_read_click(&form->data, &form->columns, row, &click, &fault);
	if (is_good)
		note_feed(form, &click);
	if (is_done || !is_mine)
		return true;
	run->rows++;
	if (!is_good) {
		import_refuse(form->run, row, &fault);
		return true;
	}
	oulad_activity(&form->data.courses[click.course],
	    &form->data.enrollments[click.enrollment], click.day, click.clicks,
	    click.site_type, &entry);
	intake_add_entry(&run->in, &entry, row->line)->id = arena_printf(
	    &run->arena, "vle/%016llx/%u", (unsigned long long)hash, number);
	return true;
}

const struct file_step oulad_file_steps[STEP_COUNT] = {
	[STEP_COURSES] = { "courses.csv", OULAD_COURSES_MOST, 0, courses_head,
	    courses_take, courses_flush },
	[STEP_ASSESSMENTS] = { "assessments.csv", ROWS, 0, assessments_head,
	    assessments_take, NULL },
	[STEP_VLE] = { "vle.csv", ROWS, 0, vle_head, vle_take, NULL },
	[STEP_INFO] = { "studentInfo.csv", REGISTER_ROWS, 0, info_head,
	    info_take, info_flush },
	[STEP_REGISTRATION] = { "studentRegistration.csv", ROWS, 0,
	    registration_head, registration_take, NULL },
	[STEP_SUBMISSIONS] = { "studentAssessment.csv", ROWS, 0,
	    submissions_head, submissions_take, NULL },
	[STEP_CLICKS] = { "studentVle.csv", ROWS, SLICE_BYTES, clicks_head,
	    clicks_take, NULL },
};
