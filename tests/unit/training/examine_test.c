/*
 * examine_test.c - what the gate is told of files: they are read back before
 * it is asked, and what is wrong with them ends as a refusal that is kept.
 *
 * Made-up students, every third with an adverse outcome, and a sample model
 * of each kind; which of them wins does not matter here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/ingestion.h"
#include "services/training/learning.h"
#include "tests/support/network_reference.h"
#include "tests/support/sample_model.h"
#include "tests/support/test.h"

enum { WEEKS = 64 };

struct exam {
	struct learning learning;
	struct arena arena;
	struct reporter reporter;
	struct work_result result;
};

static void
fill_cohort(struct cohort *test, size_t weeks)
{
	size_t rows = 282 + 18 * weeks;

	*test = (struct cohort){ .count = rows, .rows = random_rows(rows, 5) };
	test->student = mem_alloc(rows, sizeof(*test->student));
	test->adverse = mem_alloc(rows, sizeof(*test->adverse));
	test->result = mem_alloc(rows, sizeof(*test->result));
	test->week = mem_alloc(rows, sizeof(*test->week));
	test->is_scorable = mem_alloc(rows, sizeof(*test->is_scorable));
	test->outcome_after = mem_alloc(rows, sizeof(*test->outcome_after));
	for (size_t i = 0; i < rows; i++) {
		test->student[i] = i;
		test->adverse[i] = i % 3 == 0;
		test->result[i] = i % 3 != 0 ? RESULT_PASS
		    : i % 2 == 0             ? RESULT_FAIL
					     : RESULT_WITHDRAWN;
		test->week[i] = (uint16_t)(1 + i / 6 % weeks);
		test->is_scorable[i] = 1;
		test->outcome_after[i] = test->adverse[i] ? 50 : OUTCOME_NONE;
	}
}

static void
exam_open(struct exam *exam, size_t week_count)
{
	static double weeks[WEEKS];
	struct learning *l = &exam->learning;

	memset(exam, 0, sizeof(*exam));
	arena_init(&exam->arena, 65536);
	reporter_init(&exam->reporter, -1);
	l->arena = &exam->arena;
	l->reporter = &exam->reporter;
	l->question.test_weeks = weeks;
	l->question.test_weeks_count = week_count;
	for (size_t i = 0; i < week_count; i++)
		weeks[i] = (double)(i + 1);
	fill_cohort(&l->test, week_count);
	groups_init(&l->groups, &l->test, &exam->arena);
	l->models[NETWORK] = sample_network_model(1);
	l->models[LOGISTIC] = sample_logistic_model(1);
	l->models[TREES] = sample_trees_model(1);
}

static void
exam_close(struct exam *exam)
{
	struct learning *l = &exam->learning;

	for (int i = 0; i < MODEL_KINDS; i++)
		model_unref(l->models[i]);
	groups_close(&l->groups);
	random_rows_free(l->test.rows);
	free(l->test.student);
	free(l->test.adverse);
	free(l->test.result);
	free(l->test.week);
	free(l->test.is_scorable);
	free(l->test.outcome_after);
	arena_close(&exam->arena);
}

static void
hold(struct exam *exam)
{
	struct err err = { 0 };

	if (!examine(&exam->learning, &exam->result, &err))
		fail_msg("%s", err.detail);
}

static void
sound_files_are_read_back_before_the_gate_is_asked(void **state)
{
	struct exam exam;

	(void)state;
	exam_open(&exam, 1);
	hold(&exam);
	for (int i = 0; i < MODEL_KINDS; i++)
		assert_null(exam.learning.proofs[i].fault);
	assert_true(exam.learning.reports[NETWORK].int8_passes);
	assert_true(exam.learning.proofs[NETWORK].has_int8);
	assert_true(exam.learning.proofs[NETWORK].int8_passes);
	assert_false(exam.learning.proofs[LOGISTIC].has_int8);
	assert_true(exam.result.logistic->allowed);
	exam_close(&exam);
}

/* The gate's word is in every report; who was not preferred learns for whom. */
static void
check_verdict(const struct work_result *result, const struct work_model *model)
{
	const char *report = model->report.data;
	bool is_winner = strcmp(model->version, result->winner) == 0;
	char whom[80];

	snprintf(whom, sizeof(whom), "%.12s of the same training was preferred",
	    result->winner);
	assert_false(model->allowed);
	assert_int_equal(model->refused_by_count, 1);
	assert_string_equal(model->refused_by[0], "golden-vectors");
	assert_non_null(strstr(model->verdict, "of the new ones, none of"));
	assert_non_null(strstr(report, "1 of 3 golden rows do not come out"));
	assert_int_equal(strstr(report, whom) == NULL, is_winner);
	assert_non_null(strstr(report, model->verdict));
}

/* Another kernel, another compiler: the logits are not those of the maker. */
static void
golden_rows_that_do_not_come_out_are_a_refusal_that_is_kept(void **state)
{
	struct exam exam;

	(void)state;
	exam_open(&exam, 1);
	for (int i = 0; i < MODEL_KINDS; i++)
		exam.learning.models[i]->golden.logits[0] += .01f;
	hold(&exam);
	assert_true(exam.result.network->report.size > 0);
	check_verdict(&exam.result, exam.result.network);
	check_verdict(&exam.result, exam.result.logistic);
	check_verdict(&exam.result, exam.result.trees);
	exam_close(&exam);
}

/* Of the two that may pass, one wins and the other is passed over. */
static void
what_is_refused_is_told_which_was_preferred_and_why(void **state)
{
	struct exam exam;
	const struct work_model *refused;

	(void)state;
	exam_open(&exam, 1);
	exam.learning.models[TREES]->golden.logits[0] += .01f;
	hold(&exam);
	refused = exam.result.trees;
	assert_false(refused->allowed);
	assert_non_null(
	    strstr(refused->verdict, "; refused: it does not come "));
	assert_non_null(strstr(refused->verdict, "of the new ones that may "));
	for (int i = 0; i < 2; i++) {
		const struct work_model *other =
		    i == 0 ? exam.result.network : exam.result.logistic;
		bool is_winner =
		    strcmp(other->version, exam.result.winner) == 0;

		assert_true(other->allowed);
		assert_int_equal(other->refused_by_count, 0);
		assert_int_equal(strstr(other->verdict, "lets it pass") != NULL,
		    is_winner);
	}
	assert_string_not_equal(refused->version, exam.result.winner);
	exam_close(&exam);
}

/* As many weeks as a question may name: all are in the report, and the manifest
 * has the figures over all of them. */
static void
a_test_of_every_week_makes_a_file(void **state)
{
	struct exam exam;
	const struct model_report *report = &exam.learning.reports[LOGISTIC];

	(void)state;
	exam_open(&exam, WEEKS);
	hold(&exam);
	assert_null(exam.learning.proofs[LOGISTIC].fault);
	assert_int_equal(report->evaluations_count,
	    MODEL_KINDS * TARGETS * (WEEKS + 1));
	assert_null(strstr(exam.result.logistic->manifest, "\"week\":"));
	assert_non_null(
	    strstr(exam.result.logistic->manifest, "\"target\":\"withdrawn\""));
	exam_close(&exam);
}

RUN_TESTS(cmocka_unit_test(sound_files_are_read_back_before_the_gate_is_asked),
    cmocka_unit_test(what_is_refused_is_told_which_was_preferred_and_why),
    cmocka_unit_test(
	golden_rows_that_do_not_come_out_are_a_refusal_that_is_kept),
    cmocka_unit_test(a_test_of_every_week_makes_a_file))
