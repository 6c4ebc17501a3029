/*
 * manifest_test.c - a manifest has room for whatever a question may ask.
 */
#include "services/training/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/sample_model.h"
#include "tests/support/test.h"
#include "wire/json.h"

/* As many as training keeps apart (groups.h), under the longest names. */
enum { GROUPS = 300, TERMS = 100 };

static char long_name[65];
static struct estimate figure = { true, .123456789012345, true,
	.123456789012345, true, .123456789012345 };

static void
fill_group(struct group_report *group)
{
	*group = (struct group_report){ .attribute = long_name,
		.group = long_name,
		.n = 1000000,
		.enough = true,
		.has_students = true,
		.students = 1000000,
		.false_positive = &figure,
		.false_negative = &figure,
		.calibration_gap = &figure,
		.auroc = &figure,
		.abroca_estimate = &figure };
}

static void
groups_stand_in_it_while_there_is_room(void **state)
{
	static struct group_report groups[GROUPS];
	static const char *terms[TERMS];
	struct work_question question = { .train_terms = terms,
		.train_terms_count = TERMS,
		.test_terms = terms,
		.test_terms_count = TERMS };
	struct model_report report = { .groups = groups,
		.groups_count = GROUPS };
	struct model *model = sample_logistic_model(1);
	struct buf out = { 0 };
	struct err err = { 0 };

	(void)state;
	memset(long_name, '"', sizeof(long_name) - 1);
	for (size_t i = 0; i < TERMS; i++)
		terms[i] = long_name;
	for (size_t i = 0; i < GROUPS; i++)
		fill_group(&groups[i]);
	groups[0].enough = false;
	manifest_write(model,
	    &(struct provenance){ .question = &question, .report = &report },
	    &out);
	assert_true(out.size > MANIFEST_GROUPS_SIZE);
	assert_true(model_set_manifest(model, out.data, &err));
	assert_null(strstr(out.data, "\"groups_left_out\":0"));
	buf_close(&out);
	report.groups_count = 20;
	manifest_write(model,
	    &(struct provenance){ .question = &question, .report = &report },
	    &out);
	assert_non_null(strstr(out.data, "\"groups_left_out\":1"));
	buf_close(&out);
	model_unref(model);
}

RUN_TESTS(cmocka_unit_test(groups_stand_in_it_while_there_is_room))
