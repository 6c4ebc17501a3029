/*
 * world.h - a school district that never was: its calendar, its students, and
 * what happens to each of them, day by day.
 *
 * Pure and seeded: the same plan gives the same world.  A student has a hidden
 * ability and a hidden engagement, both about standard normal.  Engagement
 * wanders from week to week (autoregressive, 0.9), and one student in six
 * slips: from some week on it sinks.  Absence, grades and incidents follow
 * ability and engagement of their week; the probability of an adverse outcome
 * follows ability and the mean engagement of the whole year, so that what is
 * yet to come can be seen coming, but never fully.  The probability's constant
 * is set so that the mean over each cohort is the base rate.
 *
 * Two wrongs can be planted.  With drift the cohort under way is no longer what
 * the earlier ones were: from one week on more are absent, or marks are lower,
 * and no outcome has anything to do with it.  With bias girls fare worse, or
 * worse known: either their records show less of what they are like, or the
 * same ability and engagement end badly more often.  Chance is drawn in the
 * same order with and without, so that two worlds of one seed differ in what
 * was planted alone.
 */
#ifndef SIMULATOR_WORLD_H
#define SIMULATOR_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

enum { COHORTS = 3, YEAR_WEEKS = 40, SUBJECTS = 6, HOLIDAYS = 4, ID_SIZE = 32 };

enum drift {
	DRIFT_NONE,
	DRIFT_ATTENDANCE, /* the logit of being absent is 1.2 higher */
	DRIFT_GRADING     /* marks are 12 points lower */
};
extern const char *const drift_names[];

enum bias {
	BIAS_NONE,
	BIAS_RECORDS, /* girls' records show 0.3 of ability and engagement */
	BIAS_LABELS   /* the logit of girls' adverse outcomes is 1.2 higher */
};
extern const char *const bias_names[];

struct plan {
	uint64_t seed;
	int students; /* of each cohort */
	int weeks;    /* that the cohort under way has had, 1 to 40 */
	int32_t today;
	double base_rate; /* of adverse outcomes, 0 to 1 */
	enum drift drift;
	int drift_week; /* of the cohort under way, from 1: the first drifted */
	enum bias bias;
};

/* A school year: 40 weeks from a Monday. */
struct year {
	int32_t first_day;
	int32_t last_day;
	int32_t until; /* last day that has happened */
	char course_id[ID_SIZE];
	char term[ID_SIZE];
	struct {
		int32_t first, last;
	} holidays[HOLIDAYS];
};

struct subject_row {
	const char *id;
	const char *title;
	bool is_core;
};
extern const struct subject_row subjects[SUBJECTS];

struct pupil {
	char id[ID_SIZE];
	int cohort;
	int number;
	double ability;
	double engagement[YEAR_WEEKS];
	double mean_engagement;
	double probability; /* of an adverse outcome */
	bool is_adverse;
	bool has_withdrawn; /* adverse, and left before the end */
	int32_t withdrawn_on;
	int registration_lead; /* days before the first day */
	int previous_attempts;
	bool is_girl;    /* without effect, unless bias is planted */
	int deprivation; /* quintile, 1 to 5; without any effect */
};

struct world {
	struct plan plan;
	struct year years[COHORTS]; /* the last one is under way */
	struct pupil *pupils;       /* owned: cohort by cohort */
	size_t pupil_count;
};

void world_init(struct world *world, const struct plan *plan);
void world_close(struct world *world);

/* Is there school on the day? */
bool year_has_school(const struct year *year, int32_t day);

/* The first day that has drifted, or INT32_MAX: none in that cohort. */
int32_t drift_day(const struct world *world, int cohort);

enum happening_kind { ROLL_CALL, GRADED, INCIDENT, ENDED };
enum roll { ROLL_PRESENT, ROLL_TARDY, ROLL_ABSENT, ROLL_EXCUSED };

struct happening {
	enum happening_kind kind;
	int32_t day;
	enum roll roll;
	int subject;        /* GRADED */
	bool is_test;       /* GRADED; else homework */
	double score;       /* GRADED: 0 to 100, one decimal */
	int severity;       /* INCIDENT: 1 to 5 */
	const char *type;   /* INCIDENT */
	const char *result; /* ENDED: pass, distinction, fail, withdrawn */
};

/* Everything that happened to one pupil by the last day of the year that has
 * happened, in order of days. */
void pupil_live(const struct world *world, const struct pupil *pupil,
    void (*tell)(void *user, const struct happening *happening), void *user);

/* What could be told of a pupil on one day at any moment: a roll-call or a
 * grade, by chance; for records sent live. */
void pupil_moment(const struct world *world, const struct pupil *pupil,
    struct random *random, struct happening *happening);

#endif
