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

static const struct booster_settings candidates[] = {
	{ 2, .05, 5, 5, .6, .5 },
	{ 3, .05, 5, 5, .6, .5 },
	{ 3, .05, 20, 20, .6, .5 },
	{ 4, .05, 5, 5, .6, .5 },
	{ 4, .05, 20, 20, .6, .3 },
	{ 6, .03, 20, 20, .6, .3 },
};

enum {
	CANDIDATES = ARRAY_SIZE(candidates),
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
	struct attempt *attempts;    /* owned, (CANDIDATES, folds) */
	size_t chosen;
	int count;
	double *logits; /* borrowed, (cohort.count): held-out */
	struct err errs[FOLDS_MAX];
};

/* A fold's two tables. */
struct sides {
	struct fold_view view;
	struct table learned;
	struct table watched;
};

static void
sides_init(struct sides *sides, const struct lesson *lesson, size_t fold)
{
	struct fold_view *view = &sides->view;

	fold_view_init(view, lesson->folds, fold);
	table_take(&sides->learned, lesson->table,
	    &(struct subset){ view->train, view->train_count });
	table_take(&sides->watched, lesson->table,
	    &(struct subset){ view->validation, view->validation_count });
}

static void
sides_close(struct sides *sides)
{
	table_close(&sides->learned);
	table_close(&sides->watched);
	fold_view_close(&sides->view);
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
	struct sides sides;
	double best = HUGE_VAL;
	int best_at = 0;
	bool is_good;

	sides_init(&sides, lesson, task % folds);
	is_good = booster_new(&booster, &candidates[task / folds],
	    &sides.learned, &sides.watched, lesson->seed, &attempt->err);
	while (is_good && attempt->count < TREES_MOST &&
	    attempt->count - best_at < PATIENCE) {
		double *loss = &attempt->losses[attempt->count];

		is_good = try_one_more(booster, lesson, &sides.view, loss,
		    &attempt->err);
		attempt->count++;
		if (*loss < best) {
			best = *loss;
			best_at = attempt->count;
		}
	}
	booster_free(booster);
	sides_close(&sides);
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

	for (size_t i = 0; i < CANDIDATES; i++)
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
grow(const struct grove *grove, const struct table *learned,
    const struct table *watched, struct booster **booster, struct err *err)
{
	if (!booster_new(booster, &candidates[grove->chosen], learned, watched,
		grove->lesson->seed, err))
		return false;
	for (int i = 0; i < grove->count; i++)
		if (!booster_grow(*booster, err))
			return false;
	return true;
}

static void
hold_out(void *user, size_t fold)
{
	struct grove *grove = user;
	struct booster *booster = NULL;
	struct sides sides;
	const float *logits;

	sides_init(&sides, grove->lesson, fold);
	if (grow(grove, &sides.learned, &sides.watched, &booster,
		&grove->errs[fold]) &&
	    booster_logits(booster, &logits, &grove->errs[fold]))
		for (size_t i = 0; i < sides.view.validation_count; i++)
			grove->logits[sides.view.validation[i]] =
			    (double)logits[i];
	booster_free(booster);
	sides_close(&sides);
	reporter_unit(grove->lesson->reporter,
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

	crew_run(try_fold, grove, CANDIDATES * folds);
	for (size_t i = 0; i < CANDIDATES * folds; i++)
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
	struct booster *booster = NULL;
	bool is_good = grow(grove, grove->lesson->table, NULL, &booster, err) &&
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
	grove->logits = grown->logits;
	grove->attempts =
	    mem_alloc(CANDIDATES * folds, sizeof(*grove->attempts));
	reporter_stage(lesson->reporter, "boosted trees", until,
	    (CANDIDATES + 1) * folds);
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
