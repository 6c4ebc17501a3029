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
 */
#ifndef SIMULATOR_WORLD_H
#define SIMULATOR_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

enum { COHORTS = 3, YEAR_WEEKS = 40, SUBJECTS = 6, HOLIDAYS = 4, ID_SIZE = 32 };

struct plan {
	uint64_t seed;
	int students; /* of each cohort */
	int weeks;    /* that the cohort under way has had, 1 to 40 */
	int32_t today;
	double base_rate; /* of adverse outcomes, 0 to 1 */
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
	bool is_girl;    /* without any effect */
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
