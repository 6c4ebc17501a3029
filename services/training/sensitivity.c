/*
 * sensitivity.c - learn, score, measure; nothing is kept but figures.
 */
#include "services/training/sensitivity.h"

#include "services/training/maker.h"

#define FIT_UNTIL     0.94
#define MEASURE_UNTIL 0.95

static bool
fit(struct cohort *train, const struct work_question *question,
    struct reporter *reporter, struct model **model, struct err *err)
{
	uint64_t seed = (uint64_t)question->seed;
	struct folds_plan plan = { seed, (size_t)question->folds };
	struct network_standard standard;
	struct makings makings = { train, &standard, seed };
	struct folds folds;
	struct fitted fitted;
	struct lesson lesson = { .cohort = train,
		.folds = &folds,
		.reporter = reporter,
		.seed = seed };
	bool is_good;

	cohort_standard(train, &standard);
	cohort_standardise(train, &standard);
	if (!folds_init(&folds, train->student, train->adverse, train->count,
		&plan, err))
		return false;
	is_good = baseline_fit(&lesson, FIT_UNTIL, &fitted, err) &&
	    make_logistic(&makings, &fitted, model, err);
	fitted_close(&fitted);
	folds_close(&folds);
	return is_good;
}

bool
sensitivity_measure(struct sensitivity *sensitivity,
    const struct work_question *question, struct reporter *reporter,
    struct arena *arena, struct err *err)
{
	struct contender contender = { .name = "logistic" };
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
	if (!fit(&sensitivity->train, question, reporter, &contender.model,
		err))
		return err_in(err, "with grades known sooner");
	reporter_stage(reporter, "grades known sooner", MEASURE_UNTIL,
	    question->test_weeks_count + 1);
	contender_score(&contender, &sensitivity->test, arena);
	is_good = assess(&assessment, &contender, &sensitivity->rows,
	    &sensitivity->count, err);
	model_unref(contender.model);
	return is_good;
}

void
sensitivity_close(struct sensitivity *sensitivity)
{
	cohort_close(&sensitivity->train);
	cohort_close(&sensitivity->test);
}
