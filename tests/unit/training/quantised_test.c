/*
 * quantised_test.c - the cost of 8-bit weights by group, against a count of its
 * own.
 */
#include "services/training/quantised.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/support/network_reference.h"
#include "tests/support/sample_model.h"
#include "tests/support/test.h"

/* Student k is a woman when k is even, one of few when k is 3 or 7. */
enum { ROWS = 300 };

struct rig {
	struct arena arena;
	struct cohort test;
	struct groups groups;
	struct model *model;
	struct contender contender;
	struct model_report report;
};

static void
add_groups(struct rig *rig)
{
	struct buf page = { 0 };
	struct arena scratch;
	struct err err = { 0 };

	buf_text(&page, "{\"items\":[");
	for (int k = 0; k < ROWS; k++)
		buf_printf(&page,
		    "%s{\"student_id\":\"s%d\",\"attributes\":{\"gender\":"
		    "\"%s\"%s}}",
		    k > 0 ? "," : "", k, k % 2 == 0 ? "woman" : "man",
		    k == 3 || k == 7 ? ",\"age\":\"55\"" : "");
	buf_text(&page, "]}");
	arena_init(&scratch, 4096);
	if (!groups_add(&rig->groups, buf_slice(&page), &scratch, &err))
		fail_msg("%s", err.detail);
	arena_close(&scratch);
	buf_close(&page);
}

static void
rig_open(struct rig *rig, struct model *model)
{
	memset(rig, 0, sizeof(*rig));
	arena_init(&rig->arena, 4096);
	rig->model = model;
	rig->test.rows = random_rows(ROWS, 5);
	rig->test.count = ROWS;
	rig->test.student = mem_alloc(ROWS, sizeof(uint64_t));
	for (int k = 0; k < ROWS; k++) {
		char id[16];

		snprintf(id, sizeof(id), "s%d", k);
		rig->test.student[k] = digest_number(id);
	}
	groups_init(&rig->groups, &rig->test, &rig->arena);
	add_groups(rig);
	rig->contender = (struct contender){ "network", model, NULL };
	contender_score(&rig->contender, &rig->test, &rig->arena);
	model->quantisation = (struct quantisation){ 0 };
	quantised_assess(&rig->contender, &rig->test, &rig->groups, &rig->arena,
	    &rig->report);
}

static void
rig_close(struct rig *rig)
{
	groups_close(&rig->groups);
	random_rows_free(rig->test.rows);
	free(rig->test.student);
	model_unref(rig->model);
	arena_close(&rig->arena);
}

/* The mean change over every other row, from `first` on. */
static double
mean_change(struct rig *rig, size_t first)
{
	struct model_scratch *scratch = model_scratch_new(rig->model, false);
	struct err err = { 0 };
	double sum = 0;

	rig->model->quantisation = (struct quantisation){ 0, 0, 1, 1 };
	assert_true(model_set_arithmetic(rig->model, "", true, &err));
	for (size_t i = first; i < ROWS; i += 2) {
		float logit;

		model_logits(rig->model, scratch,
		    &(struct network_batch){ rig->test.rows + i, 1, false },
		    &(struct network_output){ .logits = &logit });
		sum += fabs(model_score(rig->model, (double)logit) -
		    rig->contender.scores[i]);
	}
	model_scratch_free(scratch);
	return sum / (ROWS / 2);
}

static void
every_group_is_measured_and_small_ones_are_not_told(void **state)
{
	struct rig rig;
	const struct int8_report *rows;

	(void)state;
	rig_open(&rig, sample_network_model(3));
	rows = rig.report.int8;
	assert_int_equal(rig.report.int8_count, 3);
	assert_string_equal(rows[0].group, "all");
	assert_int_equal(rows[0].n, ROWS);
	assert_string_equal(rows[1].group, "gender=woman");
	assert_int_equal(rows[1].n, ROWS / 2);
	assert_string_equal(rows[2].group, "gender=man");
	assert_near(rows[0].worst, fmax(rows[1].worst, rows[2].worst), 0);
	assert_true(rows[0].worst > 0);
	assert_int_equal(rig.model->quantisation.count, ROWS);
	assert_near(rig.model->quantisation.mean,
	    fmax(rows[1].mean, rows[2].mean), 0);
	assert_int_equal(rig.report.int8_passes,
	    quantisation_passes(&rig.model->quantisation));
	assert_near(rows[1].mean, mean_change(&rig, 0), 1e-12);
	assert_near(rows[2].mean, mean_change(&rig, 1), 1e-12);
	rig_close(&rig);
}

/* Whoever serves the file asks them again. */
static void
golden_rows_count_as_one_more_group(void **state)
{
	struct model *model = sample_network_model(3);
	struct rig rig;

	(void)state;
	model->golden.logits[0] += 2;
	rig_open(&rig, model);
	assert_true(rig.report.int8[0].worst < .05);
	assert_true(model->quantisation.worst > .05);
	assert_false(rig.report.int8_passes);
	rig_close(&rig);
}

static void
of_a_model_without_network_nothing_is_said(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, sample_logistic_model(3));
	assert_int_equal(rig.report.int8_count, 0);
	assert_false(rig.report.has_int8_passes);
	assert_int_equal(rig.model->quantisation.count, 0);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(every_group_is_measured_and_small_ones_are_not_told),
    cmocka_unit_test(golden_rows_count_as_one_more_group),
    cmocka_unit_test(of_a_model_without_network_nothing_is_said))
