/* world.c - the district's years and students. */
#include "services/simulator/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

/* Weeks of a year without school, by number from 0, and how many. */
static const struct {
	int week, weeks;
} breaks[HOLIDAYS] = { { 8, 1 }, { 16, 2 }, { 24, 1 }, { 32, 1 } };

const struct subject_row subjects[SUBJECTS] = {
	{ "MATH", "Mathematics", true },
	{ "ENGLISH", "English", true },
	{ "SCIENCE", "Science", true },
	{ "HISTORY", "History", true },
	{ "ART", "Art", false },
	{ "MUSIC", "Music", false },
};

const char *const drift_names[] = { "", "attendance", "grading" };
const char *const bias_names[] = { "", "records", "labels" };

/* Share of those with an adverse outcome who leave before the end. */
static const double withdrawing = 0.4;
static const double slipping = 1.0 / 6;
static const double labelled_worse = 1.2;

static void
make_year(const struct plan *plan, int cohort, struct year *year)
{
	int32_t monday = plan->today - day_of_week(plan->today);
	int back = COHORTS - 1 - cohort;
	int32_t under_way = monday - 7 * (plan->weeks - 1);
	int calendar_year, month, day;

	year->first_day = under_way - 364 * back;
	year->last_day = year->first_day + 7 * YEAR_WEEKS - 1;
	year->until = back > 0 ? year->last_day : plan->today;
	for (int i = 0; i < HOLIDAYS; i++) {
		year->holidays[i].first = year->first_day + 7 * breaks[i].week;
		year->holidays[i].last =
		    year->holidays[i].first + 7 * breaks[i].weeks - 1;
	}
	/* 52 weeks are less than a year: two of these years may begin in one
	 * of the calendar's, but each has a name of its own. */
	day_to_civil(under_way, &calendar_year, &month, &day);
	calendar_year -= back;
	snprintf(year->term, sizeof(year->term), "%d/%02d", calendar_year,
	    (calendar_year + 1) % 100);
	snprintf(year->course_id, sizeof(year->course_id), "YEAR-%d",
	    calendar_year);
}

bool
year_has_school(const struct year *year, int32_t day)
{
	if (day < year->first_day || day > year->last_day ||
	    day_of_week(day) > 4)
		return false;
	for (int i = 0; i < HOLIDAYS; i++)
		if (day >= year->holidays[i].first &&
		    day <= year->holidays[i].last)
			return false;
	return true;
}

int32_t
drift_day(const struct world *world, int cohort)
{
	if (world->plan.drift == DRIFT_NONE || cohort < COHORTS - 1)
		return INT32_MAX;
	return world->years[cohort].first_day +
	    7 * (world->plan.drift_week - 1);
}

/* Engagement of each week: it wanders, and may sink for good. */
static void
make_engagement(struct pupil *pupil, struct random *random)
{
	bool slips = random_unit(random) < slipping;
	int from = (int)random_below(random, 24);
	double engagement = random_normal(random);
	double sum = 0;

	for (int week = 0; week < YEAR_WEEKS; week++) {
		double sunk = slips && week >= from
		    ? fmin(2.5, 0.35 * (week - from + 1))
		    : 0;

		if (week > 0)
			engagement = 0.9 * engagement +
			    sqrt(1 - 0.81) * random_normal(random);
		pupil->engagement[week] = engagement - sunk;
		sum += pupil->engagement[week];
	}
	pupil->mean_engagement = sum / YEAR_WEEKS;
}

/* Without its constant. */
static double
adverse_logit(const struct plan *plan, const struct pupil *pupil)
{
	bool is_wronged = plan->bias == BIAS_LABELS && pupil->is_girl;

	return -1.5 * pupil->ability - 2.2 * pupil->mean_engagement +
	    0.5 * pupil->previous_attempts + (is_wronged ? labelled_worse : 0);
}

static void
make_pupil(const struct world *world, int cohort, int number,
    struct pupil *pupil)
{
	struct random random;

	random_init(&random, world->plan.seed,
	    (uint64_t)(cohort * 1000000 + number) * 4);
	pupil->cohort = cohort;
	pupil->number = number;
	snprintf(pupil->id, sizeof(pupil->id), "S%d-%05d", cohort + 1, number);
	pupil->ability = random_normal(&random);
	make_engagement(pupil, &random);
	pupil->registration_lead = (int)random_below(&random, 90) + 5;
	pupil->previous_attempts = random_unit(&random) < 0.06 ? 1 : 0;
	pupil->is_girl = random_unit(&random) < 0.5;
	pupil->deprivation = (int)random_below(&random, 5) + 1;
}

static double
logistic(double logit)
{
	return 1 / (1 + exp(-logit));
}

/* The constant for which the mean probability is the base rate. */
static double
find_constant(const struct plan *plan, const struct pupil *pupils)
{
	double low = -20, high = 20;

	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2, sum = 0;

		for (int j = 0; j < plan->students; j++)
			sum +=
			    logistic(adverse_logit(plan, &pupils[j]) + middle);
		if (sum / plan->students < plan->base_rate)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

static void
decide_outcome(const struct world *world, struct pupil *pupil, double constant)
{
	const struct year *year = &world->years[pupil->cohort];
	struct random random;
	int worst = YEAR_WEEKS / 2;

	random_init(&random, world->plan.seed,
	    (uint64_t)(pupil->cohort * 1000000 + pupil->number) * 4 + 1);
	pupil->probability =
	    logistic(adverse_logit(&world->plan, pupil) + constant);
	pupil->is_adverse = random_unit(&random) < pupil->probability;
	pupil->has_withdrawn =
	    pupil->is_adverse && random_unit(&random) < withdrawing;
	for (int week = worst; week < YEAR_WEEKS - 1; week++)
		if (pupil->engagement[week] < pupil->engagement[worst])
			worst = week;
	pupil->withdrawn_on = pupil->has_withdrawn
	    ? year->first_day + 7 * worst + (int)random_below(&random, 5)
	    : INT32_MAX;
}

void
world_init(struct world *world, const struct plan *plan)
{
	int count = plan->students;

	world->plan = *plan;
	world->pupil_count = (size_t)(COHORTS * count);
	world->pupils = mem_alloc(world->pupil_count, sizeof(struct pupil));
	for (int cohort = 0; cohort < COHORTS; cohort++) {
		struct pupil *pupils = world->pupils + cohort * count;
		double constant;

		make_year(plan, cohort, &world->years[cohort]);
		for (int i = 0; i < count; i++)
			make_pupil(world, cohort, i, &pupils[i]);
		constant = find_constant(plan, pupils);
		for (int i = 0; i < count; i++)
			decide_outcome(world, &pupils[i], constant);
	}
}

void
world_close(struct world *world)
{
	free(world->pupils);
	world->pupils = NULL;
}
