/*
 * learn_test.c - what a training makes of a cohort whose outcome is known
 * exactly (tests/support/made_training.h).
 */
#include "services/training/learn.h"

#include <math.h>
#include <sched.h>
#include <string.h>

#include "ml/model_file.h"
#include "proto/training.h"
#include "tests/support/made_training.h"
#include "tests/support/test.h"
#include "wire/json.h"

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
	struct plan plan = { .train = { 0, 1200, LEARNABLE, 0 },
		.test = { 2000, 2600, LEARNABLE, 0 },
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
	assert_true(work_winner(&outcome.result)->allowed);
	outcome_close(&outcome);
}

static const struct plan small = { .train = { 0, 240, LEARNABLE, 0 },
	.test = { 200, 400, LEARNABLE, 0 },
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
	plan.earlier_looks = 1;
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
	assert_string_equal(first.result.trees->version,
	    second.result.trees->version);
	assert_string_not_equal(first.result.network->version,
	    third.result.network->version);
	assert_string_not_equal(first.result.trees->version,
	    third.result.trees->version);
	assert_int_equal(
	    read_report(&first, first.result.network).earlier_looks, 0);
	assert_int_equal(
	    read_report(&second, second.result.trees).earlier_looks, 1);
	outcome_close(&first);
	outcome_close(&second);
	outcome_close(&third);
}

static void
the_number_of_threads_changes_nothing(void **state)
{
	struct plan plan = small, other = small;
	struct outcome many, one;
	cpu_set_t all, first;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&first);
	for (int i = 0; CPU_COUNT(&first) == 0; i++)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &first);
	run_plan(&plan, &many);
	assert_int_equal(sched_setaffinity(0, sizeof(first), &first), 0);
	run_plan(&other, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	assert_int_equal(many.result.network->file.size,
	    one.result.network->file.size);
	assert_memory_equal(many.result.network->file.data,
	    one.result.network->file.data, one.result.network->file.size);
	assert_string_equal(many.result.logistic->version,
	    one.result.logistic->version);
	outcome_close(&many);
	outcome_close(&one);
}

/* Of the settings, until the search stopped; of the network, until the epoch
 * where those were best. */
static void
the_report_of_a_network_tells_how_it_learned(void **state)
{
	struct plan plan = small;
	struct outcome outcome;
	struct model_report report;
	size_t best = 0, final = 0;

	(void)state;
	plan.epochs = 8;
	run_plan(&plan, &outcome);
	report = read_report(&outcome, outcome.result.network);
	assert_true(report.curve_count > 0 && report.curve_count <= 8);
	for (size_t i = 0; i < report.curve_count; i++) {
		const struct learning_epoch *one = &report.curve[i];

		assert_int_equal(one->epoch, i + 1);
		assert_true(one->has_train_loss && one->has_held_out_loss);
		assert_int_equal(one->has_final_loss, i == final);
		final += one->has_final_loss;
		if (one->held_out_loss < report.curve[best].held_out_loss)
			best = i;
	}
	assert_int_equal(final, best + 1);
	assert_true(report.curve[best].train_loss < report.curve[0].train_loss);
	assert_true(report.curve[best].final_loss < report.curve[0].final_loss);
	assert_int_equal(
	    read_report(&outcome, outcome.result.trees).curve_count, 0);
	outcome_close(&outcome);
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
the_report_has_all_models_targets_coverage_and_groups(void **state)
{
	struct plan plan = small;
	struct outcome outcome;
	struct model_report report;
	const struct evaluation *adverse, *fail, *trees;

	(void)state;
	run_plan(&plan, &outcome);
	report = read_report(&outcome, outcome.result.logistic);
	assert_string_equal(report.model_version,
	    outcome.result.logistic->version);
	adverse = find_evaluation(&report, "network", "adverse", 0);
	fail = find_evaluation(&report, "logistic", "fail", WEEK);
	trees = find_evaluation(&report, "trees", "adverse", 0);
	assert_int_equal(adverse->n, 200);
	assert_int_equal(trees->n, 200);
	/* those of one week and target stand side by side */
	for (size_t i = 0; i < report.evaluations_count; i++)
		assert_string_equal(report.evaluations[i].target,
		    report.evaluations[i - i % 3].target);
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

/* Trees read the last week alone, as the regression does: they know no more
 * than it does, and the file says the same as what was tested. */
static void
trees_can_be_served_with_interval_and_reasons(void **state)
{
	struct plan plan = small;
	struct outcome outcome;
	struct model *model;
	struct model_scratch *scratch;
	struct pupil pupil;
	struct network_row row = { pupil.steps, pupil.context, STEPS };
	float logit, stages[TREES_STAGES];
	struct explanation e;
	double low, high, score, sum = 0;
	struct err err = { 0 };

	(void)state;
	run_plan(&plan, &outcome);
	assert_true(model_load(outcome.result.trees->file,
	    outcome.result.trees->version, &model, &err));
	assert_int_equal(model->kind, MODEL_TREES);
	assert_true(model->spread_count >= 50);
	scratch = model_scratch_new(model, true);
	make_student(321, &pupil);
	model_logits(model, scratch, &(struct network_batch){ &row, 1, false },
	    &(struct network_output){ .logits = &logit, .last = stages });
	score = model_score(model, (double)logit);
	assert_true(model_interval(model, stages, &low, &high));
	assert_true(low <= score + 1e-6 && score <= high + 1e-6 && low < high);
	model_explain(model, scratch, &row, &e);
	for (int i = 0; i < NETWORK_INPUTS; i++)
		sum += (double)e.features[i];
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		sum += (double)e.context[i];
	assert_near(sum, e.logit - e.baseline_logit, 1e-5);
	/* what was never seen is asked for by no tree */
	assert_near(e.features[20], 0, 0);
	model_scratch_free(scratch);
	model_unref(model);
	outcome_close(&outcome);
}

/* Learned from fewer students than the champion, by the same rules. */
static void
a_challenger_that_is_no_better_than_the_champion_is_refused(void **state)
{
	struct plan plan = { .train = { 0, 1200, LEARNABLE, 0 },
		.test = { 2000, 2300, LEARNABLE, 0 },
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
	assert_false(challenger.result.network->allowed);
	assert_string_equal(challenger.result.network->refused_by[0],
	    "log-loss");
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
	one_kind.train.outcomes = ALL_ADVERSE;
	run_plan(&one_kind, &outcome);
	assert_non_null(strstr(outcome.result.error, "both kinds"));
	outcome_close(&outcome);
}

/* Held-out rankings of coins are as often reversed as not. */
static void
a_reversed_ranking_is_an_error_in_words(void **state)
{
	int reversed = 0;

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct plan plan = { .train = { 1000 * i, 1000 * i + 150, COINS,
					 0 },
			.test = { 1000 * i + 500, 1000 * i + 650, COINS, 0 },
			.seed = 1,
			.epochs = 1 };
		struct outcome outcome;

		run_plan(&plan, &outcome);
		if (outcome.result.error != NULL) {
			assert_non_null(
			    strstr(outcome.result.error, "calibration"));
			reversed++;
		}
		outcome_close(&outcome);
	}
	assert_true(reversed > 0);
}

/* Outcomes follow a straight line in logits here, so the curve that is found
 * stays near Platt's; but it is another, and it rises. */
static void
scores_are_isotonic_where_that_is_asked_for(void **state)
{
	struct plan plan = { .train = { 0, 1200, LEARNABLE, 0 },
		.test = { 2000, 2300, LEARNABLE, 0 },
		.seed = 1,
		.epochs = 4,
		.isotonic = true };
	struct plan few = small;
	struct outcome outcome;
	struct model *model;
	struct err err = { 0 };

	(void)state;
	run_plan(&plan, &outcome);
	assert_null(outcome.result.error);
	assert_true(model_load(outcome.result.network->file,
	    outcome.result.network->version, &model, &err));
	assert_true(model->isotonic.count >= 5);
	assert_non_null(strstr(model->manifest, "isotonic over Platt"));
	for (double logit = -2; logit < 2; logit += .125) {
		double platt = calibration_score(&model->calibration, logit);
		double score = model_score(model, logit);

		assert_near(score, platt, .12);
		assert_true(score < model_score(model, logit + .125));
	}
	model_unref(model);
	outcome_close(&outcome);
	few.isotonic = true;
	run_plan(&few, &outcome);
	assert_non_null(strstr(outcome.result.error, "1000 students"));
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
	assert_int_equal(report.sensitivity_count, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct evaluation *sooner = &report.sensitivity[i];
		const struct evaluation *known =
		    find_evaluation(&report, sooner->model, "adverse",
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
    cmocka_unit_test(the_number_of_threads_changes_nothing),
    cmocka_unit_test(the_report_of_a_network_tells_how_it_learned),
    cmocka_unit_test(students_of_the_test_are_dropped_from_training),
    cmocka_unit_test(the_report_has_all_models_targets_coverage_and_groups),
    cmocka_unit_test(the_report_tells_what_grades_known_sooner_would_change),
    cmocka_unit_test(the_file_can_be_served_with_interval_and_typical_student),
    cmocka_unit_test(trees_can_be_served_with_interval_and_reasons),
    cmocka_unit_test(
	a_challenger_that_is_no_better_than_the_champion_is_refused),
    cmocka_unit_test(too_little_data_is_said_in_words),
    cmocka_unit_test(a_reversed_ranking_is_an_error_in_words),
    cmocka_unit_test(scores_are_isotonic_where_that_is_asked_for),
    cmocka_unit_test(an_input_that_is_cut_off_is_refused))
