/*
 * fairness_test.c - groups against numpy 1.24; ABROCA there is the mean over
 * two million points of the difference of two interpolated ROC curves.
 */
#include "ml/fairness.h"

#include <math.h>

#include "tests/support/test.h"

enum { COUNT = 60, GROUPS = 3 };

struct class
{
	double score[COUNT];
	uint8_t adverse[COUNT];
	uint64_t student[COUNT];
	uint8_t group[COUNT];
};

static void
fill(struct class *class)
{
	for (int i = 0; i < COUNT; i++) {
		double score = i * 37 % 101 / 100.0;

		class->score[i] = score;
		class->adverse[i] = i * 53 % 97 / 97.0 < score * 0.7 + 0.1;
		class->student[i] = (uint64_t)i;
		class->group[i] = (uint8_t)(i % 3);
		if (i % 3 == 2 && i % 2 == 1)
			class->group[i] = 0;
	}
}

static void
ask(const struct class *class, int reference, struct group_fairness *groups)
{
	struct scored samples = { COUNT, class->score, class->adverse,
		class->student };
	struct fairness_question question = { class->group, GROUPS, 0.5,
		reference };
	struct err err;

	assert_true(fairness_measure(&samples, &question, groups, &err));
}

static void
groups_are_measured_as_numpy_does(void **state)
{
	struct group_fairness groups[GROUPS];
	struct class class;

	(void)state;
	fill(&class);
	ask(&class, FAIRNESS_REST, groups);
	assert_int_equal(groups[0].count, 30);
	assert_true(groups[0].enough);
	assert_near(groups[0].base_rate, 0.4, 1e-12);
	assert_near(groups[0].false_positive_rate, 0.2777777777777778, 1e-12);
	assert_near(groups[0].false_negative_rate, 0.25, 1e-12);
	assert_near(groups[0].mean_score, 0.4726666666666666, 1e-12);
	assert_near(groups[0].calibration_gap, 0.0726666666666666, 1e-12);
	assert_near(groups[0].auroc, 0.6527777777777778, 1e-12);
	assert_near(groups[0].abroca, 0.08685188, 1e-6);
	assert_near(groups[1].false_positive_rate, 0.36363636363636365, 1e-12);
	assert_near(groups[1].false_negative_rate, 1 / 3.0, 1e-12);
	assert_near(groups[1].log_loss, 0.8341875994153757, 1e-9);
	assert_near(groups[1].abroca, 0.05808075, 1e-6);
}

static void
a_reference_group_may_be_chosen(void **state)
{
	struct group_fairness groups[GROUPS];
	struct class class;

	(void)state;
	fill(&class);
	ask(&class, 1, groups);
	assert_near(groups[0].abroca, 0.0812289, 1e-6);
	assert_near(groups[1].abroca, 0, 0);
	ask(&class, 2, groups);
	assert_true(isnan(groups[0].abroca));
}

static void
a_small_group_is_not_enough_data(void **state)
{
	struct group_fairness groups[GROUPS];
	struct class class;

	(void)state;
	fill(&class);
	ask(&class, FAIRNESS_REST, groups);
	assert_int_equal(groups[2].count, 10);
	assert_int_equal(groups[2].students, 10);
	assert_false(groups[2].enough);
	assert_true(isnan(groups[2].false_negative_rate));
	assert_true(isnan(groups[2].abroca));
}

/* 20 samples of 10 students are 10 students. */
static void
students_count_not_samples(void **state)
{
	struct group_fairness groups[GROUPS];
	struct class class;

	(void)state;
	fill(&class);
	for (size_t i = 0; i < COUNT; i++)
		class.student[i] = i / 6;
	ask(&class, FAIRNESS_REST, groups);
	assert_int_equal(groups[1].students, 10);
	assert_false(groups[1].enough);
}

static void
who_told_nothing_is_in_no_group(void **state)
{
	struct group_fairness groups[GROUPS];
	struct class class;

	(void)state;
	fill(&class);
	for (size_t i = 0; i < COUNT; i++)
		if (class.group[i] == 2)
			class.group[i] = FAIRNESS_UNKNOWN;
	ask(&class, FAIRNESS_REST, groups);
	assert_int_equal(groups[2].count, 0);
	/* The rest of group 0 is group 1 now. */
	assert_near(groups[0].abroca, 0.0812289, 1e-6);
}

/* A perfect ranking and its reverse enclose the whole square; curves that
 * cross at (1/2, 1/2) enclose two triangles of 1/8 each. */
static void
areas_known_by_geometry_come_out(void **state)
{
	static const double score[] = { .9, .8, .2, .1 };
	static const double level[] = { .5, .5, .5, .5 };
	static const uint8_t best[] = { 1, 1, 0, 0 };
	static const uint8_t worst[] = { 0, 0, 1, 1 };
	static const uint8_t crossing[] = { 1, 0, 0, 1 };
	struct ranking a, b, c, d;
	struct err err;

	(void)state;
	assert_true(
	    ranking_init(&a, &(struct scored){ 4, score, best, NULL }, &err));
	assert_true(
	    ranking_init(&b, &(struct scored){ 4, score, worst, NULL }, &err));
	assert_true(ranking_init(&c,
	    &(struct scored){ 4, score, crossing, NULL }, &err));
	assert_true(
	    ranking_init(&d, &(struct scored){ 4, level, best, NULL }, &err));
	assert_near(fairness_abroca(&a, &b), 1, 1e-12);
	assert_near(fairness_abroca(&c, &d), 0.25, 1e-12);
	assert_near(fairness_abroca(&a, &d), 0.5, 1e-12);
	assert_near(fairness_abroca(&a, &a), 0, 0);
	ranking_close(&a);
	ranking_close(&b);
	ranking_close(&c);
	ranking_close(&d);
}

RUN_TESTS(cmocka_unit_test(groups_are_measured_as_numpy_does),
    cmocka_unit_test(a_reference_group_may_be_chosen),
    cmocka_unit_test(a_small_group_is_not_enough_data),
    cmocka_unit_test(students_count_not_samples),
    cmocka_unit_test(who_told_nothing_is_in_no_group),
    cmocka_unit_test(areas_known_by_geometry_come_out))
