/*
 * learn_test.c - the whole of the child on a made-up cohort whose outcome is
 * known exactly.
 *
 * Each student has STEPS weeks; attendance_rate (input 0) of a week is a
 * standard normal number, three other inputs are noise, the rest is missing.
 * With m the sum of those numbers over the root of their count (standard
 * normal again), P(adverse) = 1 / (1 + exp(-STRENGTH m)).  The last week alone
 * knows little of m, so who looks back must do better than who does not; and
 * nobody does better than those probabilities themselves (`bayes`), but for
 * the test sample's luck.
 */
#include "services/training/learn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "ml/model_file.h"
#include "proto/ingestion.h"
#include "proto/prediction.h"
#include "proto/training.h"
#include "tests/support/test.h"
#include "wire/binary.h"
#include "wire/json.h"

enum { STEPS = 8, WEEK = 8 };

struct side {
	int from, until; /* numbers of students */
	bool all_adverse;
	double bayes; /* out: mean log loss of the true probabilities */
};

struct plan {
	struct side train, test;
	int64_t seed;
	int64_t epochs;
	int64_t grades_sooner; /* 0: not asked for; else both sides again */
	struct slice champion; /* empty: none */
	const char *champion_version;
};

enum { PAGE = 100, ID_SIZE = 16 };

#define STRENGTH 2.0

struct pupil {
	char id[ID_SIZE];
	float steps[STEPS * NETWORK_INPUTS];
	float context[NETWORK_CONTEXT];
};

static void
add_part(struct buf *input, enum part_kind kind, uint32_t tag,
    struct slice body)
{
	uint32_t words[2] = { kind, tag };
	uint64_t size = body.size;

	buf_add(input, words, sizeof(words));
	buf_add(input, &size, sizeof(size));
	buf_add(input, body.data, body.size);
}

/* Returns P(adverse). */
static double
make_student(int number, struct pupil *student)
{
	struct random random;
	double sum = 0;

	random_init(&random, 7, (uint64_t)number);
	snprintf(student->id, sizeof(student->id), "s%d", number);
	for (int i = 0; i < STEPS * NETWORK_INPUTS; i++)
		student->steps[i] = i % NETWORK_INPUTS < 4
		    ? (float)random_normal(&random)
		    : NAN;
	for (int t = 0; t < STEPS; t++)
		sum += (double)student->steps[t * NETWORK_INPUTS];
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		student->context[i] = (float)random_normal(&random);
	return 1 / (1 + exp(-STRENGTH * sum / sqrt(STEPS)));
}

static void
make_sample(int number, struct side *side, struct pupil *student,
    struct sample *sample)
{
	double p = make_student(number, student);
	struct random random;
	bool adverse;

	random_init(&random, 8, (uint64_t)number);
	adverse = side->all_adverse || random_unit(&random) < p;
	side->bayes -= log(adverse ? p : 1 - p) / (side->until - side->from);
	*sample = (struct sample){ .enrollment_id = number + 1,
		.student_id = student->id,
		.course_id = "C",
		.week = WEEK,
		.label = adverse,
		.has_result = true,
		.result = !adverse ? RESULT_PASS
		    : number % 2   ? RESULT_FAIL
				   : RESULT_WITHDRAWN,
		.has_outcome_after = adverse,
		.outcome_after = 30 + number % 60,
		.step_count = STEPS,
		.steps = { (const char *)student->steps,
		    sizeof(student->steps) },
		.context = { (const char *)student->context,
		    sizeof(student->context) } };
}

static void
add_pages(struct side *side, enum part_kind kind, uint32_t tag,
    struct buf *input)
{
	struct pupil *students = mem_alloc(PAGE, sizeof(*students));
	struct sample *samples = mem_alloc(PAGE, sizeof(*samples));

	side->bayes = 0;
	for (int at = side->from; at < side->until; at += PAGE) {
		struct sample_page page = { .samples = samples };
		struct buf packed = { 0 };

		for (int i = at; i < at + PAGE && i < side->until; i++) {
			size_t place = page.samples_count++;

			make_sample(i, side, &students[place], &samples[place]);
		}
		page.active = (int64_t)page.samples_count + 25;
		binary_encode(&sample_page_message, &page, &packed);
		add_part(input, kind, tag, buf_slice(&packed));
		buf_close(&packed);
	}
	free(students);
	free(samples);
}

/* Every third student is of one group. */
static void
add_protected(const struct side *side, struct buf *input)
{
	struct buf json = { 0 };

	buf_text(&json, "{\"items\":[");
	for (int i = side->from; i < side->until; i++)
		buf_printf(&json,
		    "%s{\"student_id\":\"s%d\",\"attributes\":"
		    "{\"gender\":\"%s\"}}",
		    i == side->from ? "" : ",", i, i % 3 == 0 ? "F" : "M");
	buf_text(&json, "]}");
	add_part(input, PART_PROTECTED, 0, buf_slice(&json));
	buf_close(&json);
}

static void
write_input(struct plan *plan, struct buf *input)
{
	static const char *train_terms[] = { "2013" };
	static const char *test_terms[] = { "2014" };
	double weeks[] = { WEEK };
	struct work_question question = { .seed = plan->seed,
		.folds = 3,
		.epochs = plan->epochs,
		.has_hidden = true,
		.hidden = 8,
		.train_terms = train_terms,
		.train_terms_count = 1,
		.test_terms = test_terms,
		.test_terms_count = 1,
		.train_weeks = weeks,
		.train_weeks_count = 1,
		.test_weeks = weeks,
		.test_weeks_count = 1,
		.train_known_by = 16000,
		.test_known_by = 16400,
		.champion = plan->champion_version,
		.has_grades_sooner = plan->grades_sooner > 0,
		.grades_sooner = plan->grades_sooner };
	struct buf packed = { 0 };

	binary_encode(&work_question_message, &question, &packed);
	add_part(input, PART_QUESTION, 0, buf_slice(&packed));
	buf_close(&packed);
	add_pages(&plan->train, PART_TRAIN, 0, input);
	add_pages(&plan->test, PART_TEST, WEEK, input);
	if (plan->grades_sooner > 0) {
		struct side train = plan->train, test = plan->test;

		add_pages(&train, PART_TRAIN_SOONER, 0, input);
		add_pages(&test, PART_TEST_SOONER, WEEK, input);
	}
	add_protected(&plan->test, input);
	if (plan->champion.size > 0)
		add_part(input, PART_CHAMPION, 0, plan->champion);
}

/* What came of a plan; close it. */
struct outcome {
	struct work_result result;
	struct arena arena;
	struct buf input;
};

static void
run_plan(struct plan *plan, struct outcome *outcome)
{
	struct reporter reporter;
	struct err err = { 0 };

	*outcome = (struct outcome){ .input = { 0 } };
	arena_init(&outcome->arena, 65536);
	reporter_init(&reporter, -1);
	write_input(plan, &outcome->input);
	if (!learn(buf_slice(&outcome->input), &reporter, &outcome->arena,
		&outcome->result, &err))
		fail_msg("%s", err.detail);
}

static void
outcome_close(struct outcome *outcome)
{
	arena_close(&outcome->arena);
	buf_close(&outcome->input);
}

static struct model_report
read_report(struct outcome *outcome, const struct work_model *model)
{
	struct model_report report;
	struct err err = { 0 };

	if (!json_decode(&model_report_message, model->report, JSON_STRICT,
		&outcome->arena, &report, &err))
		fail_msg("%s", err.detail);
	return report;
}

static void
a_network_finds_what_only_looking_back_can_tell(void **state)
{
	struct plan plan = { .train = { 0, 1200, false, 0 },
		.test = { 2000, 2600, false, 0 },
		.seed = 1,
		.epochs = 14 };
	struct outcome outcome;

	(void)state;
	run_plan(&plan, &outcome);
	assert_null(outcome.result.error);
	print_message("log loss %.4f network, %.4f logistic, %.4f bayes\n",
	    outcome.result.network->log_loss, outcome.result.logistic->log_loss,
	    plan.test.bayes);
	assert_near(outcome.result.network->log_loss, plan.test.bayes, .05);
	assert_true(outcome.result.logistic->log_loss > plan.test.bayes + .1);
	assert_true(outcome.result.logistic->log_loss < .7);
	assert_string_equal(outcome.result.winner,
	    outcome.result.network->version);
	assert_true(outcome.result.allowed);
	outcome_close(&outcome);
}

static const struct plan small = { .train = { 0, 240, false, 0 },
	.test = { 200, 400, false, 0 },
	.seed = 3,
	.epochs = 3 };

static void
the_same_seed_and_data_make_the_same_files(void **state)
{
	struct plan plan = small, other = small;
	struct outcome first, second, third;

	(void)state;
	other.seed = 4;
	run_plan(&plan, &first);
	run_plan(&plan, &second);
	run_plan(&other, &third);
	assert_string_equal(first.result.network->version,
	    second.result.network->version);
	assert_string_equal(first.result.logistic->version,
	    second.result.logistic->version);
	assert_int_equal(first.result.network->file.size,
	    second.result.network->file.size);
	assert_memory_equal(first.result.network->file.data,
	    second.result.network->file.data, first.result.network->file.size);
	assert_string_not_equal(first.result.network->version,
	    third.result.network->version);
	outcome_close(&first);
	outcome_close(&second);
	outcome_close(&third);
}

static void
students_of_the_test_are_dropped_from_training(void **state)
{
	struct plan plan = small;
	struct outcome outcome;
	struct model_report report;

	(void)state;
	run_plan(&plan, &outcome);
	report = read_report(&outcome, outcome.result.network);
	assert_int_equal(report.dropped_students, 40);
	assert_int_equal(report.train_students, 200);
	assert_int_equal(report.train_samples, 200);
	outcome_close(&outcome);
}

static const struct evaluation *
find_evaluation(const struct model_report *report, const char *model,
    const char *target, int week)
{
	for (size_t i = 0; i < report->evaluations_count; i++) {
		const struct evaluation *e = &report->evaluations[i];

		if (strcmp(e->model, model) == 0 &&
		    strcmp(e->target, target) == 0 &&
		    (e->has_week ? e->week : 0) == week)
			return e;
	}
	fail_msg("no %s of %s at week %d", target, model, week);
	return NULL;
}

static void
the_report_has_both_models_targets_coverage_and_groups(void **state)
{
	struct plan plan = small;
	struct outcome outcome;
	struct model_report report;
	const struct evaluation *adverse, *fail;

	(void)state;
	run_plan(&plan, &outcome);
	report = read_report(&outcome, outcome.result.logistic);
	assert_string_equal(report.model_version,
	    outcome.result.logistic->version);
	adverse = find_evaluation(&report, "network", "adverse", 0);
	fail = find_evaluation(&report, "logistic", "fail", WEEK);
	assert_int_equal(adverse->n, 200);
	/* two pages of 100, each with 25 who were active and not scored */
	assert_near(adverse->coverage, 200.0 / 250, 1e-9);
	assert_true(fail->n < 200 && fail->n > 100);
	/* The base rate told to everyone: its entropy. */
	assert_near(fail->base_log_loss,
	    -fail->base_rate * log(fail->base_rate) -
		(1 - fail->base_rate) * log(1 - fail->base_rate),
	    1e-9);
	assert_true(adverse->log_loss->low < adverse->log_loss->value);
	assert_true(adverse->log_loss->high > adverse->log_loss->value);
	assert_true(adverse->has_lead_days);
	assert_true(adverse->lead_days >= 30 && adverse->lead_days < 90);
	assert_int_equal(report.groups_count, 2);
	assert_string_equal(report.groups[0].attribute, "gender");
	assert_int_equal(report.groups[0].n + report.groups[1].n, 200);
	assert_true(report.groups[0].enough);
	outcome_close(&outcome);
}

static void
the_file_can_be_served_with_interval_and_typical_student(void **state)
{
	struct plan plan = small;
	struct outcome outcome;
	struct model *model;
	struct err err = { 0 };

	(void)state;
	run_plan(&plan, &outcome);
	assert_true(model_load(outcome.result.network->file,
	    outcome.result.network->version, &model, &err));
	assert_true(model->spread_count >= 50);
	assert_true(model->golden.count > 0);
	/* inputs that were never seen are the mean: 0 when standardised */
	assert_near(model->baseline.steps[20], 0, 0);
	/* what is seen is near the mean of a standard normal number */
	assert_near(model->baseline.steps[0], 0, .3);
	model_unref(model);
	outcome_close(&outcome);
}

/* Learned from fewer students than the champion, by the same rules. */
static void
a_challenger_that_is_no_better_than_the_champion_is_refused(void **state)
{
	struct plan plan = { .train = { 0, 1200, false, 0 },
		.test = { 2000, 2300, false, 0 },
		.seed = 1,
		.epochs = 8 };
	struct plan less = small;
	struct outcome champion, challenger;

	(void)state;
	run_plan(&plan, &champion);
	less.test = plan.test;
	less.champion_version = champion.result.network->version;
	less.champion = champion.result.network->file;
	run_plan(&less, &challenger);
	assert_null(challenger.result.error);
	assert_false(challenger.result.allowed);
	assert_string_equal(challenger.result.refused_by[0], "log-loss");
	outcome_close(&champion);
	outcome_close(&challenger);
}

static void
too_little_data_is_said_in_words(void **state)
{
	struct plan none = small, few = small, one_kind = small;
	struct outcome outcome;

	(void)state;
	none.train.until = 0;
	run_plan(&none, &outcome);
	assert_non_null(strstr(outcome.result.error, "0 samples"));
	outcome_close(&outcome);
	few.test.until = 250;
	run_plan(&few, &outcome);
	assert_non_null(strstr(outcome.result.error, "50 samples"));
	assert_non_null(strstr(outcome.result.error, "test on"));
	outcome_close(&outcome);
	one_kind.train.all_adverse = true;
	run_plan(&one_kind, &outcome);
	assert_non_null(strstr(outcome.result.error, "both kinds"));
	outcome_close(&outcome);
}

static void
an_input_that_is_cut_off_is_refused(void **state)
{
	struct plan plan = small;
	struct work_result result;
	struct reporter reporter;
	struct buf input = { 0 };
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 65536);
	reporter_init(&reporter, -1);
	write_input(&plan, &input);
	assert_false(learn((struct slice){ input.data, input.size - 1 },
	    &reporter, &arena, &result, &err));
	assert_int_equal(err.code, ERR_INVALID);
	buf_close(&input);
	arena_close(&arena);
}

/* Grades that were known no sooner after all change nothing, so the model
 * learned anew is the baseline again. */
static void
the_report_tells_what_grades_known_sooner_would_change(void **state)
{
	struct plan plan = small, plain = small;
	struct outcome outcome, other;
	struct model_report report;

	(void)state;
	plan.grades_sooner = 14;
	run_plan(&plan, &outcome);
	run_plan(&plain, &other);
	report = read_report(&outcome, outcome.result.network);
	assert_int_equal(report.grades_sooner, 14);
	assert_int_equal(report.sensitivity_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct evaluation *sooner = &report.sensitivity[i];
		const struct evaluation *known =
		    find_evaluation(&report, "logistic", "adverse",
			sooner->has_week ? (int)sooner->week : 0);

		assert_string_equal(sooner->target, "adverse");
		assert_int_equal(sooner->n, known->n);
		assert_true(sooner->log_loss->value == known->log_loss->value);
		assert_true(sooner->auroc->low == known->auroc->low);
	}
	/* A report is never changed, so who asks for more makes another. */
	assert_string_not_equal(outcome.result.logistic->version,
	    other.result.logistic->version);
	report = read_report(&other, other.result.network);
	assert_int_equal(report.sensitivity_count, 0);
	outcome_close(&outcome);
	outcome_close(&other);
}

RUN_TESTS(cmocka_unit_test(a_network_finds_what_only_looking_back_can_tell),
    cmocka_unit_test(the_same_seed_and_data_make_the_same_files),
    cmocka_unit_test(students_of_the_test_are_dropped_from_training),
    cmocka_unit_test(the_report_has_both_models_targets_coverage_and_groups),
    cmocka_unit_test(the_report_tells_what_grades_known_sooner_would_change),
    cmocka_unit_test(the_file_can_be_served_with_interval_and_typical_student),
    cmocka_unit_test(
	a_challenger_that_is_no_better_than_the_champion_is_refused),
    cmocka_unit_test(too_little_data_is_said_in_words),
    cmocka_unit_test(an_input_that_is_cut_off_is_refused))
