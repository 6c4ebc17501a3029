/*
 * subject.h - an enrollment with everything its features are made of.
 *
 * All of it lives in the arena that the caller names.  The registers are those
 * of now; the facts carry the days on which they were known, so one subject
 * can be looked at from any reference day.
 */
#ifndef PREDICTION_SUBJECT_H
#define PREDICTION_SUBJECT_H

#include "ml/features.h"
#include "proto/ingestion.h"
#include "service/call.h"
#include "service/visible.h"

/* How the tenant counts. */
struct rules {
	int64_t position;         /* of the log entry they come from */
	int32_t today;            /* as_of, or today in the tenant's zone */
	struct tenant_rules text; /* as ingestion gave them */
	struct calendar calendar;
};

struct subject {
	int64_t enrollment_id;
	const char *student_id;
	const char *course_id;
	const char *term;          /* NULL: none */
	const char *school;        /* NULL: none */
	const char *section;       /* NULL: none */
	int64_t log_position;      /* newest record counted; 0: none */
	int64_t facts_revision;    /* grows with every change of the facts */
	int64_t register_revision; /* ... of the enrollment or its course */
	struct feature_subject features;
	struct fact_list facts; /* empty until subjects_load_facts */
	bool has_told;          /* by endings_load: staff told how it ended */
	struct fact told;       /* ... as an outcome */
};

struct subjects {
	struct arena *arena; /* borrowed: where rows and facts go; set first */
	struct subject *rows;
	size_t count;
};

/* ERR_CONFLICT when nothing is known about the tenant yet.  In `arena`. */
MUST_CHECK bool rules_load(struct worker *w, const char *tenant,
    struct arena *arena, struct rules *rules, struct err *err);
/* That error. */
bool rules_missing(struct err *err);

/* Enrolled on the day, in a course that has not ended by then: the same as
 * is_active() in the database. */
bool subject_is_active(const struct subject *subject, int32_t day);

/* How many columns a subject has in a query's row, and the subjects of rows
 * that begin with them; a row without an enrollment is none. */
enum { SUBJECT_COLUMNS = 17 };
void subjects_fill(const struct rules *rules, const struct db_result *result,
    struct subjects *subjects);

/* Enrollments of students, by student and id; `course_id` NULL: in every
 * course.  None is no error. */
struct student_filter {
	const char *const *student_ids;
	size_t count;
	const char *course_id;
	const struct bus_head *who; /* borrowed: sees only some */
};
MUST_CHECK bool subjects_of_students(struct worker *w, const char *tenant,
    const struct rules *rules, const struct student_filter *filter,
    struct subjects *subjects, struct err *err);

/* Those of the ids that are there, by id. */
MUST_CHECK bool subjects_by_id(struct worker *w, const char *tenant,
    const struct rules *rules, const int64_t *ids, size_t count,
    struct subjects *subjects, struct err *err);

/* Which enrollments a page of many is about.  No terms: all; no courses: all;
 * both: those that are in both. */
struct subject_filter {
	const char *const *terms;
	size_t term_count;
	const char *const *courses;
	size_t course_count;
};

/* Up to `limit` enrollments with an id above `after`, by id. */
MUST_CHECK bool subjects_after(struct worker *w, const char *tenant,
    const struct rules *rules, const struct subject_filter *filter,
    int64_t after, size_t limit, struct subjects *subjects, struct err *err);
MUST_CHECK bool subjects_count(struct worker *w, const char *tenant,
    const struct subject_filter *filter, int64_t *count, struct err *err);

/* Read the facts of all of them, each once among the rows, in one query; log
 * position and revision become those of the facts that were read. */
MUST_CHECK bool subjects_load_facts(struct worker *w, const char *tenant,
    struct subjects *subjects, struct err *err);

/* The same, but only few enrollments' facts are in memory at once: each row is
 * visited with its facts, in order, and has none afterwards.  An enrollment
 * may have tens of thousands of facts, so whoever has many rows visits. */
typedef bool subject_visitor(void *user, struct subject *subject,
    struct err *err);
MUST_CHECK bool subjects_visit(struct worker *w, const char *tenant,
    struct subjects *subjects, subject_visitor *visit, void *user,
    struct err *err);

#endif
