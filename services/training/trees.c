/*
 * trees.c - settings by folds, then the folds and all samples with the best.
 */
#include "services/training/trees.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "services/training/baseline.h"
#include "services/training/crew.h"

/* Those that a large data set is offered come first. */
static const struct booster_settings candidates[] = {
	{ 4, .1, 20, 20, .6, .3 },
	{ 6, .1, 20, 20, .6, .3 },
	{ 2, .05, 5, 5, .6, .5 },
	{ 3, .05, 5, 5, .6, .5 },
	{ 3, .05, 20, 20, .6, .5 },
	{ 4, .05, 5, 5, .6, .5 },
};

enum {
	CANDIDATES = ARRAY_SIZE(candidates),
	FEW_CANDIDATES = 2, /* where the data set is a large one */
	LARGE_ROWS = 100000,
	TREES_MOST = 600, /* of a model */
	PATIENCE = 40     /* trees that do not help, before a fold ends */
};

/* One candidate on one fold. */
struct attempt {
	int count; /* trees that were tried */
	double losses[TREES_MOST];
	struct err err;
};

struct grove {
	const struct lesson *lesson; /* borrowed */
	size_t tried;                /* candidates */
	struct attempt *attempts;    /* owned, (tried, folds) */
	size_t chosen;
	int count;
	double *logits; /* borrowed, (cohort.count): held-out */
	struct err errs[FOLDS_MAX];
};

/* Boosting on what a fold is not held out from; XGBoost has copies of its
 * own, so the tables go at once. */
static bool
begin(const struct lesson *lesson, const struct fold_view *view,
    const struct booster_settings *settings, struct booster **booster,
    struct err *err)
{
	struct table learned, watched;
	bool is_good;

	table_take(&learned, lesson->table,
	    &(struct subset){ view->train, view->train_count });
	table_take(&watched, lesson->table,
	    &(struct subset){ view->validation, view->validation_count });
	is_good = booster_new(booster, settings, &learned, &watched,
	    lesson->seed, err);
	table_close(&learned);
	table_close(&watched);
	return is_good;
}

/* One more tree, and what the held-out rows lose. */
static bool
try_one_more(struct booster *booster, const struct lesson *lesson,
    const struct fold_view *view, double *loss, struct err *err)
{
	struct subset subset = { view->validation, view->validation_count };
	const float *logits;

	if (!booster_grow(booster, err) ||
	    !booster_logits(booster, &logits, err))
		return false;
	*loss = logits_loss(lesson->cohort, &subset, logits);
	return true;
}

static void
try_fold(void *user, size_t task)
{
	struct grove *grove = user;
	const struct lesson *lesson = grove->lesson;
	struct attempt *attempt = &grove->attempts[task];
	size_t folds = lesson->folds->folds;
	struct booster *booster = NULL;
	struct fold_view view;
	double best = HUGE_VAL;
	int best_at = 0;
	bool is_good;

	fold_view_init(&view, lesson->folds, task % folds);
	is_good = begin(lesson, &view, &candidates[task / folds], &booster,
	    &attempt->err);
	while (is_good && attempt->count < TREES_MOST &&
	    attempt->count - best_at < PATIENCE) {
		double *loss = &attempt->losses[attempt->count];

		is_good =
		    try_one_more(booster, lesson, &view, loss, &attempt->err);
		attempt->count++;
		if (*loss < best) {
			best = *loss;
			best_at = attempt->count;
		}
	}
	booster_free(booster);
	fold_view_close(&view);
	reporter_unit(lesson->reporter,
	    &(struct reporter_unit){ .phase = NULL });
}

/* The mean over folds after so many trees, by their samples; infinite where
 * a fold ended before. */
static double
mean_loss(const struct grove *grove, size_t candidate, int count)
{
	const struct folds *folds = grove->lesson->folds;
	double sum = 0;

	for (size_t i = 0; i < folds->count; i++) {
		const struct attempt *attempt =
		    &grove->attempts[candidate * folds->folds + folds->of[i]];

		if (attempt->count < count)
			return HUGE_VAL;
		sum += attempt->losses[count - 1];
	}
	return sum / (double)folds->count;
}

/* The best settings and number of trees; of equal ones the first. */
static void
choose(struct grove *grove)
{
	double best = HUGE_VAL;

	for (size_t i = 0; i < grove->tried; i++)
		for (int count = 1; count <= TREES_MOST; count++) {
			double loss = mean_loss(grove, i, count);

			if (loss == HUGE_VAL)
				break;
			if (loss < best) {
				best = loss;
				grove->chosen = i;
				grove->count = count;
			}
		}
}

static bool
grow(struct booster *booster, int count, struct err *err)
{
	for (int i = 0; i < count; i++)
		if (!booster_grow(booster, err))
			return false;
	return true;
}

static void
hold_out(void *user, size_t fold)
{
	struct grove *grove = user;
	const struct lesson *lesson = grove->lesson;
	struct err *err = &grove->errs[fold];
	struct booster *booster = NULL;
	struct fold_view view;
	const float *logits;

	fold_view_init(&view, lesson->folds, fold);
	if (begin(lesson, &view, &candidates[grove->chosen], &booster, err) &&
	    grow(booster, grove->count, err) &&
	    booster_logits(booster, &logits, err))
		for (size_t i = 0; i < view.validation_count; i++)
			grove->logits[view.validation[i]] = (double)logits[i];
	booster_free(booster);
	fold_view_close(&view);
	reporter_unit(lesson->reporter,
	    &(struct reporter_unit){ .phase = NULL });
}

static bool
refuse(const struct err *fault, size_t fold, struct err *err)
{
	return err_set(err, fault->code, "the trees of fold %zu: %s", fold + 1,
	    fault->detail);
}

static bool
search(struct grove *grove, struct err *err)
{
	size_t folds = grove->lesson->folds->folds;

	crew_run(try_fold, grove, grove->tried * folds);
	for (size_t i = 0; i < grove->tried * folds; i++)
		if (grove->attempts[i].err.code != ERR_NONE)
			return refuse(&grove->attempts[i].err, i % folds, err);
	choose(grove);
	return true;
}

static bool
grow_held_out(struct grove *grove, struct err *err)
{
	size_t folds = grove->lesson->folds->folds;

	crew_run(hold_out, grove, folds);
	for (size_t i = 0; i < folds; i++)
		if (grove->errs[i].code != ERR_NONE)
			return refuse(&grove->errs[i], i, err);
	return true;
}

static bool
grow_all(struct grove *grove, struct trees **trees, struct err *err)
{
	const struct lesson *lesson = grove->lesson;
	struct booster *booster = NULL;
	bool is_good = booster_new(&booster, &candidates[grove->chosen],
			   lesson->table, NULL, lesson->seed, err) &&
	    grow(booster, grove->count, err) &&
	    booster_trees(booster, trees, err);

	booster_free(booster);
	return is_good;
}

bool
trees_grow(const struct lesson *lesson, double until, struct grown *grown,
    struct err *err)
{
	size_t folds = lesson->folds->folds;
	struct grove *grove = mem_alloc(1, sizeof(*grove));
	bool is_good;

	*grown = (struct grown){ .logits = mem_alloc(lesson->cohort->count + 1,
				     sizeof(double)) };
	grove->lesson = lesson;
	grove->tried =
	    lesson->table->count > LARGE_ROWS ? FEW_CANDIDATES : CANDIDATES;
	grove->logits = grown->logits;
	grove->attempts =
	    mem_alloc(grove->tried * folds, sizeof(*grove->attempts));
	reporter_stage(lesson->reporter, "boosted trees", until,
	    (grove->tried + 1) * folds);
	is_good = search(grove, err) && grow_held_out(grove, err) &&
	    grow_all(grove, &grown->trees, err);
	grown->settings = candidates[grove->chosen];
	grown->count = grove->count;
	if (is_good)
		grown->loss = held_out_loss(lesson->cohort, grown->logits);
	free(grove->attempts);
	free(grove);
	if (!is_good)
		grown_close(grown);
	return is_good;
}

void
grown_close(struct grown *grown)
{
	trees_free(grown->trees);
	free(grown->logits);
	*grown = (struct grown){ 0 };
}
