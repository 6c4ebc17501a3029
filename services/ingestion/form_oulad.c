/*
 * form_oulad.c - an import of the OULAD: seven files to registers and records
 * (the files: docs/data-formats.md; the mapping itself: oulad.h).
 *
 * First the small files are read into memory, each time the import is taken
 * up; then the steps, in order:
 *	courses			to the register
 *	assessments, vle	kept in mind ("merged")
 *	studentInfo		students, protected attributes, enrollments
 *	studentRegistration	is in the enrollments already ("merged")
 *	derived			outcomes, missed deadlines
 *	studentAssessment	grades, late submissions
 *	studentVle		activity, in slices
 *	end			how far each course's feed goes
 */
#include "services/ingestion/form_oulad.h"

#include "services/ingestion/queries.h"
#include "services/ingestion/sources.h"

enum {
	REGISTER_ROWS = 2000,
	PAGE = 5000,
	DEMO_DAY = 7 * 16 - 1 /* to look from, when all feeds are complete */
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
	    oulad_record_id(form, "outcome", course->id, enrollment);
	for (size_t i = 0; i < course->assessment_count; i++) {
		const struct oulad_assessment *assessment =
		    &form->data.assessments[course->assessments[i]];

		if (oulad_missed(course, assessment, enrollment, &entry))
			intake_add_entry(in, &entry, line)->id =
			    oulad_record_id(form, "missed", assessment->id,
				enrollment);
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
		if (!import_scan(run, &oulad_file_steps[STEP_CLICKS], form,
			err))
			return false;
		if (run->is_stopped)
			return true;
	}
	has_day = choose_day(&form->data, &day);
	if (!chunk_begin(run, err))
		return false;
	run->is_derived = true;
	to = import_registers(form->run);
	return set_tracked(form, &to, err) &&
	    oulad_set_rules(form, &to, has_day, day, err) &&
	    chunk_end(run, "courses.csv",
		(struct import_place){ STEP_COUNT, 0, 0 }, 0, err);
}

/* Read the small files to have them in mind. */
static bool
load(struct oulad_form *form, struct err *err)
{
	static const enum oulad_step small[] = { STEP_COURSES, STEP_ASSESSMENTS,
		STEP_VLE, STEP_INFO, STEP_REGISTRATION, STEP_SUBMISSIONS };

	oulad_data_init(&form->data, &form->run->keep);
	for (size_t i = 0; i < ARRAY_SIZE(small); i++)
		if (!import_scan(form->run, &oulad_file_steps[small[i]], form,
			err))
			return false;
	return true;
}

static bool
take_step(struct oulad_form *form, enum oulad_step step, struct err *err)
{
	struct import_run *run = form->run;

	form->count = 0;
	if (step >= STEP_DERIVED && !load_ids(form, err))
		return false;
	if (step == STEP_DERIVED)
		return derive_all(form, err);
	if (step == STEP_END)
		return finish(form, err);
	if (!import_read(run, &oulad_file_steps[step], form, err))
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

	run->source = SOURCE_OULAD;
	for (int i = 0; i < STEP_COUNT; i++) {
		uint64_t bytes = oulad_file_steps[i].file == NULL
		    ? 0
		    : step_bytes(run, &oulad_file_steps[i]);

		run->bytes_total += bytes;
		run->bytes_before += i < first ? bytes : 0;
	}
	if (!load(&form, err))
		return false;
	for (int i = first; i < STEP_COUNT && !run->is_stopped; i++)
		if (!take_step(&form, (enum oulad_step)i, err))
			return false;
	return true;
}
