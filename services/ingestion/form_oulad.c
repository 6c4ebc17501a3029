/*
 * form_oulad.c - an import of the OULAD: seven files to registers and records
 * (spec: docs/data-formats.md; the mapping itself: oulad.h).
 *
 * First the small files are read into memory, each time the import is taken
 * up; then the steps, in order:
 *	courses, assessments, vle	courses to the register; the others are
 *					kept in mind ("merged")
 *	studentInfo			students, protected attributes, enrollments
 *	studentRegistration		is in the enrollments already ("merged")
 *	outcomes, deadlines		derived: outcomes, missed deadlines
 *	studentAssessment		grades, late submissions
 *	studentVle			activity, in slices
 *	end				how far each course's feed goes
 */
#include <stdlib.h>
#include <string.h>

#include "services/ingestion/import_run.h"
#include "services/ingestion/oulad_data.h"
#include "services/ingestion/queries.h"
#include "services/ingestion/register_write.h"

enum {
	ROWS = 5000,
	REGISTER_ROWS = 2000,
	SLICE_BYTES = 32000000,
	PAGE = 5000,
	PASS_MARK = 40,
	FULL_LOAD = 120, /* credits of a year of full-time study */
	EVERY_DAY = 0x7f,
	DEMO_DAY = 7 * 16 - 1 /* to look from, when all feeds are complete */
};

static const char source[] = "oulad";

struct oulad_form {
	struct import_run *run; /* borrowed */
	struct oulad_data data;
	struct oulad_columns columns;
	bool has_ids, has_feed;
	bool is_measuring; /* the clicks are read for their days alone */
	/* What the chunk has gathered, in its arena. */
	struct course *courses;
	struct student *students;
	struct enrollment *enrollments;
	size_t count;
};

static void
refuse(struct oulad_form *form, const struct csv_row *row,
    const struct err *fault)
{
	intake_refuse(&form->run->in, row->raw, row->line,
	    fault->place_count > 0 ? fault->places[0].pointer : NULL,
	    fault->place_count > 0 ? fault->places[0].message : fault->detail);
}

static struct registers
registers_of(const struct oulad_form *form)
{
	return (struct registers){ .db = form->run->w->db,
		.arena = &form->run->arena,
		.tenant = form->run->tenant,
		.source = source,
		.today = form->run->in.rules.today };
}

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
			refuse(form, row, &fault);
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

/* Rules that someone has set stay as they are. */
static bool
set_rules(const struct oulad_form *form, struct registers *to, bool has_as_of,
    int32_t as_of, struct err *err)
{
	struct tenant_rules rules;
	const char *set_by;
	bool changed;

	if (!rules_get(to->db, form->run->tenant, to->arena, &rules, &set_by,
		err))
		return false;
	if (set_by != NULL && strcmp(set_by, source) != 0)
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
	struct registers to = registers_of(form);
	size_t changed = 0, count = form->count;

	form->count = 0;
	if (!set_rules(form, &to, false, 0, err) ||
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
		refuse(form, row, &fault);
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
		refuse(form, row, &fault);
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
		refuse(form, row, &fault);
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
	struct registers to = registers_of(form);
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
		refuse(form, row, &fault);
	return true;
}

/* `what/assessment or course/student`: the record's own id. */
static const char *
make_id(struct oulad_form *form, const char *what, const char *which,
    const struct oulad_enrollment *enrollment)
{
	return arena_printf(&form->run->arena, "%s/%s/%s", what, which,
	    enrollment->student_id);
}

static void
add_late(struct oulad_form *form, const struct oulad_submission *submission,
    int64_t line)
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
	item->id = make_id(form, "late", assessment->id, enrollment);
	if (oulad_missed(course, assessment, enrollment, &entry))
		item->replaces =
		    make_id(form, "missed", assessment->id, enrollment);
}

static void
add_grade(struct oulad_form *form, const struct oulad_submission *submission,
    int64_t line)
{
	const struct oulad_assessment *assessment =
	    &form->data.assessments[submission->assessment];
	const struct oulad_enrollment *enrollment =
	    &form->data.enrollments[submission->enrollment];
	struct entry entry;

	oulad_grade(&form->data.courses[enrollment->course], assessment,
	    enrollment, submission->day, submission->score, &entry);
	intake_add_entry(&form->run->in, &entry, line)->id =
	    make_id(form, "grade", assessment->id, enrollment);
}

static bool
submissions_take(void *user, const struct csv_row *row, bool is_done,
    struct err *err)
{
	struct oulad_form *form = user;
	struct oulad_submission submission;
	struct err fault;
	bool is_good = oulad_read_submission(&form->data, &form->columns, row,
	    &submission, &fault);

	(void)err;
	if (is_done)
		return true;
	form->run->rows++;
	if (!is_good)
		refuse(form, row, &fault);
	/* A banked result is a transfer: nothing happened here. */
	if (!is_good || submission.is_banked)
		return true;
	if (submission.has_score)
		add_grade(form, &submission, row->line);
	add_late(form, &submission, row->line);
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
		refuse(form, row, &fault);
		return true;
	}
	oulad_activity(&form->data.courses[click.course],
	    &form->data.enrollments[click.enrollment], click.day, click.clicks,
	    click.site_type, &entry);
	intake_add_entry(&run->in, &entry, row->line)->id = arena_printf(
	    &run->arena, "vle/%016llx/%u", (unsigned long long)hash, number);
	return true;
}

enum step {
	STEP_COURSES,
	STEP_ASSESSMENTS,
	STEP_VLE,
	STEP_INFO,
	STEP_REGISTRATION,
	STEP_DERIVED,
	STEP_SUBMISSIONS,
	STEP_CLICKS,
	STEP_END,
	STEP_COUNT
};

static const struct file_step file_steps[STEP_COUNT] = {
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

/* What the register calls the enrollments that the files name. */
static void
take_ids(struct oulad_form *form, const struct db_result *result)
{
	struct oulad_data *data = &form->data;

	for (size_t i = 0; i < result->row_count; i++) {
		const char *student =
		    db_get_text(result, i, 1, &form->run->arena);
		const char *course =
		    db_get_text(result, i, 2, &form->run->arena);
		long long at = text_map_get(&data->course_ids, course);

		if (at < 0)
			continue;
		at = text_map_get(&data->enrollment_ids,
		    arena_printf(&form->run->arena, "%lld/%s", at, student));
		if (at >= 0)
			data->enrollments[at].enrollment_id =
			    db_get_integer(result, i, 0);
	}
}

static bool
load_ids(struct oulad_form *form, struct err *err)
{
	struct import_run *run = form->run;
	int64_t after = 0;
	size_t count = PAGE;

	if (form->has_ids)
		return true;
	while (count == PAGE) {
		struct db_result result = { 0 };

		arena_reset(&run->arena);
		if (!work_begin(run->w, run->tenant, err) ||
		    !db_query(run->w->db, &query_enrollment_ids,
			DB_ARGS(db_text(run->tenant), db_integer(after),
			    db_integer(PAGE)),
			&result, err))
			return false;
		count = result.row_count;
		if (count > 0)
			after = db_get_integer(&result, count - 1, 0);
		take_ids(form, &result);
		db_result_close(&result);
		if (!work_commit(run->w, err))
			return false;
	}
	form->has_ids = true;
	return true;
}

static void
derive(struct oulad_form *form, const struct oulad_enrollment *enrollment,
    int64_t line)
{
	const struct oulad_course *course =
	    &form->data.courses[enrollment->course];
	struct intake *in = &form->run->in;
	struct entry entry;

	oulad_outcome(course, enrollment, &entry);
	intake_add_entry(in, &entry, line)->id =
	    make_id(form, "outcome", course->id, enrollment);
	for (size_t i = 0; i < course->assessment_count; i++) {
		const struct oulad_assessment *assessment =
		    &form->data.assessments[course->assessments[i]];

		if (oulad_missed(course, assessment, enrollment, &entry))
			intake_add_entry(in, &entry, line)->id =
			    make_id(form, "missed", assessment->id, enrollment);
	}
}

/* Outcomes and missed deadlines, by enrollment. */
static bool
derive_all(struct oulad_form *form, struct err *err)
{
	struct import_run *run = form->run;
	size_t count = form->data.enrollment_count;
	size_t at = (size_t)run->place.line;

	do {
		size_t behind =
		    at + REGISTER_ROWS < count ? at + REGISTER_ROWS : count;

		if (!chunk_begin(run, err))
			return false;
		run->is_derived = true;
		for (; at < behind; at++)
			if (form->data.enrollments[at].enrollment_id > 0)
				derive(form, &form->data.enrollments[at],
				    (int64_t)at);
		if (!chunk_end(run, "studentInfo.csv",
			at == count
			    ? (struct import_place){ STEP_SUBMISSIONS, 0, 0 }
			    : (struct import_place){ STEP_DERIVED, 0,
				  (int64_t)at },
			0, err))
			return false;
	} while (at < count && !run->is_stopped);
	return true;
}

/* The day to look from: the last one of the feed that ends first among those
 * that end before their course does; week 16 of the latest course when all
 * are complete. */
static bool
choose_day(const struct oulad_data *data, int32_t *day)
{
	bool is_open = false, is_known = false;

	for (size_t i = 0; i < data->course_count; i++) {
		const struct oulad_course *course = &data->courses[i];
		int32_t then = course->day0 + DEMO_DAY, last;

		if (!oulad_tracked_until(course, &last))
			continue;
		if (last < course->day0 + course->length - 1) {
			*day = is_open && *day < last ? *day : last;
			is_open = is_known = true;
		} else if (!is_open) {
			*day = is_known && *day > then ? *day : then;
			is_known = true;
		}
	}
	return is_known;
}

static bool
set_tracked(struct oulad_form *form, struct registers *to, struct err *err)
{
	for (size_t i = 0; i < form->data.course_count; i++) {
		const struct oulad_course *course = &form->data.courses[i];
		size_t changed = 0;
		int32_t last;

		if (oulad_tracked_until(course, &last) &&
		    !course_set_tracked(to, course->id, course->day0, last,
			&changed, err))
			return false;
	}
	return true;
}

static bool
finish(struct oulad_form *form, struct err *err)
{
	struct import_run *run = form->run;
	struct registers to;
	int32_t day = 0;
	bool has_day;

	if (!form->has_feed) {
		form->is_measuring = true;
		if (!import_scan(run, &file_steps[STEP_CLICKS], form, err))
			return false;
	}
	has_day = choose_day(&form->data, &day);
	if (!chunk_begin(run, err))
		return false;
	run->is_derived = true;
	to = registers_of(form);
	return set_tracked(form, &to, err) &&
	    set_rules(form, &to, has_day, day, err) &&
	    chunk_end(run, "courses.csv",
		(struct import_place){ STEP_COUNT, 0, 0 }, 0, err);
}

/* Read the small files to have them in mind. */
static bool
load(struct oulad_form *form, struct err *err)
{
	static const enum step small[] = { STEP_COURSES, STEP_ASSESSMENTS,
		STEP_VLE, STEP_INFO, STEP_REGISTRATION, STEP_SUBMISSIONS };

	oulad_data_init(&form->data, &form->run->keep);
	for (size_t i = 0; i < ARRAY_SIZE(small); i++)
		if (!import_scan(form->run, &file_steps[small[i]], form, err))
			return false;
	return true;
}

static bool
take_step(struct oulad_form *form, enum step step, struct err *err)
{
	struct import_run *run = form->run;

	form->count = 0;
	if (step >= STEP_DERIVED && !load_ids(form, err))
		return false;
	if (step == STEP_DERIVED)
		return derive_all(form, err);
	if (step == STEP_END)
		return finish(form, err);
	if (!import_read(run, &file_steps[step], form, err))
		return false;
	form->has_feed = form->has_feed || step == STEP_CLICKS;
	return true;
}

bool
is_oulad(const struct bundle *bundle)
{
	return bundle_find(bundle, "studentInfo.csv") != NULL &&
	    bundle_find(bundle, "studentRegistration.csv") != NULL &&
	    bundle_find(bundle, "assessments.csv") != NULL &&
	    bundle_find(bundle, "courses.csv") != NULL;
}

bool
import_oulad(struct import_run *run, struct err *err)
{
	struct oulad_form form = { .run = run };
	int first = (int)run->place.step;

	run->source = source;
	for (int i = 0; i < STEP_COUNT; i++) {
		uint64_t bytes = file_steps[i].file == NULL
		    ? 0
		    : step_bytes(run, &file_steps[i]);

		run->bytes_total += bytes;
		run->bytes_before += i < first ? bytes : 0;
	}
	if (!load(&form, err))
		return false;
	for (int i = first; i < STEP_COUNT && !run->is_stopped; i++)
		if (!take_step(&form, (enum step)i, err))
			return false;
	return true;
}
