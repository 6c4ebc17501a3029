/*
 * life.c - what happens to one pupil: roll-call each school day, homework each
 * week, tests each fourth, incidents now and then, and an end.
 */
#include <math.h>

#include "base/clock.h"
#include "services/simulator/world.h"

enum { TEST_EVERY_WEEKS = 4 };

static const char *const incident_types[] = { "disruption", "truancy",
	"defiance", "bullying", "fighting" };

static double
logistic(double logit)
{
	return 1 / (1 + exp(-logit));
}

/* What was planted, in size. */
static const double shown_share = 0.3;
static const double absent_more = 1.2;
static const double marked_lower = 12;

static bool
has_drifted(const struct world *world, const struct pupil *pupil, int32_t day,
    enum drift drift)
{
	return world->plan.drift == drift &&
	    day >= drift_day(world, pupil->cohort);
}

/* What records show of ability or engagement. */
static double
shown(const struct world *world, const struct pupil *pupil, double hidden)
{
	bool is_wronged = world->plan.bias == BIAS_RECORDS && pupil->is_girl;

	return is_wronged ? shown_share * hidden : hidden;
}

static enum roll
call_roll(const struct world *world, const struct pupil *pupil, int week,
    int32_t day, struct random *random)
{
	double engagement = shown(world, pupil, pupil->engagement[week]);
	int weekday = day_of_week(day);
	double more = weekday == 0 || weekday == 4 ? 0.4 : 0;

	if (has_drifted(world, pupil, day, DRIFT_ATTENDANCE))
		more += absent_more;

	double absent = logistic(-3.3 - 0.9 * engagement + more);
	double tardy = logistic(-3.4 - 0.5 * engagement);

	if (random_unit(random) < absent)
		return random_unit(random) < 0.35 ? ROLL_EXCUSED : ROLL_ABSENT;
	return random_unit(random) < tardy ? ROLL_TARDY : ROLL_PRESENT;
}

static double
mark(const struct world *world, const struct pupil *pupil, int week,
    const struct happening *happening, struct random *random)
{
	bool is_test = happening->is_test;
	double score = 73 +
	    (is_test ? 10 : 7) * shown(world, pupil, pupil->ability) +
	    (is_test ? 5 : 7) * shown(world, pupil, pupil->engagement[week]) +
	    9 * random_normal(random);

	if (has_drifted(world, pupil, happening->day, DRIFT_GRADING))
		score -= marked_lower;
	return fmin(100, fmax(0, round(score * 10) / 10));
}

struct telling {
	const struct world *world;
	const struct pupil *pupil;
	struct random random;
	void (*tell)(void *user, const struct happening *happening);
	void *user;
};

static void
tell_roll(struct telling *telling, int week, int32_t day)
{
	struct happening happening = { .kind = ROLL_CALL, .day = day };

	happening.roll = call_roll(telling->world, telling->pupil, week, day,
	    &telling->random);
	telling->tell(telling->user, &happening);
}

/* One subject a weekday has its homework; the sixth on Friday too. */
static void
tell_grades(struct telling *telling, int week, int32_t day)
{
	bool is_test_week = week % TEST_EVERY_WEEKS == TEST_EVERY_WEEKS - 1;

	for (int subject = 0; subject < SUBJECTS; subject++) {
		struct happening happening = { .kind = GRADED,
			.day = day,
			.subject = subject,
			.is_test = is_test_week };

		if ((subject < 5 ? subject : 4) != day_of_week(day))
			continue;
		happening.score = mark(telling->world, telling->pupil, week,
		    &happening, &telling->random);
		telling->tell(telling->user, &happening);
	}
}

static void
tell_incident(struct telling *telling, int week, int32_t day)
{
	const struct world *world = telling->world;
	const struct pupil *pupil = telling->pupil;
	double rate =
	    exp(-4.6 - 0.7 * shown(world, pupil, pupil->engagement[week]) -
		0.3 * shown(world, pupil, pupil->ability)) /
	    2;
	struct happening happening = { .kind = INCIDENT, .day = day };

	if (random_unit(&telling->random) >= rate)
		return;
	happening.severity = 1 + (int)random_below(&telling->random, 3) +
	    (random_unit(&telling->random) < 0.2 ? 2 : 0);
	happening.type = incident_types[random_below(&telling->random, 5)];
	telling->tell(telling->user, &happening);
}

static void
tell_end(struct telling *telling, const struct year *year)
{
	const struct pupil *pupil = telling->pupil;
	struct happening happening = { .kind = ENDED, .day = year->last_day };

	if (pupil->has_withdrawn) {
		happening.day = pupil->withdrawn_on;
		happening.result = "withdrawn";
	} else if (pupil->is_adverse) {
		happening.result = "fail";
	} else {
		happening.result = pupil->ability > 1 ? "distinction" : "pass";
	}
	if (happening.day <= year->until)
		telling->tell(telling->user, &happening);
}

void
pupil_live(const struct world *world, const struct pupil *pupil,
    void (*tell)(void *user, const struct happening *happening), void *user)
{
	const struct year *year = &world->years[pupil->cohort];
	struct telling telling = { .world = world,
		.pupil = pupil,
		.tell = tell,
		.user = user };

	random_init(&telling.random, world->plan.seed,
	    (uint64_t)(pupil->cohort * 1000000 + pupil->number) * 4 + 2);
	for (int32_t day = year->first_day;
	     day <= year->until && day < pupil->withdrawn_on; day++) {
		int week = (day - year->first_day) / 7;

		if (!year_has_school(year, day))
			continue;
		tell_roll(&telling, week, day);
		tell_grades(&telling, week, day);
		tell_incident(&telling, week, day);
	}
	tell_end(&telling, year);
}

void
pupil_moment(const struct world *world, const struct pupil *pupil,
    struct random *random, struct happening *happening)
{
	const struct year *year = &world->years[pupil->cohort];
	int week = (year->until - year->first_day) / 7;

	*happening = (struct happening){ .day = year->until };
	if (random_unit(random) < 0.8) {
		happening->kind = ROLL_CALL;
		happening->roll =
		    call_roll(world, pupil, week, year->until, random);
	} else {
		happening->kind = GRADED;
		happening->subject = (int)random_below(random, SUBJECTS);
		happening->score = mark(world, pupil, week, happening, random);
	}
}
