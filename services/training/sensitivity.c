/*
 * sensitivity.c - learn, score, measure; nothing is kept but figures.
 */
#include "services/training/sensitivity.h"

#include "services/training/maker.h"

#define LOGISTIC_UNTIL 0.93
#define TREES_UNTIL    0.95
#define MEASURE_UNTIL  0.96

enum { SOONER_LOGISTIC, SOONER_TREES, SOONER_MODELS };

static bool
fit(const struct lesson *lesson, const struct makings *makings,
    struct model *models[SOONER_MODELS], struct err *err)
{
	struct fitted fitted;
	struct grown grown;
	bool is_good;

	if (!baseline_fit(lesson, LOGISTIC_UNTIL, &fitted, err))
		return false;
	is_good =
	    make_logistic(makings, &fitted, &models[SOONER_LOGISTIC], err);
	fitted_close(&fitted);
	if (!is_good || !trees_grow(lesson, TREES_UNTIL, &grown, err))
		return false;
	is_good = make_trees(makings, &grown, &models[SOONER_TREES], err);
	grown_close(&grown);
	return is_good;
}

static bool
learn_anew(struct cohort *train, const struct work_question *question,
    struct reporter *reporter, struct model *models[SOONER_MODELS],
    struct err *err)
{
	uint64_t seed = (uint64_t)question->seed;
	struct folds_plan plan = { seed, (size_t)question->folds };
	struct network_standard standard;
	struct table table;
	struct folds folds;
	struct makings makings = { .cohort = train,
		.table = &table,
		.standard = &standard,
		.seed = seed,
		.folds = plan.folds };
	struct lesson lesson = { .cohort = train,
		.table = &table,
		.folds = &folds,
		.reporter = reporter,
		.seed = seed };
	bool is_good;

	if (!folds_init(&folds, train->student, train->adverse, train->count,
		&plan, err))
		return false;
	table_init(&table, train);
	cohort_standard(train, &standard);
	cohort_standardise(train, &standard);
	is_good = fit(&lesson, &makings, models, err);
	table_close(&table);
	folds_close(&folds);
	return is_good;
}

static bool
measure(struct sensitivity *sensitivity, const struct assessment *assessment,
    struct model *models[SOONER_MODELS], struct err *err)
{
	struct evaluation *found[SOONER_MODELS];
	size_t count = 0;

	for (size_t i = 0; i < SOONER_MODELS; i++) {
		struct contender contender = { model_kind_name(models[i]->kind),
			models[i], NULL };

		contender_score(&contender, assessment->test,
		    assessment->arena);
		if (!assess(assessment, &contender, &found[i], &count, err))
			return false;
	}
	sensitivity->rows = assess_side_by_side(found, SOONER_MODELS, count,
	    assessment->arena, &sensitivity->count);
	return true;
}

bool
sensitivity_measure(struct sensitivity *sensitivity,
    const struct work_question *question, struct reporter *reporter,
    struct arena *arena, struct err *err)
{
	struct model *models[SOONER_MODELS] = { NULL };
	struct assessment assessment = { .test = &sensitivity->test,
		.weeks = question->test_weeks,
		.week_count = question->test_weeks_count,
		.target_count = 1,
		.seed = (uint64_t)question->seed,
		.arena = arena,
		.reporter = reporter };
	bool is_good;

	cohort_settle(&sensitivity->train);
	cohort_settle(&sensitivity->test);
	cohort_drop(&sensitivity->train, &sensitivity->test);
	is_good =
	    learn_anew(&sensitivity->train, question, reporter, models, err) ||
	    err_in(err, "with grades known sooner");
	reporter_stage(reporter, "grades known sooner", MEASURE_UNTIL,
	    SOONER_MODELS * (question->test_weeks_count + 1));
	is_good = is_good && measure(sensitivity, &assessment, models, err);
	for (size_t i = 0; i < SOONER_MODELS; i++)
		model_unref(models[i]);
	return is_good;
}

void
sensitivity_close(struct sensitivity *sensitivity)
{
	cohort_close(&sensitivity->train);
	cohort_close(&sensitivity->test);
}
