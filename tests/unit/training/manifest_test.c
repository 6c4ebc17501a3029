/*
 * manifest_test.c - a manifest has room in its file, however many weeks were
 * tested and however many groups there are.
 */
#include "services/training/manifest.h"

#include <string.h>

#include "tests/support/sample_model.h"
#include "tests/support/test.h"
#include "wire/json.h"

/* What a question can ask for: 64 weeks and all together, three targets. */
enum { EVALUATIONS = 3 * 65, GROUPS = 400 };

static struct estimate figure = { true, 1.2345678901234567e-05, true,
	1.2345678901234567e-06, true, 1.2345678901234567e-04 };
static struct evaluation evaluations[EVALUATIONS];
static struct group_report groups[GROUPS];

static void
fill(void)
{
	for (int i = 0; i < EVALUATIONS; i++)
		evaluations[i] = (struct evaluation){ .model = "logistic",
			.has_week = i % 65 != 0,
			.week = i % 65,
			.target = "withdrawn",
			.n = 123456,
			.coverage = .98765432109876543,
			.base_rate = .98765432109876543,
			.reliability = 1.2345678901234567e-05,
			.resolution = 1.2345678901234567e-05,
			.uncertainty = 1.2345678901234567e-05,
			.has_lead_days = true,
			.lead_days = 98.765432109876543,
			.has_base_log_loss = true,
			.base_log_loss = .98765432109876543,
			.auroc = &figure,
			.auprc = &figure,
			.log_loss = &figure,
			.brier = &figure,
			.ece = &figure,
			.precision_top_5 = &figure,
			.precision_top_10 = &figure,
			.precision_top_20 = &figure,
			.recall_top_10 = &figure,
			.recall_top_5 = &figure,
			.recall_top_20 = &figure,
			.brier_reliability = &figure,
			.brier_resolution = &figure,
			.brier_uncertainty = &figure,
			.lead = &figure };
	for (int i = 0; i < GROUPS; i++)
		groups[i] = (struct group_report){ .attribute = "deprivation",
			.group = "a value of the most bytes that there may "
				 "be, which are 64, here",
			.has_abroca = true,
			.abroca = 1.2345678901234567e-05,
			.has_mean_score = true,
			.mean_score = 1.2345678901234567e-05,
			.n = 123456,
			.enough = true,
			.false_positive = &figure,
			.false_negative = &figure,
			.calibration_gap = &figure,
			.auroc = &figure,
			.abroca_estimate = &figure };
}

/* The manifest of so many evaluations and groups. */
static void
write(size_t evaluation_count, size_t group_count, struct buf *out)
{
	struct work_question question = { .seed = 1, .folds = 5 };
	struct model_report report = { .evaluations = evaluations,
		.evaluations_count = evaluation_count,
		.groups = groups,
		.groups_count = group_count };
	struct provenance provenance = { &question, &report, NULL, NULL, NULL };
	struct model *model = sample_logistic_model(1);

	fill();
	manifest_write(model, &provenance, out);
	assert_true(out->size <= MODEL_MANIFEST_MAX);
	model_set_manifest(model, out->data);
	model_unref(model);
}

static size_t
count(const struct buf *text, const char *what)
{
	size_t found = 0;

	for (const char *at = text->data; (at = strstr(at, what)) != NULL; at++)
		found++;
	return found;
}

static void
all_figures_stand_in_it_where_there_is_room(void **state)
{
	struct buf out = { 0 };

	(void)state;
	write(15, 40, &out);
	assert_int_equal(count(&out, "\"target\""), 15);
	assert_int_equal(count(&out, "\"attribute\""), 40);
	assert_int_equal(count(&out, "left_out"), 0);
	buf_close(&out);
}

static void
what_has_no_room_is_left_to_the_report_and_named(void **state)
{
	struct buf out = { 0 };

	(void)state;
	write(EVALUATIONS, 40, &out);
	assert_int_equal(count(&out, "\"target\""), 3);
	assert_int_equal(count(&out, "\"attribute\""), 40);
	assert_int_equal(count(&out, "\"left_out\":[\"weeks\"]"), 1);
	buf_clear(&out);
	write(EVALUATIONS, GROUPS, &out);
	assert_int_equal(count(&out, "\"target\""), 3);
	assert_int_equal(count(&out, "\"attribute\""), 0);
	assert_int_equal(count(&out, "\"left_out\":[\"weeks\",\"groups\"]"), 1);
	buf_close(&out);
}

RUN_TESTS(cmocka_unit_test(all_figures_stand_in_it_where_there_is_room),
    cmocka_unit_test(what_has_no_room_is_left_to_the_report_and_named))
