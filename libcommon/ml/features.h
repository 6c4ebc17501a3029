/*
 * features.h - from the facts of an enrollment to what the model reads: up to
 * 40 weekly vectors of 42 values and 4 context values.
 *
 * One builder for training and for serving.  It is pure: the same subject,
 * facts and reference day give the same bits, whatever the facts' order.
 * What is undefined is NaN, never 0; the three counters are never NaN.
 *
 * As of.  A fact counts when known_day <= reference day < superseded_day and
 * occurred_day <= reference day.  All steps of a sequence look from the
 * reference day: an old step holds what is known about it by then.
 *
 * Steps.  Blocks of 7 days, the last ends with the reference day, inclusive.
 * There is a step for each block that ends on or after the course start: one
 * a started week of the course, (reference - start) / 7 + 1, at most 40.
 * A step's window is its own block and the 12 before it (91 days).
 *
 * Attendance.  A day's shares (attended = present or tardy, tardy, absent,
 * excused) are the means of its rows.  Days before the course start are not
 * tracked.  FROM_ROLL_CALL: a day with a row is tracked.  FROM_ACTIVITY:
 * every day from the later of course start and tracked_from to the earliest
 * of reference day, course end and tracked_until is tracked, registered or
 * not: attended if activity with a count above 0, else absent; the calendar
 * is all days.  With no tracked day in the window 0-12 are NaN.
 *	0-3	sum of the shares / tracked days
 *	4, 5	(absent + excused) on that weekday / the same on all days; NaN
 *		without absence.  8, 9 likewise of tardy
 *	6	A day is missed when absent + excused >= 1/2 (half a day, as the
 *		US Department of Education counts absence).  A spell is missed
 *		school days in a row: other days neither break nor lengthen it,
 *		a school day that is attended or not tracked breaks it.
 *		Clipped to the window; 0 without a spell
 *	7	mean number of school days strictly between neighbouring spells,
 *		tracked or not; NaN with fewer than 2
 *	10-12	of the attendance rates of those of the window's 13 blocks with
 *		a tracked day; the slope is over the block's number, NaN with
 *		fewer than 2 such blocks
 *	13	tracked days in the window
 *
 * Grades.  Those of the window, also from before the course start; ordered by
 * day, then position.
 *	15-18	NaN without grades.  Deviations here and elsewhere are those of
 *		a population: 0 for a single value
 *	19	slope over day / 7; NaN when all are of one day
 *	20	NaN when the mean is 0
 *	21	strictly under the pass mark
 *	22	mean of the last (3 n + 9) / 10, whole, = ceil(0.3 n)
 *	24-27	NaN when there are none of that kind
 *
 * Discipline.  Incidents of the window, ordered by day, then position.
 *	29, 30	0 without incidents; the rate is over 91 days in a young course
 *		too.  31-33 and 41 are NaN then
 *	34	slope over 0, 1, 2 ...; NaN with fewer than 2
 *	35, 36	days between neighbours; NaN with fewer than 2
 *	37	minus the slope of those gaps over 0, 1 ...; NaN with fewer
 *		than 3 incidents
 *	38	distinct types / incidents; NaN with fewer than 2 types
 *	39, 40	of the step's last 27 days; 0 and NaN without incidents there
 *
 * Slopes are least squares.  Sums are taken in double, values are float.
 */
#ifndef ML_FEATURES_H
#define ML_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "ml/calendar.h"
#include "ml/facts.h"
#include "ml/feature_rows.h"

/* A change to what a value means gets a new number; predictions carry it. */
enum { FEATURE_VERSION = 1, FEATURE_STEPS = 40, FEATURE_WINDOW_WEEKS = 13 };

enum attendance_from { FROM_ROLL_CALL, FROM_ACTIVITY };

/* What the registers know about the enrollment, as of the reference day. */
struct feature_subject {
	int32_t course_start_day;
	int32_t course_end_day; /* last day; INT32_MAX: not known */
	int32_t registered_day; /* INT32_MIN: not known, long ago */
	int32_t withdrawn_day;  /* INT32_MAX: not withdrawn */
	enum attendance_from attendance_from;
	int32_t tracked_from;     /* the feed's first complete day ... */
	int32_t tracked_until;    /* ... and last; before `from`: no feed.  Of
				  * use for FROM_ACTIVITY only */
	struct calendar calendar; /* of use for FROM_ROLL_CALL only */
	float pass_mark;          /* percent */
	float previous_attempts;  /* NaN: not known */
	float credits;            /* enrolled; NaN: not known */
	float full_load;          /* the tenant's, above 0; NaN: not known */
};

enum feature_status {
	FEATURES_READY,
	FEATURES_NOT_ACTIVE, /* registered later, or withdrawn by then */
	FEATURES_INSUFFICIENT_HISTORY
};

/* What is missing, added up. */
enum {
	MISSING_WEEKS = 1,  /* under 28 days, the reference day included, since
			     * the later of course start and registration */
	MISSING_RECORDS = 2 /* no tracked day and no grade by now */
};

struct feature_sequence {
	enum feature_status status;
	unsigned missing;          /* of MISSING_*; 0 unless insufficient */
	int32_t possible_from_day; /* the first day with a score if records
				    * arrive; of use when insufficient */
	size_t step_count;         /* 0 to 40; 0 when not active */
	float *steps; /* (step_count, 42), oldest first; in the arena */
	float context[CONTEXT_COUNT];
};

/* Build the sequence.  Steps and context are there for insufficient history
 * too (training has reference weeks 2 and 3).  Facts may be in any order and
 * are taken as checked; no position may occur twice. */
void features_build(const struct feature_subject *subject,
    const struct fact *facts, size_t count, int32_t reference_day,
    struct arena *arena, struct feature_sequence *out);

/* For people, what an insufficient sequence lacks and from when a score will
 * be possible; in the arena. */
const char *features_missing_text(const struct feature_sequence *sequence,
    struct arena *arena);

#endif
