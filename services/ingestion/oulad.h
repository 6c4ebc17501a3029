/*
 * oulad.h - the Open University Learning Analytics Dataset as records: what
 * happened, when, and when it could be known.  Pure: rows in, facts out.
 *
 * Kuzilek, Hlosta, Zdrahal: Open University Learning Analytics dataset,
 * Scientific Data 4:170171 (2017).  A course is a module and a presentation,
 * an enrollment a registration.  Days of the data count from day 0, the first
 * Saturday of the month in which the presentation starts: B February, J
 * October.
 */
#ifndef INGESTION_OULAD_H
#define INGESTION_OULAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ingestion.h"
#include "services/ingestion/entry.h"

enum {
	OULAD_GRADE_DAYS = 14, /* from due or submitted to the mark known */
	OULAD_CMA_GRACE = 7,   /* dates of CMAs are batch days */
	OULAD_LATE_SEVERITY = 2,
	OULAD_MISSED_SEVERITY = 4,
	OULAD_NEVER = INT16_MIN, /* nothing was submitted */
	OULAD_BANKED = INT16_MAX /* transferred: nothing is due */
};

struct oulad_course {
	const char *id;           /* BBB/2013J */
	const char *presentation; /* 2013J: its term */
	int32_t day0;             /* days since 1970 */
	int32_t length;           /* days; the last one is day0 + length - 1 */
	int32_t *assessments;     /* indices of its assessments */
	size_t assessment_count;
	bool has_feed;     /* did any activity come? */
	int32_t feed_last; /* its last day, from day 0 */
};

struct oulad_assessment {
	const char *id;
	int32_t course;            /* index */
	int32_t place;             /* among the course's assessments */
	enum assessment_type type; /* TMA homework, CMA quiz, Exam exam */
	bool has_due;
	int32_t due; /* from day 0 */
};

struct oulad_enrollment {
	const char *student_id;
	int64_t enrollment_id; /* 0: not in the register */
	int32_t course;        /* index */
	bool has_registered, has_unregistered, has_info;
	int32_t registered, unregistered; /* from day 0 */
	enum course_result result;
	int16_t *submitted; /* of each assessment of the course, from day 0 */
};

/* False: the presentation is no year with B or J behind it. */
bool oulad_day0(const char *presentation, int32_t *day0);

/* The last complete day of the course's activity feed, as a calendar day: a
 * feed that ends before the course does may have been cut within its last day.
 * False: there is no feed since day 0. */
bool oulad_tracked_until(const struct oulad_course *course, int32_t *day);

/* Whole days from day 0, or "?" or "" for missing.  False: neither. */
bool oulad_day(const char *text, bool *is_there, int32_t *day);

/* When a submission is late, and when a missing one is missed: the day after
 * which it is.  False: the assessment has no such day (exams are not handed
 * in). */
bool oulad_deadline(const struct oulad_assessment *assessment, int32_t *day);

/* Each fills the entry with its calendar days, false when there is none. */
bool oulad_missed(const struct oulad_course *course,
    const struct oulad_assessment *assessment,
    const struct oulad_enrollment *enrollment, struct entry *entry);
bool oulad_late(const struct oulad_course *course,
    const struct oulad_assessment *assessment,
    const struct oulad_enrollment *enrollment, int32_t submitted,
    struct entry *entry);
/* Withdrawn when unregistered (at the end, when that day is missing), Fail at
 * the end or, with a day of unregistration, censored there; Pass and
 * Distinction at the end. */
void oulad_outcome(const struct oulad_course *course,
    const struct oulad_enrollment *enrollment, struct entry *entry);
void oulad_grade(const struct oulad_course *course,
    const struct oulad_assessment *assessment,
    const struct oulad_enrollment *enrollment, int32_t submitted, double score,
    struct entry *entry);
void oulad_activity(const struct oulad_course *course,
    const struct oulad_enrollment *enrollment, int32_t day, int64_t clicks,
    const char *site_type, struct entry *entry);

#endif
