/*
 * form_oulad.h - what the two files of the OULAD's import share:
 * oulad_rows.c takes the files' rows, form_oulad.c goes through the steps.
 */
#ifndef INGESTION_FORM_OULAD_H
#define INGESTION_FORM_OULAD_H

#include "services/ingestion/import_run.h"
#include "services/ingestion/oulad_data.h"
#include "services/ingestion/register_write.h"

enum oulad_step {
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

/* One a step; those that read no file have none. */
extern const struct file_step oulad_file_steps[STEP_COUNT];

/* The rules of this institution; those that someone else has set stay. */
MUST_CHECK bool oulad_set_rules(const struct oulad_form *form,
    struct registers *to, bool has_as_of, int32_t as_of, struct err *err);

/* `what/assessment or course/student`: the id of a record. */
const char *oulad_record_id(struct oulad_form *form, const char *what,
    const char *which, const struct oulad_enrollment *enrollment);

#endif
