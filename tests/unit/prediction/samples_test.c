/*
 * samples_test.c - what training learns from, and that nothing later leaks.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/prediction/school.h"

static void
read_samples(struct rig *rig, int after, int limit, struct sample_page *page)
{
	char question[200];
	struct err err = { 0 };

	snprintf(question, sizeof(question),
	    "{\"weeks\": [2, 8, 12], \"known_by\": \"2026-01-14\","
	    " \"courses\": [\"math\"], \"after\": %d, \"limit\": %d}",
	    after, limit);
	if (!rig_call(rig, route_of("get_samples"), "north", question, NULL))
		fail_msg("%s", rig->err.detail);
	assert_true(binary_decode(&sample_page_message, buf_slice(&rig->answer),
	    &rig->w.arena, page, &err));
}

static void
samples_are_those_whose_outcome_came_later(void **state)
{
	struct rig rig;
	struct sample_page page;

	(void)state;
	open_school(&rig);
	/* s1 fails on the day of week 10, s2 passes, s3's end is censored, s4's
	 * outcome is known too late. */
	add_outcome(&rig, 1, MONDAY + 69, RESULT_FAIL);
	add_outcome(&rig, 2, MONDAY + 90, RESULT_PASS);
	add_outcome(&rig, 3, MONDAY + 90, RESULT_CENSORED);
	add_outcome(&rig, 4, TODAY + 1, RESULT_FAIL);
	rig_apply(&rig);
	read_samples(&rig, 0, 4, &page);
	assert_int_equal(page.enrollments, 4);
	assert_int_equal(page.total, STUDENTS + 1);
	assert_int_equal(page.active, 12);
	assert_int_equal(page.scorable, 8); /* weeks 8 and 12 */
	assert_int_equal(page.next, 4);
	/* Weeks 2 and 8 of s1, 2, 8 and 12 of s2. */
	assert_int_equal(page.samples_count, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct sample *sample = &page.samples[i];
		static const int weeks[] = { 2, 8, 2, 8, 12 };

		assert_int_equal(sample->enrollment_id, i < 2 ? 1 : 2);
		assert_int_equal(sample->week, weeks[i]);
		assert_int_equal(sample->reference_day,
		    MONDAY + 7 * weeks[i] - 1);
		assert_int_equal(sample->step_count, weeks[i]);
		assert_int_equal(sample->steps.size, weeks[i] * 42 * 4);
		assert_int_equal(sample->label, i < 2);
		assert_int_equal(sample->scorable, weeks[i] >= 4);
	}
	assert_int_equal(page.samples[1].outcome_after, 69 - 55);
	read_samples(&rig, 4, 2000, &page);
	assert_int_equal(page.enrollments, STUDENTS + 1 - 4);
	assert_int_equal(page.next, 0);
	assert_int_equal(page.samples_count, 0);
	rig_close(&rig);
}

static void
any_adverse_outcome_by_the_end_of_the_course_is_the_label(void **state)
{
	/* Enrollment, week, label, days to the adverse outcome. */
	static const int wanted[][4] = {
		{ 1, 2, 1, 56 }, /* fails, then is said to have passed */
		{ 1, 8, 1, 14 },
		{ 2, 2, 1, 47 }, /* failed twice: the first one counts */
		{ 2, 8, 1, 5 },
		{ 2, 12, 1, 12 }, /* and behind it the second */
		{ 3, 2, 0, 0 },   /* passed, and a mark of no outcome */
		{ 3, 8, 0, 0 },
		{ 3, 12, 0, 0 },
	};
	struct rig rig;
	struct sample_page page;

	(void)state;
	open_school(&rig);
	rig_course(&rig, "north", "math", MONDAY, MONDAY + 96);
	add_outcome(&rig, 1, MONDAY + 69, RESULT_FAIL);
	add_outcome(&rig, 1, MONDAY + 90, RESULT_PASS);
	add_outcome(&rig, 2, MONDAY + 95, RESULT_FAIL);
	add_outcome(&rig, 2, MONDAY + 60, RESULT_WITHDRAWN);
	add_outcome(&rig, 3, MONDAY + 90, RESULT_PASS);
	add_outcome(&rig, 3, MONDAY + 91, RESULT_CENSORED);
	add_outcome(&rig, 4, MONDAY + 97, RESULT_FAIL); /* behind the end */
	rig_apply(&rig);
	read_samples(&rig, 0, 5, &page);
	assert_int_equal(page.samples_count, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < page.samples_count; i++) {
		const struct sample *sample = &page.samples[i];

		assert_int_equal(sample->enrollment_id, wanted[i][0]);
		assert_int_equal(sample->week, wanted[i][1]);
		assert_int_equal(sample->label, wanted[i][2]);
		assert_int_equal(sample->has_outcome_after, wanted[i][2]);
		if (sample->has_outcome_after)
			assert_int_equal(sample->outcome_after, wanted[i][3]);
	}
	rig_close(&rig);
}

/* Of enrollment 102, at week 8 (MONDAY + 55); 28 is total_grades_tracked, 15
 * grade_mean. */
static float
last_value(struct rig *rig, const char *more, int feature)
{
	struct sample_page page;
	const struct sample *sample;
	char question[200];
	float value;
	struct err err = { 0 };

	snprintf(question, sizeof(question),
	    "{\"weeks\": [8], \"known_by\": \"2026-01-14\", \"courses\": "
	    "[\"art\"], \"after\": 101, \"limit\": 1%s}",
	    more);
	if (!rig_call(rig, route_of("get_samples"), "north", question, NULL))
		fail_msg("%s", rig->err.detail);
	assert_true(binary_decode(&sample_page_message, buf_slice(&rig->answer),
	    &rig->w.arena, &page, &err));
	assert_int_equal(page.samples_count, 1);
	sample = &page.samples[0];
	memcpy(&value,
	    sample->steps.data +
		((size_t)(sample->step_count - 1) * 42 + (size_t)feature) *
		    sizeof(value),
	    sizeof(value));
	return value;
}

static void
add_grade(struct rig *rig, int32_t earned, int32_t known, double score)
{
	struct log_entry *grade =
	    rig_record(rig, "north", RECORD_GRADE, 102, earned);

	grade->known_on = known;
	grade->value = score;
	grade->has_value = true;
}

static void
grades_known_sooner_count_from_when_they_were_earned(void **state)
{
	static const char sooner[] = ", \"grades_sooner\": 14";
	struct rig rig;
	struct log_entry *correction;
	int64_t first;

	(void)state;
	open_school(&rig);
	add_outcome(&rig, 102, MONDAY + 90, RESULT_PASS);
	add_grade(&rig, MONDAY + 20, MONDAY + 34, 40);
	first = rig.entries[rig.count - 1].position;
	add_grade(&rig, MONDAY + 45, MONDAY + 65, 60); /* 51 */
	add_grade(&rig, MONDAY + 54, MONDAY + 57, 80); /* 54, not 43 */
	add_grade(&rig, MONDAY + 56, MONDAY + 56, 99); /* not earned yet */
	/* The first is corrected: 60 days on, 46 with grades sooner. */
	add_grade(&rig, MONDAY + 20, MONDAY + 60, 10);
	correction = &rig.entries[rig.count - 1];
	correction->supersedes = first;
	correction->has_supersedes = true;
	correction->superseded_enrollment_id = 102;
	correction->has_superseded_enrollment_id = true;
	correction->superseded_on = MONDAY + 20;
	correction->has_superseded_on = true;
	rig_apply(&rig);
	assert_near(last_value(&rig, "", 28), 1, 1e-6);
	assert_near(last_value(&rig, "", 15), 40, 1e-4);
	assert_near(last_value(&rig, sooner, 28), 3, 1e-6);
	assert_near(last_value(&rig, sooner, 15), 50, 1e-4);
	rig_close(&rig);
}

static void
what_is_known_or_dated_later_changes_no_score(void **state)
{
	struct rig rig;
	struct prediction p;
	struct log_entry *entry;
	double score, weight;

	(void)state;
	open_school(&rig);
	ask_for(&rig,
	    "{\"student_id\": \"s5\", \"reference_date\": \"2025-12-24\"}", &p);
	score = p.risk_score;
	weight = p.explanations[0].weight;
	/* 2025-12-24 is MONDAY + 79. */
	for (int i = 0; i < 20; i++) {
		entry = rig_record(&rig, "north", RECORD_INCIDENT, 5,
		    MONDAY + 80 + i);
		entry->value = 5;
		entry->has_value = true;
		entry =
		    rig_record(&rig, "north", RECORD_GRADE, 5, MONDAY + 30 + i);
		entry->known_on = MONDAY + 80;
		entry->value = 1;
		entry->has_value = true;
	}
	rig_apply(&rig);
	ask_for(&rig,
	    "{\"student_id\": \"s5\", \"reference_date\": \"2025-12-24\"}", &p);
	assert_true(p.risk_score == score);
	assert_true(p.explanations[0].weight == weight);
	ask_for(&rig, "{\"student_id\": \"s5\"}", &p);
	assert_true(p.risk_score != score);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(samples_are_those_whose_outcome_came_later),
    cmocka_unit_test(any_adverse_outcome_by_the_end_of_the_course_is_the_label),
    cmocka_unit_test(grades_known_sooner_count_from_when_they_were_earned),
    cmocka_unit_test(what_is_known_or_dated_later_changes_no_score))
