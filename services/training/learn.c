/*
 * learn.c - the story of a training, told once from top to bottom.
 */
#include "services/training/learn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "ml/feature_rows.h"
#include "ml/model_file.h"
#include "service/child.h"
#include "services/training/judge.h"
#include "services/training/maker.h"
#include "services/training/manifest.h"
#include "services/training/sensitivity.h"
#include "wire/binary.h"
#include "wire/json.h"

enum { LEAST_SAMPLES = 100, FINAL_SEED = 99, BLOCK = 1 << 20 };

#define LOGISTIC_UNTIL 0.05
#define FINAL_UNTIL    0.92

struct learning {
	struct arena *arena;       /* borrowed */
	struct reporter *reporter; /* borrowed */
	struct work_question question;
	struct cohort train; /* standardised behind read_input */
	struct cohort test;
	struct seen seen;          /* the training samples before that */
	struct sensitivity sooner; /* empty unless asked for */
	size_t dropped;            /* students in both */
	struct network_standard standard;
	struct folds folds;
	struct slice champion_file; /* borrowed: the input */
	struct groups groups;
	struct fitted fitted;
	struct chosen chosen;
	struct model *models[3]; /* owned: network, logistic, champion */
	struct contender contenders[3];
	struct model_report reports[2];
	size_t own_evaluations; /* of each new model */
};

enum { NETWORK, LOGISTIC, CHAMPION };

static bool
read_samples(struct cohort *to, const struct part *part, struct err *err)
{
	struct arena page;
	bool is_good;

	arena_init(&page, BLOCK);
	is_good = cohort_add(to, part->body, part->tag, &page, err);
	arena_close(&page);
	return is_good;
}

static bool
read_part(struct learning *l, const struct part *part, struct err *err)
{
	switch (part->kind) {
	case PART_QUESTION:
		return binary_decode(&work_question_message, part->body,
		    l->arena, &l->question, err);
	case PART_TRAIN:
		return read_samples(&l->train, part, err);
	case PART_TEST:
		return read_samples(&l->test, part, err);
	case PART_TRAIN_SOONER:
		return read_samples(&l->sooner.train, part, err);
	case PART_TEST_SOONER:
		return read_samples(&l->sooner.test, part, err);
	case PART_CHAMPION:
		l->champion_file = part->body;
		return true;
	case PART_PROTECTED:
		return true; /* when the test's students are known */
	}
	return true;
}

static bool
read_groups(struct learning *l, struct slice input, struct err *err)
{
	struct part part;
	struct arena page;
	bool is_good = true;

	groups_init(&l->groups, &l->test, l->arena);
	arena_init(&page, BLOCK);
	while (is_good && part_next(&input, &part, err))
		if (part.kind == PART_PROTECTED) {
			arena_reset(&page);
			is_good = groups_add(&l->groups, part.body, &page, err);
		}
	arena_close(&page);
	return is_good;
}

static bool
read_input(struct learning *l, struct slice input, struct err *err)
{
	struct slice rest = input;
	struct part part;

	while (part_next(&rest, &part, err))
		if (!read_part(l, &part, err))
			return false;
	if (err->code != ERR_NONE)
		return false;
	cohort_settle(&l->train);
	cohort_settle(&l->test);
	l->dropped = cohort_drop(&l->train, &l->test);
	return read_groups(l, input, err);
}

/* What a cohort lacks, or NULL. */
static const char *
lack(struct learning *l, const struct cohort *cohort, const char *purpose)
{
	size_t adverse = 0;

	for (size_t i = 0; i < cohort->count; i++)
		adverse += cohort->adverse[i];
	if (cohort->count < LEAST_SAMPLES)
		return arena_printf(l->arena,
		    "there are %zu samples with a known outcome to %s and at "
		    "least %d are needed: import outcomes, or name other "
		    "terms or weeks",
		    cohort->count, purpose, LEAST_SAMPLES);
	if (adverse == 0 || adverse == cohort->count)
		return arena_printf(l->arena,
		    "of the %zu samples to %s %s had an adverse outcome: both "
		    "kinds of outcome are needed",
		    cohort->count, purpose, adverse == 0 ? "none" : "all");
	if (cohort_students(cohort) < (size_t)l->question.folds)
		return arena_printf(l->arena,
		    "there are fewer students to %s than folds", purpose);
	return NULL;
}

static bool
tell_final(void *user, const struct trial_epoch *epoch)
{
	reporter_unit(user,
	    &(struct reporter_unit){ NULL, epoch->epoch, epoch->train_loss,
		(double)NAN });
	return true;
}

static struct network *
train_final(struct learning *l)
{
	size_t *all = arena_array(l->arena, l->train.count, sizeof(size_t));
	struct trial_question question = { .cohort = &l->train,
		.train = { all, l->train.count },
		.settings = l->chosen.settings,
		.seed = random_at((uint64_t)l->question.seed, FINAL_SEED),
		.epochs = l->chosen.epochs,
		.watch = tell_final,
		.user = l->reporter };

	for (size_t i = 0; i < l->train.count; i++)
		all[i] = i;
	reporter_stage(l->reporter, "final", FINAL_UNTIL,
	    (uint64_t)l->chosen.epochs);
	return trial_run(&question);
}

static bool
make_models(struct learning *l, struct err *err)
{
	struct makings makings = { &l->train, &l->standard, &l->seen,
		(uint64_t)l->question.seed };
	struct network *network = train_final(l);

	if (network == NULL)
		return err_set(err, ERR_INVALID,
		    "the network's loss on all samples was not finite");
	return make_network(&makings, network, &l->chosen, &l->models[NETWORK],
		   err) &&
	    make_logistic(&makings, &l->fitted, &l->models[LOGISTIC], err);
}

/* Everything that is chosen, on the training cohorts alone. */
static bool
teach(struct learning *l, struct err *err)
{
	struct folds_plan plan = { (uint64_t)l->question.seed,
		(size_t)l->question.folds };
	struct lesson lesson = { .cohort = &l->train,
		.folds = &l->folds,
		.reporter = l->reporter,
		.seed = (uint64_t)l->question.seed,
		.epochs = (int)l->question.epochs,
		.hidden =
		    l->question.has_hidden ? (int)l->question.hidden : 0 };

	seen_take(&l->seen, &l->train);
	cohort_standard(&l->train, &l->standard);
	cohort_standardise(&l->train, &l->standard);
	return folds_init(&l->folds, l->train.student, l->train.adverse,
		   l->train.count, &plan, err) &&
	    baseline_fit(&lesson, LOGISTIC_UNTIL, &l->fitted, err) &&
	    search_network(&lesson, &l->chosen, err) && make_models(l, err);
}

static bool
score_all(struct learning *l, struct err *err)
{
	static const char *const names[] = { "network", "logistic",
		"champion" };

	if (l->champion_file.size > 0 &&
	    !model_load(l->champion_file, l->question.champion,
		&l->models[CHAMPION], err))
		return err_in(err, "the champion");
	for (size_t i = 0; i < ARRAY_SIZE(l->models); i++) {
		l->contenders[i] =
		    (struct contender){ names[i], l->models[i], NULL };
		if (l->models[i] != NULL)
			contender_score(&l->contenders[i], &l->test, l->arena);
	}
	return true;
}

/* Both reports hold the figures of both models, side by side. */
static bool
fill_reports(struct learning *l, const struct assessment *assessment,
    struct err *err)
{
	struct evaluation *found[2], *all;
	size_t counts[2];

	for (size_t i = NETWORK; i <= LOGISTIC; i++) {
		struct model_report *report = &l->reports[i];

		report->train_terms = l->question.train_terms;
		report->train_terms_count = l->question.train_terms_count;
		report->test_terms = l->question.test_terms;
		report->test_terms_count = l->question.test_terms_count;
		report->train_samples = (int64_t)l->train.count;
		report->train_students = (int64_t)cohort_students(&l->train);
		report->dropped_students = (int64_t)l->dropped;
		report->has_grades_sooner = l->question.has_grades_sooner;
		report->grades_sooner = l->question.grades_sooner;
		report->sensitivity = l->sooner.rows;
		report->sensitivity_count = l->sooner.count;
		if (!assess(assessment, &l->contenders[i], &found[i],
			&counts[i], err) ||
		    !groups_assess(&l->groups, assessment, &l->contenders[i],
			&report->groups, &report->groups_count, err))
			return false;
	}
	all = arena_array(l->arena, counts[0] + counts[1], sizeof(*all));
	memcpy(all, found[0], counts[0] * sizeof(*all));
	memcpy(all + counts[0], found[1], counts[1] * sizeof(*all));
	l->own_evaluations = counts[0];
	for (size_t i = NETWORK; i <= LOGISTIC; i++) {
		l->reports[i].evaluations = all;
		l->reports[i].evaluations_count = counts[0] + counts[1];
	}
	return true;
}

static double
mean_of(const struct learning *l, size_t which, enum headline headline)
{
	const struct model_report *report = &l->reports[which];
	size_t from = which == NETWORK ? 0 : l->own_evaluations;
	size_t to =
	    which == NETWORK ? l->own_evaluations : report->evaluations_count;

	return assess_mean(report->evaluations + from, to - from, headline);
}

static void
note_difference(struct model_report *report,
    const struct difference *difference, const char *verdict)
{
	report->has_gate_difference = isfinite(difference->mean);
	report->gate_difference = difference->mean;
	report->has_gate_error = isfinite(difference->standard_error);
	report->gate_error = difference->standard_error;
	report->has_gate_upper = isfinite(difference->upper);
	report->gate_upper = difference->upper;
	report->verdict = verdict;
}

/* The file, read back to see that it comes out whole. */
static bool
save(struct learning *l, size_t which, struct work_model *to, struct err *err)
{
	struct provenance provenance = { &l->question, &l->reports[which],
		which == NETWORK ? &l->chosen : NULL,
		which == LOGISTIC ? &l->fitted : NULL };
	struct buf manifest = { 0 }, file = { 0 }, report = { 0 };
	char version[MODEL_DIGEST_SIZE];
	struct model *again = NULL;
	bool is_good;

	manifest_write(l->models[which], &provenance, &manifest);
	model_set_manifest(l->models[which], manifest.data);
	model_save(l->models[which], &file);
	model_digest(buf_slice(&file), version);
	is_good = model_load(buf_slice(&file), version, &again, err);
	model_unref(again);
	to->version = arena_copy(l->arena, version);
	to->manifest = arena_copy(l->arena, manifest.data);
	to->file = (struct slice){ arena_text(l->arena, file.data, file.size),
		file.size };
	l->reports[which].model_version = to->version;
	json_encode(&model_report_message, &l->reports[which], &report);
	to->report =
	    (struct slice){ arena_text(l->arena, report.data, report.size),
		    report.size };
	to->log_loss = mean_of(l, which, HEADLINE_LOG_LOSS);
	to->has_log_loss = isfinite(to->log_loss);
	to->auroc = mean_of(l, which, HEADLINE_AUROC);
	to->has_auroc = isfinite(to->auroc);
	buf_close(&manifest);
	buf_close(&file);
	buf_close(&report);
	return is_good;
}

static void
note_leak(struct model_report *report, const struct leak *leak)
{
	report->strongest_input = feature_row((size_t)leak->input)->name;
	report->has_strongest_separation = true;
	report->strongest_separation = leak->separation;
}

static bool
judge_models(struct learning *l, const struct assessment *assessment,
    struct judgement *judgement, struct err *err)
{
	struct trialled trialled = { &l->contenders[NETWORK],
		&l->contenders[LOGISTIC],
		l->models[CHAMPION] != NULL ? &l->contenders[CHAMPION] : NULL,
		mean_of(l, NETWORK, HEADLINE_LOG_LOSS),
		mean_of(l, LOGISTIC, HEADLINE_LOG_LOSS) };

	if (!judge(&trialled, assessment, &l->groups, judgement, err))
		return false;
	note_difference(&l->reports[NETWORK], &judgement->network_difference,
	    judgement->verdict);
	note_difference(&l->reports[LOGISTIC], &judgement->logistic_difference,
	    judgement->verdict);
	for (size_t i = NETWORK; i <= LOGISTIC; i++)
		note_leak(&l->reports[i], &judgement->leak);
	return true;
}

/* The test is opened here, once. */
static bool
test_models(struct learning *l, struct work_result *result, struct err *err)
{
	size_t weeks = l->question.test_weeks_count;
	struct assessment assessment = { .test = &l->test,
		.weeks = l->question.test_weeks,
		.week_count = weeks,
		.target_count = TARGETS,
		.seed = (uint64_t)l->question.seed,
		.arena = l->arena,
		.reporter = l->reporter };
	struct judgement judgement;

	reporter_stage(l->reporter, "test", 1, 2 * TARGETS * (weeks + 1));
	result->network = arena_alloc(l->arena, sizeof(*result->network));
	result->logistic = arena_alloc(l->arena, sizeof(*result->logistic));
	if (!score_all(l, err) || !fill_reports(l, &assessment, err) ||
	    !judge_models(l, &assessment, &judgement, err) ||
	    !save(l, NETWORK, result->network, err) ||
	    !save(l, LOGISTIC, result->logistic, err))
		return false;
	result->winner = judgement.winner == &l->contenders[NETWORK]
	    ? result->network->version
	    : result->logistic->version;
	result->has_allowed = true;
	result->allowed = judgement.allowed;
	result->verdict = judgement.verdict;
	result->refused_by = judgement.refused_by;
	result->refused_by_count = judgement.refused_by_count;
	return true;
}

static void
learning_close(struct learning *l)
{
	cohort_close(&l->train);
	cohort_close(&l->test);
	seen_close(&l->seen);
	sensitivity_close(&l->sooner);
	folds_close(&l->folds);
	groups_close(&l->groups);
	fitted_close(&l->fitted);
	chosen_close(&l->chosen);
	for (size_t i = 0; i < ARRAY_SIZE(l->models); i++)
		model_unref(l->models[i]);
}

static bool
learn_inside(struct learning *l, struct slice input, struct work_result *result,
    struct err *err)
{
	if (!read_input(l, input, err))
		return false;
	result->error = lack(l, &l->train, "learn from");
	if (result->error == NULL)
		result->error = lack(l, &l->test, "test on");
	if (result->error != NULL)
		return true;
	if (teach(l, err) &&
	    (!l->question.has_grades_sooner ||
		sensitivity_measure(&l->sooner, &l->question, l->reporter,
		    l->arena, err)))
		return test_models(l, result, err);
	result->error = arena_copy(l->arena, err->detail);
	err_clear(err);
	return true;
}

bool
learn(struct slice input, struct reporter *reporter, struct arena *arena,
    struct work_result *result, struct err *err)
{
	struct learning learning = { .arena = arena, .reporter = reporter };
	bool is_good;

	*result = (struct work_result){ 0 };
	is_good = learn_inside(&learning, input, result, err);
	learning_close(&learning);
	return is_good;
}

static int
answer(int report, const struct work_result *result, struct err *err)
{
	struct buf packed = { 0 };
	bool is_good;

	binary_encode(&work_result_message, result, &packed);
	is_good = child_result(report, buf_slice(&packed), err);
	buf_close(&packed);
	return is_good ? 0 : 1;
}

int
learn_work(const char *work, int input, int report)
{
	struct work_result result;
	struct reporter reporter;
	struct arena arena;
	struct err err = { 0 };
	int status = 1;

	if (strcmp(work, WORK_TRAIN) != 0)
		return 2;
	arena_init(&arena, BLOCK);
	reporter_init(&reporter, report);
	if (learn(child_input(input), &reporter, &arena, &result, &err))
		status = answer(report, &result, &err);
	if (err.code != ERR_NONE)
		fprintf(stderr, "training: %s\n", err.detail);
	arena_close(&arena);
	return status;
}
