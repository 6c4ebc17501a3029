/* folds_test.c - nobody sits on both sides, and the folds look alike. */
#include "ml/folds.h"

#include <string.h>

#include "tests/support/test.h"

enum { STUDENTS = 103, WEEKS = 4, COUNT = STUDENTS * WEEKS, FOLDS = 5 };

struct class
{
	uint64_t student[COUNT];
	uint8_t adverse[COUNT];
};

/* 30 students of 103 have an adverse outcome. */
static void
fill(struct class *class)
{
	for (size_t i = 0; i < COUNT; i++) {
		class->student[i] = 1000 + i % STUDENTS * 7;
		class->adverse[i] = i % STUDENTS < 30;
	}
}

static void
split(struct folds *folds, const struct class *class, uint64_t seed)
{
	struct folds_plan plan = { .seed = seed, .folds = FOLDS };
	struct err err;

	assert_true(folds_init(folds, class->student, class->adverse, COUNT,
	    &plan, &err));
}

static void
all_samples_of_a_student_are_in_one_fold(void **state)
{
	struct folds folds;
	struct class class;

	(void)state;
	fill(&class);
	split(&folds, &class, 1);
	for (size_t i = STUDENTS; i < COUNT; i++)
		assert_int_equal(folds.of[i], folds.of[i % STUDENTS]);
	folds_close(&folds);
}

static void
folds_hold_equally_many_of_both_kinds(void **state)
{
	size_t size[FOLDS][2] = { 0 };
	struct folds folds;
	struct class class;

	(void)state;
	fill(&class);
	split(&folds, &class, 1);
	for (size_t i = 0; i < STUDENTS; i++)
		size[folds.of[i]][class.adverse[i]]++;
	for (size_t i = 0; i < FOLDS; i++) {
		assert_int_equal(size[i][1], 6);
		assert_in_range(size[i][0], 14, 15);
	}
	folds_close(&folds);
}

static void
the_split_depends_on_the_seed_but_not_on_the_order(void **state)
{
	struct folds folds, again, mirrored;
	struct class class, mirror;
	size_t moved = 0;

	(void)state;
	fill(&class);
	for (size_t i = 0; i < COUNT; i++) {
		mirror.student[i] = class.student[COUNT - 1 - i];
		mirror.adverse[i] = class.adverse[COUNT - 1 - i];
	}
	split(&folds, &class, 1);
	split(&again, &class, 2);
	split(&mirrored, &mirror, 1);
	for (size_t i = 0; i < COUNT; i++) {
		moved += folds.of[i] != again.of[i];
		assert_int_equal(folds.of[i], mirrored.of[COUNT - 1 - i]);
	}
	/* By chance four in five move. */
	assert_in_range(moved, COUNT / 2, COUNT - 1);
	folds_close(&folds);
	folds_close(&again);
	folds_close(&mirrored);
}

static void
each_sample_is_held_out_exactly_once(void **state)
{
	uint8_t held_out[COUNT] = { 0 };
	struct fold_view view;
	struct folds folds;
	struct class class;

	(void)state;
	fill(&class);
	split(&folds, &class, 3);
	for (size_t k = 0; k < FOLDS; k++) {
		fold_view_init(&view, &folds, k);
		assert_int_equal(view.train_count + view.validation_count,
		    COUNT);
		for (size_t i = 0; i < view.validation_count; i++)
			held_out[view.validation[i]]++;
		for (size_t i = 0; i < view.train_count; i++)
			assert_int_not_equal(folds.of[view.train[i]], k);
		fold_view_close(&view);
	}
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(held_out[i], 1);
	folds_close(&folds);
}

static void
too_few_students_are_refused(void **state)
{
	static const uint64_t student[] = { 1, 1, 2, 2 };
	static const uint8_t adverse[] = { 0, 0, 1, 1 };
	struct folds_plan plan = { .seed = 1, .folds = 3 };
	struct folds folds;
	struct err err;

	(void)state;
	assert_false(folds_init(&folds, student, adverse, 4, &plan, &err));
	plan.folds = 1;
	assert_false(folds_init(&folds, student, adverse, 4, &plan, &err));
	assert_int_equal(err.code, ERR_INVALID);
	plan.folds = 2;
	assert_true(folds_init(&folds, student, adverse, 4, &plan, &err));
	folds_close(&folds);
}

RUN_TESTS(cmocka_unit_test(all_samples_of_a_student_are_in_one_fold),
    cmocka_unit_test(folds_hold_equally_many_of_both_kinds),
    cmocka_unit_test(the_split_depends_on_the_seed_but_not_on_the_order),
    cmocka_unit_test(each_sample_is_held_out_exactly_once),
    cmocka_unit_test(too_few_students_are_refused))
