/*
 * cohort_test.c - pages into arrays, dropping students, standardising.
 */
#include "secure/digest.h"
#include "services/training/cohort.h"

#include <math.h>
#include <string.h>

#include "proto/prediction.h"
#include "tests/support/test.h"
#include "wire/binary.h"

enum { MOST = 2 };

/* A sample whose first input is `values` step by step, the rest missing. */
static struct sample
make_sample(const char *student_id, const float *values, int count,
    float steps[MOST * NETWORK_INPUTS], float context[NETWORK_CONTEXT])
{
	for (int i = 0; i < MOST * NETWORK_INPUTS; i++)
		steps[i] = NAN;
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		context[i] = NAN;
	for (int t = 0; t < count; t++)
		steps[t * NETWORK_INPUTS] = values[t];
	return (struct sample){ .enrollment_id = 1,
		.student_id = student_id,
		.course_id = "C",
		.week = 5,
		.label = 1,
		.step_count = count,
		.steps = { (const char *)steps,
		    (size_t)count * NETWORK_INPUTS * sizeof(float) },
		.context = { (const char *)context,
		    NETWORK_CONTEXT * sizeof(float) } };
}

static bool
add_page(struct cohort *cohort, struct sample *samples, size_t count,
    uint32_t tag)
{
	struct sample_page page = { .samples = samples,
		.samples_count = count,
		.active = 7 };
	struct buf packed = { 0 };
	struct arena arena;
	struct err err = { 0 };
	bool is_good;

	arena_init(&arena, 65536);
	binary_encode(&sample_page_message, &page, &packed);
	is_good = cohort_add(cohort, buf_slice(&packed), tag, &arena, &err);
	buf_close(&packed);
	arena_close(&arena);
	return is_good;
}

/* Students a with 1, 3 and b with NaN, 8. */
static void
fill(struct cohort *cohort, uint32_t tag)
{
	const float a[] = { 1, 3 }, b[] = { NAN, 8 };
	float steps[2][MOST * NETWORK_INPUTS], context[2][NETWORK_CONTEXT];
	struct sample samples[] = {
		make_sample("a", a, 2, steps[0], context[0]),
		make_sample("b", b, 2, steps[1], context[1]),
	};

	samples[1].has_scorable = true;
	samples[1].scorable = false;
	assert_true(add_page(cohort, samples, 2, tag));
	cohort_settle(cohort);
}

static void
means_and_deviations_pass_over_what_is_missing(void **state)
{
	struct cohort cohort = { 0 };
	struct network_standard standard;

	(void)state;
	fill(&cohort, 0);
	cohort_standard(&cohort, &standard);
	/* 1, 3, 8: mean 4, variance (9 + 1 + 16) / 3 */
	assert_near(standard.mean[0], 4, 1e-6);
	assert_near(standard.deviation[0], sqrt(26.0 / 3), 1e-6);
	assert_near(standard.mean[1], 0, 0);
	assert_near(standard.deviation[1], 0, 0);
	cohort_close(&cohort);
}

static void
missing_is_zero_once_standardised(void **state)
{
	struct cohort cohort = { 0 };
	struct network_standard standard;

	(void)state;
	fill(&cohort, 0);
	cohort_standard(&cohort, &standard);
	cohort_standardise(&cohort, &standard);
	assert_near(cohort.rows[0].steps[0], -3 / sqrt(26.0 / 3), 1e-6);
	assert_near(cohort.rows[1].steps[0], 0, 0);
	assert_near(cohort.rows[1].steps[NETWORK_INPUTS], 4 / sqrt(26.0 / 3),
	    1e-6);
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		assert_near(cohort.rows[0].context[i], 0, 0);
	cohort_close(&cohort);
}

static void
everyone_active_is_taken_and_the_scorable_are_counted(void **state)
{
	struct cohort train = { 0 }, test = { 0 };

	(void)state;
	fill(&train, 0);
	fill(&test, 5);
	assert_int_equal(train.count, 2);
	assert_int_equal(test.count, 2);
	assert_int_equal(test.scorable[5], 1);
	assert_int_equal(test.active[5], 7);
	cohort_close(&train);
	cohort_close(&test);
}

static void
a_student_of_both_is_dropped_with_all_samples(void **state)
{
	const float steps[] = { 1, 3 };
	float all[MOST * NETWORK_INPUTS], context[NETWORK_CONTEXT];
	struct sample tested = make_sample("a", steps, 2, all, context);
	struct cohort train = { 0 }, test = { 0 };

	(void)state;
	fill(&train, 0);
	fill(&train, 0);
	assert_true(add_page(&test, &tested, 1, 5));
	cohort_settle(&test);
	assert_int_equal(cohort_drop(&train, &test), 1);
	assert_int_equal(train.count, 2);
	for (size_t i = 0; i < train.count; i++) {
		assert_int_equal(train.student[i], digest_number("b"));
		assert_near(train.rows[i].steps[NETWORK_INPUTS], 8, 0);
	}
	cohort_close(&train);
	cohort_close(&test);
}

static void
samples_share_the_steps_that_they_begin_with(void **state)
{
	const float week[] = { 1, 3 }, corrected[] = { 2, 3 };
	float steps[3][MOST * NETWORK_INPUTS], context[3][NETWORK_CONTEXT];
	struct sample samples[] = {
		make_sample("a", week, 1, steps[0], context[0]),
		make_sample("a", week, 2, steps[1], context[1]),
		make_sample("a", corrected, 2, steps[2], context[2]),
	};
	struct network_standard standard;
	struct cohort cohort = { 0 };

	(void)state;
	assert_true(add_page(&cohort, samples, 3, 0));
	cohort_settle(&cohort);
	assert_int_equal(cohort.step_count, 1 + 2 + 2);
	assert_int_equal(cohort.stored, 2 + 2);
	assert_ptr_equal(cohort.rows[0].steps, cohort.rows[1].steps);
	/* as if each had its own: 1; 1, 3; 2, 3 */
	cohort_standard(&cohort, &standard);
	assert_near(standard.mean[0], 2, 1e-6);
	assert_near(standard.deviation[0], sqrt(4.0 / 5), 1e-6);
	cohort_standardise(&cohort, &standard);
	assert_near(cohort.rows[0].steps[0], -1 / sqrt(4.0 / 5), 1e-6);
	assert_near(cohort.rows[1].steps[NETWORK_INPUTS], 1 / sqrt(4.0 / 5),
	    1e-6);
	assert_near(cohort.rows[2].steps[0], 0, 1e-6);
	/* another enrollment has nothing in common */
	samples[1].enrollment_id = 2;
	assert_true(add_page(&cohort, samples, 2, 0));
	assert_int_equal(cohort.stored, 4 + 1 + 2);
	cohort_close(&cohort);
}

static void
a_sample_of_another_size_than_it_says_is_refused(void **state)
{
	const float a[] = { 1, 3 };
	float steps[MOST * NETWORK_INPUTS], context[NETWORK_CONTEXT];
	struct sample sample = make_sample("a", a, 2, steps, context);
	struct cohort cohort = { 0 };

	(void)state;
	sample.step_count = 1;
	assert_false(add_page(&cohort, &sample, 1, 0));
	cohort_close(&cohort);
}

RUN_TESTS(cmocka_unit_test(means_and_deviations_pass_over_what_is_missing),
    cmocka_unit_test(missing_is_zero_once_standardised),
    cmocka_unit_test(everyone_active_is_taken_and_the_scorable_are_counted),
    cmocka_unit_test(a_student_of_both_is_dropped_with_all_samples),
    cmocka_unit_test(samples_share_the_steps_that_they_begin_with),
    cmocka_unit_test(a_sample_of_another_size_than_it_says_is_refused))
