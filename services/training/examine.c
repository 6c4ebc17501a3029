/*
 * examine.c - the test: what the models are worth on the later cohorts, and
 * the files that come of it.
 */
#include <math.h>
#include <string.h>

#include "ml/feature_rows.h"
#include "ml/model_file.h"
#include "services/training/judge.h"
#include "services/training/learning.h"
#include "services/training/manifest.h"
#include "services/training/proof.h"
#include "services/training/quantised.h"
#include "wire/json.h"

static bool
score_all(struct learning *l, struct err *err)
{
	if (l->champion_file.size > 0 &&
	    !model_load(l->champion_file, l->question.champion,
		&l->models[CHAMPION], err))
		return err_in(err, "the champion");
	for (size_t i = 0; i < ARRAY_SIZE(l->models); i++) {
		l->contenders[i] = (struct contender){ i == CHAMPION
			    ? "champion"
			    : model_kind_name((enum model_kind)i),
			l->models[i], NULL };
		if (l->models[i] != NULL)
			contender_score(&l->contenders[i], &l->test, l->arena);
	}
	return true;
}

/* What stands in every report; then what is this model's alone. */
static bool
fill_report(struct learning *l, const struct assessment *assessment,
    size_t which, struct err *err)
{
	struct model_report *report = &l->reports[which];

	report->train_terms = l->question.train_terms;
	report->train_terms_count = l->question.train_terms_count;
	report->test_terms = l->question.test_terms;
	report->test_terms_count = l->question.test_terms_count;
	report->train_samples = (int64_t)l->train.count;
	report->train_students = (int64_t)cohort_students(&l->train);
	report->dropped_students = (int64_t)l->dropped;
	report->has_grades_sooner = l->question.has_grades_sooner;
	report->grades_sooner = l->question.grades_sooner;
	report->has_earlier_looks = l->question.has_earlier_looks;
	report->earlier_looks = l->question.earlier_looks;
	report->sensitivity = l->sooner.rows;
	report->sensitivity_count = l->sooner.count;
	return assess(assessment, &l->contenders[which], &l->found[which],
		   &l->found_count, err) &&
	    groups_assess(&l->groups, assessment, &l->contenders[which],
		&report->groups, &report->groups_count, err);
}

static void
note_curve(const struct learning *l, struct model_report *report)
{
	const struct chosen *chosen = &l->chosen;

	report->curve_count = (size_t)chosen->tried;
	report->curve =
	    arena_array(l->arena, report->curve_count, sizeof(*report->curve));
	for (int i = 0; i < chosen->tried; i++)
		report->curve[i] = (struct learning_epoch){ .epoch = i + 1,
			.has_train_loss = isfinite(chosen->train_losses[i]),
			.train_loss = chosen->train_losses[i],
			.has_held_out_loss =
			    isfinite(chosen->held_out_losses[i]),
			.held_out_loss = chosen->held_out_losses[i],
			.has_final_loss = i < chosen->epochs,
			.final_loss =
			    i < chosen->epochs ? l->final_losses[i] : 0 };
}

/* All reports hold the figures of all new models, side by side. */
static bool
fill_reports(struct learning *l, const struct assessment *assessment,
    struct err *err)
{
	struct evaluation *all;
	size_t count;

	for (size_t i = 0; i < CHAMPION; i++)
		if (!fill_report(l, assessment, i, err))
			return false;
	note_curve(l, &l->reports[NETWORK]);
	all = assess_side_by_side(l->found, CHAMPION, l->found_count, l->arena,
	    &count);
	for (size_t i = 0; i < CHAMPION; i++) {
		l->reports[i].evaluations = all;
		l->reports[i].evaluations_count = count;
	}
	return true;
}

static double
mean_of(const struct learning *l, size_t which, enum headline headline)
{
	return assess_mean(l->found[which], l->found_count, headline);
}

static void
note_difference(struct model_report *report,
    const struct difference *difference)
{
	report->has_gate_difference = isfinite(difference->mean);
	report->gate_difference = difference->mean;
	report->has_gate_error = isfinite(difference->standard_error);
	report->gate_error = difference->standard_error;
	report->has_gate_upper = isfinite(difference->upper);
	report->gate_upper = difference->upper;
}

static void
note_leak(struct model_report *report, const struct leak *leak)
{
	report->strongest_input = feature_row((size_t)leak->input)->name;
	report->has_strongest_separation = true;
	report->strongest_separation = leak->separation;
}

/* The file, and what comes of reading it back. */
static bool
write_file(struct learning *l, size_t which, struct work_model *to,
    struct err *err)
{
	struct provenance provenance = { &l->question, &l->reports[which],
		which == NETWORK ? &l->chosen : NULL,
		which == LOGISTIC ? &l->fitted : NULL,
		which == TREES ? &l->grown : NULL };
	struct buf manifest = { 0 }, file = { 0 };
	char version[MODEL_DIGEST_SIZE];
	bool is_good;

	quantised_assess(&l->contenders[which], &l->test, &l->groups, l->arena,
	    &l->reports[which]);
	manifest_write(l->models[which], &provenance, &manifest);
	is_good = model_set_manifest(l->models[which], manifest.data, err);
	model_save(l->models[which], &file);
	model_digest(buf_slice(&file), version);
	to->version = arena_copy(l->arena, version);
	to->manifest = arena_copy(l->arena, manifest.data);
	to->file = (struct slice){ arena_text(l->arena, file.data, file.size),
		file.size };
	l->proofs[which] = proof_of(to->file, to->version, l->arena);
	buf_close(&manifest);
	buf_close(&file);
	return is_good;
}

static void
write_report(struct learning *l, size_t which, struct work_model *to)
{
	struct buf report = { 0 };

	l->reports[which].model_version = to->version;
	json_encode(&model_report_message, &l->reports[which], &report);
	to->report =
	    (struct slice){ arena_text(l->arena, report.data, report.size),
		    report.size };
	to->log_loss = mean_of(l, which, HEADLINE_LOG_LOSS);
	to->has_log_loss = isfinite(to->log_loss);
	to->auroc = mean_of(l, which, HEADLINE_AUROC);
	to->has_auroc = isfinite(to->auroc);
	buf_close(&report);
}

static bool
judge_models(struct learning *l, const struct assessment *assessment,
    struct judgement *judgement, struct err *err)
{
	struct trialled trialled = { .fresh = l->contenders,
		.proofs = l->proofs,
		.champion = l->models[CHAMPION] != NULL
		    ? &l->contenders[CHAMPION]
		    : NULL };

	for (size_t i = 0; i < CHAMPION; i++)
		trialled.loss[i] = mean_of(l, i, HEADLINE_LOG_LOSS);
	if (!judge(&trialled, assessment, &l->groups, judgement, err))
		return false;
	for (size_t i = 0; i < CHAMPION; i++) {
		note_difference(&l->reports[i],
		    &judgement->rulings[i].difference);
		note_leak(&l->reports[i], &judgement->leak);
	}
	return true;
}

/* What is said of a model that was not preferred: why the gate refused it, if
 * it did, and which was. */
static const char *
tell_loser(const struct learning *l, const struct judgement *judgement,
    const struct ruling *ruling, const char *winner)
{
	return arena_printf(l->arena,
	    "%s%s%.12s of the same training was preferred: %s",
	    ruling->allowed ? "" : ruling->verdict, ruling->allowed ? "" : "; ",
	    winner, judgement->choice);
}

static void
note_ruling(struct learning *l, const struct judgement *judgement, size_t which,
    struct work_model *made[CHAMPION])
{
	const struct ruling *ruling = &judgement->rulings[which];
	struct work_model *to = made[which];

	to->allowed = ruling->allowed;
	to->refused_by = ruling->refused_by;
	to->refused_by_count = ruling->refused_by_count;
	to->verdict = which == (size_t)judgement->winner
	    ? arena_printf(l->arena, "%s; %s", judgement->choice,
		  ruling->verdict)
	    : tell_loser(l, judgement, ruling,
		  made[judgement->winner]->version);
	l->reports[which].verdict = to->verdict;
}

bool
examine(struct learning *l, struct work_result *result, struct err *err)
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
	struct work_model *made[CHAMPION];

	reporter_stage(l->reporter, "test", 1,
	    CHAMPION * TARGETS * (weeks + 1));
	if (!score_all(l, err) || !fill_reports(l, &assessment, err))
		return false;
	for (size_t i = 0; i < CHAMPION; i++) {
		made[i] = arena_alloc(l->arena, sizeof(*made[i]));
		if (!write_file(l, i, made[i], err))
			return false;
	}
	if (!judge_models(l, &assessment, &judgement, err))
		return false;
	result->winner = made[judgement.winner]->version;
	for (size_t i = 0; i < CHAMPION; i++) {
		note_ruling(l, &judgement, i, made);
		write_report(l, i, made[i]);
	}
	result->network = made[NETWORK];
	result->logistic = made[LOGISTIC];
	result->trees = made[TREES];
	return true;
}
