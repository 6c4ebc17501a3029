/*
 * plan.c - choose courses by their days.
 */
#include "services/training/plan.h"

#include <string.h>

#include "base/clock.h"

enum { WEEKS_WANTED = 10, STEPS_MOST = 40 };

static const double usual_test_weeks[] = { 4, 8, 12, 16 };

/* Names that were asked for; an empty list wants all. */
struct wanted {
	const char *const *items;
	size_t count;
};

static bool
is_wanted(struct wanted wanted, const char *name)
{
	for (size_t i = 0; i < wanted.count; i++)
		if (strcmp(wanted.items[i], name) == 0)
			return true;
	return wanted.count == 0;
}

/* Courses to choose from, and what was asked for. */
struct choice_of {
	const struct course *courses;
	size_t count;
	struct wanted terms;
	struct wanted names;
	int32_t ended_by;
	bool needs_feed;
};

/* Nobody said which. */
static bool
is_open(const struct choice_of *from)
{
	return from->terms.count == 0 && from->names.count == 0;
}

static bool
is_chosen(const struct choice_of *from, const struct course *course)
{
	return course->term != NULL && is_wanted(from->terms, course->term) &&
	    is_wanted(from->names, course->course_id) &&
	    course->end_date <= from->ended_by &&
	    (!from->needs_feed || course->has_tracked_until);
}

static void
add_term(struct plan_side *side, const char *term)
{
	for (size_t i = 0; i < side->term_count; i++)
		if (strcmp(side->terms[i], term) == 0)
			return;
	side->terms[side->term_count++] = term;
}

static void
choose(const struct choice_of *from, struct arena *arena,
    struct plan_side *side)
{
	side->terms = arena_array(arena, from->count + 1, sizeof(char *));
	side->courses = arena_array(arena, from->count + 1, sizeof(char *));
	side->known_by = from->ended_by;
	for (size_t i = 0; i < from->count; i++) {
		const struct course *course = &from->courses[i];

		if (!is_chosen(from, course))
			continue;
		side->courses[side->course_count++] = course->course_id;
		add_term(side, course->term);
	}
}

static bool
is_over(const struct choice_of *from, const char *term)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct course *course = &from->courses[i];

		if (course->term != NULL && strcmp(course->term, term) == 0 &&
		    is_wanted(from->names, course->course_id) &&
		    course->end_date > from->ended_by)
			return false;
	}
	return true;
}

/* The term that began last among those that are over; NULL: none is. */
static const char *
latest_term(const struct choice_of *from)
{
	const struct course *latest = NULL;

	for (size_t i = 0; i < from->count; i++) {
		const struct course *course = &from->courses[i];

		if (is_chosen(from, course) && is_over(from, course->term) &&
		    (latest == NULL || course->start_date > latest->start_date))
			latest = course;
	}
	return latest != NULL ? latest->term : NULL;
}

/* Started weeks that the course's records cover. */
static int
weeks_of(const struct course *course)
{
	int32_t last = course->end_date;

	if (course->has_tracked_until && course->tracked_until < last)
		last = course->tracked_until;
	return last < course->start_date ? 0
					 : (last - course->start_date + 1) / 7;
}

static bool
is_listed(const struct plan_side *side, const struct course *course)
{
	for (size_t i = 0; i < side->course_count; i++)
		if (strcmp(side->courses[i], course->course_id) == 0)
			return true;
	return false;
}

static int
longest(const struct choice_of *from, const struct plan_side *side)
{
	int most = 0;

	for (size_t i = 0; i < from->count; i++)
		if (is_listed(side, &from->courses[i]) &&
		    weeks_of(&from->courses[i]) > most)
			most = weeks_of(&from->courses[i]);
	return most < STEPS_MOST ? most : STEPS_MOST;
}

static void
set_weeks(struct plan_side *side, const double *weeks, size_t count,
    struct arena *arena)
{
	side->weeks = arena_array(arena, count + 1, sizeof(double));
	memcpy(side->weeks, weeks, count * sizeof(double));
	side->week_count = count;
}

static void
spread_weeks(struct plan_side *side, int length, struct arena *arena)
{
	double weeks[STEPS_MOST];
	size_t count = 0;
	int step = (length + WEEKS_WANTED - 1) / WEEKS_WANTED;

	step = step > 0 ? step : 1;
	for (int week = step; week < length; week += step)
		weeks[count++] = week;
	set_weeks(side, weeks, count, arena);
}

static bool
refuse(const char *what, const char *side, int32_t by, struct err *err)
{
	char day[DAY_TEXT_SIZE];

	day_print(by, day);
	return err_set(err, ERR_INVALID,
	    "there is no course to %s that %s by %s: import an earlier cohort "
	    "with its outcomes, or name other terms",
	    side, what, day);
}

static bool
plan_test(const struct train_question *q, const struct choice_of *all,
    struct arena *arena, struct plan *plan, struct err *err)
{
	struct choice_of from = *all;
	const char *latest;

	from.terms = (struct wanted){ q->test_terms, q->test_terms_count };
	from.names = (struct wanted){ q->test_courses, q->test_courses_count };
	from.needs_feed = all->needs_feed && is_open(&from);
	if (q->test_terms_count == 0) {
		latest = latest_term(&from);
		if (latest == NULL)
			return refuse("has a term and has ended", "test on",
			    from.ended_by, err);
		from.terms = (struct wanted){ &latest, 1 };
	}
	choose(&from, arena, &plan->test);
	if (plan->test.course_count == 0)
		return refuse("has ended", "test on", from.ended_by, err);
	if (q->test_weeks_count > 0)
		set_weeks(&plan->test, q->test_weeks, q->test_weeks_count,
		    arena);
	else
		set_weeks(&plan->test, usual_test_weeks,
		    ARRAY_SIZE(usual_test_weeks), arena);
	return true;
}

static int32_t
first_day(const struct choice_of *from, const struct plan_side *side)
{
	int32_t first = INT32_MAX;

	for (size_t i = 0; i < from->count; i++)
		if (is_listed(side, &from->courses[i]) &&
		    from->courses[i].start_date < first)
			first = from->courses[i].start_date;
	return first;
}

/* Weeks that both sides have. */
static int
shared_weeks(const struct choice_of *all, const struct plan *plan)
{
	int train = longest(all, &plan->train);
	int test = longest(all, &plan->test);

	return train < test ? train : test;
}

static bool
plan_train(const struct train_question *q, const struct choice_of *all,
    struct arena *arena, struct plan *plan, struct err *err)
{
	struct choice_of from = *all;

	from.terms = (struct wanted){ q->train_terms, q->train_terms_count };
	from.names =
	    (struct wanted){ q->train_courses, q->train_courses_count };
	from.needs_feed = all->needs_feed && is_open(&from);
	from.ended_by = first_day(all, &plan->test) - 1;
	choose(&from, arena, &plan->train);
	if (plan->train.course_count == 0)
		return refuse("ended before the test began,", "learn from",
		    from.ended_by, err);
	if (q->train_weeks_count > 0)
		set_weeks(&plan->train, q->train_weeks, q->train_weeks_count,
		    arena);
	else
		spread_weeks(&plan->train, shared_weeks(all, plan), arena);
	if (plan->train.week_count == 0)
		return err_set(err, ERR_INVALID,
		    "the courses to learn from are shorter than two weeks");
	return true;
}

static bool
is_known(const struct plan_world *world, const char *name, bool is_term)
{
	for (size_t i = 0; i < world->count; i++) {
		const struct course *course = &world->courses[i];
		const char *known = is_term ? course->term : course->course_id;

		if (known != NULL && strcmp(known, name) == 0)
			return true;
	}
	return false;
}

static bool
check_names(const struct plan_world *world, struct wanted wanted, bool is_term,
    struct err *err)
{
	for (size_t i = 0; i < wanted.count; i++)
		if (!is_known(world, wanted.items[i], is_term))
			return err_set(err, ERR_INVALID,
			    "there is no %s %.200s: name one that was imported",
			    is_term ? "term" : "course", wanted.items[i]);
	return true;
}

/* A name that was mistyped is no cohort that is too young. */
static bool
check_question(const struct train_question *q, const struct plan_world *world,
    struct err *err)
{
	struct wanted terms[] = { { q->test_terms, q->test_terms_count },
		{ q->train_terms, q->train_terms_count } };
	struct wanted courses[] = { { q->test_courses, q->test_courses_count },
		{ q->train_courses, q->train_courses_count } };

	for (size_t i = 0; i < ARRAY_SIZE(terms); i++)
		if (!check_names(world, terms[i], true, err) ||
		    !check_names(world, courses[i], false, err))
			return false;
	return true;
}

struct plan_part
plan_part(const struct plan_side *side, size_t first)
{
	size_t left =
	    first < side->course_count ? side->course_count - first : 0;

	return (struct plan_part){ side->courses + (left > 0 ? first : 0),
		left < PLAN_COURSES_A_QUESTION ? left
					       : PLAN_COURSES_A_QUESTION };
}

bool
plan_make(const struct train_question *question, const struct plan_world *world,
    struct arena *arena, struct plan *plan, struct err *err)
{
	struct choice_of all = { .courses = world->courses,
		.count = world->count,
		.ended_by = world->today,
		.needs_feed = world->attendance_from == SOURCE_ACTIVITY };

	*plan = (struct plan){ 0 };
	return check_question(question, world, err) &&
	    plan_test(question, &all, arena, plan, err) &&
	    plan_train(question, &all, arena, plan, err);
}
