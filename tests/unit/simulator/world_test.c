/*
 * world_test.c - what is planted, and nothing else, differs between two worlds
 * of one seed; sizes are those that world.h states.
 */
#include "services/simulator/world.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "services/simulator/truth.h"
#include "tests/support/test.h"

enum { PUPILS = 200, WEEKS = 14, DRIFTED = 8, TOLD_MOST = 1000 };

static struct plan
plain(void)
{
	return (struct plan){ .seed = 11,
		.students = PUPILS,
		.weeks = WEEKS,
		.today = day_from_civil(2026, 3, 6),
		.base_rate = 0.18 };
}

struct told {
	struct happening list[TOLD_MOST];
	size_t count;
};

static void
note(void *user, const struct happening *happening)
{
	struct told *told = user;

	assert_true(told->count < TOLD_MOST);
	told->list[told->count++] = *happening;
}

static void
live(const struct world *world, size_t pupil, struct told *told)
{
	told->count = 0;
	pupil_live(world, &world->pupils[pupil], note, told);
}

static bool
is_same(const struct happening *a, const struct happening *b)
{
	return a->kind == b->kind && a->day == b->day && a->roll == b->roll &&
	    fabs(a->score - b->score) < 1e-9 && a->severity == b->severity;
}

static bool
is_away(const struct happening *happening)
{
	return happening->kind == ROLL_CALL &&
	    (happening->roll == ROLL_ABSENT || happening->roll == ROLL_EXCUSED);
}

/* Days before the drift and other cohorts are as they were; what comes from
 * its day on is given to `compare`. */
static void
compare_drifted(enum drift drift,
    void (*compare)(const struct happening *before,
	const struct happening *after, double sums[2]),
    double sums[2])
{
	struct plan plan = plain();
	struct world a, b;
	static struct told before, after;
	int32_t from;

	world_init(&a, &plan);
	plan.drift = drift;
	plan.drift_week = DRIFTED;
	world_init(&b, &plan);
	from = drift_day(&b, COHORTS - 1);
	assert_int_equal(from,
	    b.years[COHORTS - 1].first_day + 7 * (DRIFTED - 1));
	assert_int_equal(drift_day(&b, 0), INT32_MAX);
	for (size_t i = 0; i < a.pupil_count; i++) {
		bool is_under_way = a.pupils[i].cohort == COHORTS - 1;

		live(&a, i, &before);
		live(&b, i, &after);
		assert_int_equal(before.count, after.count);
		for (size_t j = 0; j < before.count; j++)
			if (is_under_way && before.list[j].day >= from)
				compare(&before.list[j], &after.list[j], sums);
			else
				assert_true(
				    is_same(&before.list[j], &after.list[j]));
	}
	world_close(&a);
	world_close(&b);
}

static void
compare_roll(const struct happening *before, const struct happening *after,
    double sums[2])
{
	if (before->kind != ROLL_CALL) {
		assert_true(is_same(before, after));
		return;
	}
	/* Who was away still is: the same draw against a higher bar. */
	assert_true(!is_away(before) || is_away(after));
	sums[0] += is_away(before);
	sums[1] += is_away(after);
}

static void
attendance_falls_from_its_week_on_in_the_cohort_under_way_alone(void **state)
{
	double sums[2] = { 0 };

	(void)state;
	compare_drifted(DRIFT_ATTENDANCE, compare_roll, sums);
	/* exp(1.2) = 3.3 times the odds; absence is rare, and less so for
	 * those who are often away. */
	assert_true(sums[1] > 2 * sums[0] && sums[1] < 3.4 * sums[0]);
}

static void
compare_mark(const struct happening *before, const struct happening *after,
    double sums[2])
{
	if (before->kind != GRADED) {
		assert_true(is_same(before, after));
		return;
	}
	/* A mark is no lower than 0 and no higher than 100. */
	if (before->score < 100 && before->score >= 12)
		assert_near(before->score - after->score, 12, 1e-9);
	sums[0] += before->score;
	sums[1]++;
}

static void
grading_becomes_harsher_by_twelve_points(void **state)
{
	double sums[2] = { 0 };

	(void)state;
	compare_drifted(DRIFT_GRADING, compare_mark, sums);
	assert_true(sums[1] > 1000);
}

static double
logit(double probability)
{
	return log(probability / (1 - probability));
}

static double
base_rate(const struct world *world, int cohort)
{
	double sum = 0;

	for (int i = 0; i < PUPILS; i++)
		sum += world->pupils[cohort * PUPILS + i].probability;
	return sum / PUPILS;
}

static void
biased_labels_raise_the_logit_of_girls_and_keep_the_base_rate(void **state)
{
	struct plan plan = plain();
	struct world a, b;
	double shift[2] = { NAN, NAN };

	(void)state;
	world_init(&a, &plan);
	plan.bias = BIAS_LABELS;
	world_init(&b, &plan);
	for (size_t i = 0; i < PUPILS; i++) {
		const struct pupil *pupil = &a.pupils[i];
		double *of_group = &shift[pupil->is_girl];
		double now =
		    logit(b.pupils[i].probability) - logit(pupil->probability);

		assert_near(b.pupils[i].ability, pupil->ability, 0);
		if (isnan(*of_group))
			*of_group = now;
		assert_near(now, *of_group, 1e-6);
	}
	assert_near(shift[1] - shift[0], 1.2, 1e-6);
	for (int cohort = 0; cohort < COHORTS; cohort++) {
		assert_near(base_rate(&a, cohort), 0.18, 1e-6);
		assert_near(base_rate(&b, cohort), 0.18, 1e-6);
	}
	world_close(&a);
	world_close(&b);
}

/* Slope of a pupil's mean mark over ability (least squares), by group. */
static double
slope_of_marks(const struct world *world, bool of_girls)
{
	double n = 0, x = 0, y = 0, xx = 0, xy = 0;
	static struct told told;

	for (size_t i = 0; i < world->pupil_count; i++) {
		const struct pupil *pupil = &world->pupils[i];
		double sum = 0, marks = 0;

		if (pupil->is_girl != of_girls)
			continue;
		live(world, i, &told);
		for (size_t j = 0; j < told.count; j++)
			if (told.list[j].kind == GRADED) {
				sum += told.list[j].score;
				marks++;
			}
		if (marks < 10)
			continue;
		n++;
		x += pupil->ability;
		y += sum / marks;
		xx += pupil->ability * pupil->ability;
		xy += pupil->ability * sum / marks;
	}
	return (n * xy - x * y) / (n * xx - x * x);
}

static void
biased_records_show_less_of_girls_and_end_as_before(void **state)
{
	struct plan plan = plain();
	struct world a, b;
	static struct told before, after;

	(void)state;
	world_init(&a, &plan);
	plan.bias = BIAS_RECORDS;
	world_init(&b, &plan);
	for (size_t i = 0; i < a.pupil_count; i++) {
		assert_near(b.pupils[i].probability, a.pupils[i].probability,
		    0);
		if (a.pupils[i].is_girl)
			continue;
		live(&a, i, &before);
		live(&b, i, &after);
		assert_int_equal(before.count, after.count);
		for (size_t j = 0; j < before.count; j++)
			assert_true(is_same(&before.list[j], &after.list[j]));
	}
	/* Homework and tests weigh ability by 7 and 10. */
	assert_near(slope_of_marks(&a, true), 7.75, 1.5);
	assert_near(slope_of_marks(&b, true), 0.3 * 7.75, 0.8);
	assert_near(slope_of_marks(&b, false), slope_of_marks(&a, false), 0);
	world_close(&a);
	world_close(&b);
}

static void
the_truth_names_what_was_planted_for_whom(void **state)
{
	struct plan plan = plain();
	struct world world;
	struct buf text = { 0 };
	size_t drifted = 0, wronged = 0, girls = 0, lines = 0;

	(void)state;
	plan.drift = DRIFT_GRADING;
	plan.drift_week = DRIFTED;
	plan.bias = BIAS_LABELS;
	world_init(&world, &plan);
	truth_print(&world, &text);
	for (char *at = text.data; *at != '\0'; at = strchr(at, '\n') + 1) {
		size_t size = strcspn(at, "\n");

		lines++;
		drifted += memmem(at, size, ",grading,2026-", 14) != NULL;
		wronged += memcmp(at + size - 7, ",labels", 7) == 0;
		girls += memmem(at, size, ",female,", 8) != NULL;
	}
	assert_int_equal(lines, 1 + COHORTS * PUPILS);
	assert_int_equal(drifted, PUPILS);
	assert_int_equal(wronged, girls);
	assert_in_range(girls, PUPILS, 2 * PUPILS);
	buf_close(&text);
	world_close(&world);
}

/* 52 weeks are 364 days: of the years that end with one of early January, two
 * begin in the same year of the calendar. */
static void
no_two_cohorts_have_one_course_or_term_on_any_day(void **state)
{
	struct plan plan = plain();
	int32_t first = day_from_civil(2024, 1, 1);

	(void)state;
	plan.students = 1;
	for (plan.today = first; plan.today < first + 2 * 366; plan.today++)
		for (plan.weeks = 1; plan.weeks <= YEAR_WEEKS;
		     plan.weeks += 13) {
			struct world world;

			world_init(&world, &plan);
			for (int i = 1; i < COHORTS; i++) {
				const struct year *year = &world.years[i];

				assert_string_not_equal(year[0].course_id,
				    year[-1].course_id);
				assert_string_not_equal(year[0].term,
				    year[-1].term);
			}
			world_close(&world);
		}
	/* As the calendar has it for the cohort under way. */
	plan = plain();
	struct world world;
	world_init(&world, &plan);
	assert_string_equal(world.years[COHORTS - 1].term, "2025/26");
	assert_string_equal(world.years[0].course_id, "YEAR-2023");
	world_close(&world);
}

RUN_TESTS(cmocka_unit_test(
	      attendance_falls_from_its_week_on_in_the_cohort_under_way_alone),
    cmocka_unit_test(no_two_cohorts_have_one_course_or_term_on_any_day),
    cmocka_unit_test(grading_becomes_harsher_by_twelve_points),
    cmocka_unit_test(
	biased_labels_raise_the_logit_of_girls_and_keep_the_base_rate),
    cmocka_unit_test(biased_records_show_less_of_girls_and_end_as_before),
    cmocka_unit_test(the_truth_names_what_was_planted_for_whom))
