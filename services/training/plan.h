/*
 * plan.h - which cohorts to learn from, which to test on, at which weeks.
 *
 * Time decides.  Tested are courses that have ended by today, which is the
 * tenant's as_of, or the real day when cohorts are named; learned from are
 * courses that ended before the first tested one began, so that nothing is
 * learned that was not known then.  A cohort that runs beside the test is in
 * neither.  Where attendance is told from activity, a course without a feed is
 * taken when its term or itself is asked for, and not else: there attendance
 * is missing.
 *	test terms   asked for, or the latest all of whose courses have ended
 *	train terms  asked for, or all that qualify
 *	train weeks  asked for, or every s-th week of the course, s the
 *	             least with at most 10 of them; a course is as long as its
 *	             activity feed covers it, and no longer than the tested
 *	test weeks   asked for, or 4, 8, 12, 16
 */
#ifndef TRAINING_PLAN_H
#define TRAINING_PLAN_H

#include "base/arena.h"
#include "base/err.h"
#include "proto/ingestion.h"
#include "proto/training.h"

struct plan_side {
	const char **terms; /* (term_count) */
	size_t term_count;
	const char **courses; /* (course_count) */
	size_t course_count;
	double *weeks; /* (week_count), ascending */
	size_t week_count;
	int32_t known_by; /* outcomes up to this day count */
};

struct plan {
	struct plan_side train;
	struct plan_side test;
};

/* Courses of a side that one question to prediction names: their ids fit its
 * body whatever they are made of. */
enum { PLAN_COURSES_A_QUESTION = 64 };
struct plan_part {
	const char *const *courses; /* borrowed: the side, (count) */
	size_t count;
};

/* The part of a side that begins with course `first`; its count is 0 behind
 * the last. */
struct plan_part plan_part(const struct plan_side *side, size_t first);

/* What there is to choose from. */
struct plan_world {
	const struct course *courses; /* borrowed, (count) */
	size_t count;
	int32_t today;
	enum attendance_source attendance_from;
};

/* All of it lives in the arena.  Fails with ERR_INVALID and says what is
 * missing. */
MUST_CHECK bool plan_make(const struct train_question *question,
    const struct plan_world *world, struct arena *arena, struct plan *plan,
    struct err *err);

#endif
