/*
 * search.c - three rungs of trials.
 */
#include "services/training/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"
#include "services/training/crew.h"

enum {
	CANDIDATES = 12,
	FEW_CANDIDATES = 4, /* where the data set is a large one */
	LARGE_STEPS = 600000,
	FIRST_FOLDS = 2,
	FIRST_EPOCHS = 6,
	SECOND_CANDIDATES = 4,
	SECOND_FOLDS = 3,
	SECOND_EPOCHS = 14,
	SEARCH_STREAM = 7
};

/* A stage's share of the child's progress. */
#define FIRST_UNTIL  0.25
#define SECOND_UNTIL 0.55
#define LAST_UNTIL   0.82

struct candidate {
	struct trial_settings settings;
	double loss; /* lowest mean over the folds of the last rung */
	int epochs;  /* where that was */
};

/* One trial of a rung: a candidate on a fold. */
struct run {
	const struct lesson *lesson; /* borrowed */
	const struct candidate *candidate;
	struct fold_view view; /* owned */
	size_t fold;
	int epochs;
	bool names_fold; /* in its phase, else "search" */
	double *losses;  /* owned, (epochs): validation; infinite: none */
	float *logits;   /* owned, (epochs, validation_count) */
};

static bool
keep_epoch(void *user, const struct trial_epoch *epoch)
{
	struct run *run = user;
	size_t count = run->view.validation_count;
	char phase[64];
	struct reporter_unit unit = { NULL, epoch->epoch, epoch->train_loss,
		epoch->validation_loss };

	run->losses[epoch->epoch - 1] = epoch->validation_loss;
	for (size_t i = 0; i < count; i++)
		run->logits[(size_t)(epoch->epoch - 1) * count + i] =
		    epoch->logits[i];
	snprintf(phase, sizeof(phase), "fold %zu of %zu", run->fold + 1,
	    run->lesson->folds->folds);
	if (run->names_fold)
		unit.phase = phase;
	reporter_unit(run->lesson->reporter, &unit);
	return true;
}

static void
run_one(void *user, size_t task)
{
	struct run *run = (struct run *)user + task;
	struct trial_question question = { .cohort = run->lesson->cohort,
		.train = { run->view.train, run->view.train_count },
		.validation = { run->view.validation,
		    run->view.validation_count },
		.settings = run->candidate->settings,
		.seed = random_at(run->lesson->seed, run->fold),
		.epochs = run->epochs,
		.watch = keep_epoch,
		.user = run };

	network_free(trial_run(&question));
}

static void
run_init(struct run *run, const struct lesson *lesson,
    const struct candidate *candidate, size_t fold, int epochs)
{
	*run = (struct run){ .lesson = lesson,
		.candidate = candidate,
		.fold = fold,
		.epochs = epochs };
	fold_view_init(&run->view, lesson->folds, fold);
	run->losses = mem_alloc((size_t)epochs, sizeof(double));
	for (int i = 0; i < epochs; i++)
		run->losses[i] = HUGE_VAL;
	run->logits = mem_alloc((size_t)epochs * run->view.validation_count,
	    sizeof(float));
}

static void
run_close(struct run *run)
{
	fold_view_close(&run->view);
	free(run->losses);
	free(run->logits);
}

/* Where the mean of a candidate's runs is lowest. */
static void
judge(struct candidate *candidate, const struct run *runs, size_t count)
{
	candidate->loss = HUGE_VAL;
	candidate->epochs = 0;
	for (int epoch = 0; epoch < runs[0].epochs; epoch++) {
		double loss = 0, samples = 0;

		for (size_t i = 0; i < count; i++) {
			double size = (double)runs[i].view.validation_count;

			loss += runs[i].losses[epoch] * size;
			samples += size;
		}
		if (loss / samples < candidate->loss) {
			candidate->loss = loss / samples;
			candidate->epochs = epoch + 1;
		}
	}
}

struct rung {
	size_t candidates;
	size_t folds;
	int epochs;
	double until; /* progress */
	const char *phase;
};

/* Runs of candidate c stand at c * folds. */
static struct run *
run_rung(const struct lesson *lesson, const struct rung *rung,
    struct candidate *candidates)
{
	size_t count = rung->candidates * rung->folds;
	struct run *runs = mem_alloc(count, sizeof(*runs));

	reporter_stage(lesson->reporter, rung->phase, rung->until,
	    count * (uint64_t)rung->epochs);
	for (size_t i = 0; i < count; i++) {
		run_init(&runs[i], lesson, &candidates[i / rung->folds],
		    i % rung->folds, rung->epochs);
		runs[i].names_fold = rung->candidates == 1;
	}
	crew_run(run_one, runs, count);
	for (size_t i = 0; i < rung->candidates; i++)
		judge(&candidates[i], runs + i * rung->folds, rung->folds);
	return runs;
}

static void
close_rung(struct run *runs, const struct rung *rung)
{
	for (size_t i = 0; i < rung->candidates * rung->folds; i++)
		run_close(&runs[i]);
	free(runs);
}

static double
pick(struct random *random, const double *values, size_t count)
{
	return values[random_below(random, (uint32_t)count)];
}

/* The first is what usually works; the others are drawn. */
static void
draw_candidates(const struct lesson *lesson, struct candidate *candidates)
{
	static const double hidden[] = { 16, 32 };
	static const double rate[] = { 1e-3, 2e-3, 4e-3 };
	static const double decay[] = { .3, 1, 2 };
	static const double gru[] = { 0, .1, .2 };
	static const double fusion[] = { 0, .1, .2 };
	struct random random;

	random_init(&random, lesson->seed, SEARCH_STREAM);
	candidates[0].settings =
	    (struct trial_settings){ 16, 2e-3, 1, .1, .1 };
	for (size_t i = 1; i < CANDIDATES; i++)
		candidates[i].settings =
		    (struct trial_settings){ .hidden =
						 (int)pick(&random, hidden, 2),
			    .rate = pick(&random, rate, 3),
			    .decay = pick(&random, decay, 3),
			    .gru_dropout = pick(&random, gru, 3),
			    .fusion_dropout = pick(&random, fusion, 3) };
	for (size_t i = 0; i < CANDIDATES; i++)
		if (lesson->hidden > 0)
			candidates[i].settings.hidden = lesson->hidden;
}

/* Best first; equal ones stay in order. */
static void
sort_candidates(struct candidate *candidates, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t at = i;
		     at > 0 && candidates[at].loss < candidates[at - 1].loss;
		     at--) {
			struct candidate other = candidates[at];

			candidates[at] = candidates[at - 1];
			candidates[at - 1] = other;
		}
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void
search(const struct lesson *lesson, struct candidate *candidates)
{
	size_t folds = lesson->folds->folds;
	struct rung first = { CANDIDATES, least(FIRST_FOLDS, folds),
		(int)least(FIRST_EPOCHS, (size_t)lesson->epochs), FIRST_UNTIL,
		"search" };
	struct rung second = { SECOND_CANDIDATES, least(SECOND_FOLDS, folds),
		(int)least(SECOND_EPOCHS, (size_t)lesson->epochs), SECOND_UNTIL,
		"search" };

	if (lesson->cohort->step_count > LARGE_STEPS)
		first.candidates = FEW_CANDIDATES;
	close_rung(run_rung(lesson, &first, candidates), &first);
	sort_candidates(candidates, first.candidates);
	close_rung(run_rung(lesson, &second, candidates), &second);
	sort_candidates(candidates, second.candidates);
}

static void
keep_logits(struct chosen *chosen, const struct run *runs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct fold_view *view = &runs[i].view;
		const float *logits = runs[i].logits +
		    (size_t)(chosen->epochs - 1) * view->validation_count;

		for (size_t k = 0; k < view->validation_count; k++)
			chosen->logits[view->validation[k]] = (double)logits[k];
	}
}

bool
search_network(const struct lesson *lesson, struct chosen *chosen,
    struct err *err)
{
	struct candidate candidates[CANDIDATES];
	struct rung last = { 1, lesson->folds->folds, 0, LAST_UNTIL, "fold 1" };
	struct run *runs;

	*chosen = (struct chosen){ 0 };
	draw_candidates(lesson, candidates);
	search(lesson, candidates);
	if (candidates[0].epochs == 0)
		return err_set(err, ERR_INVALID,
		    "no settings of the network gave a finite loss");
	last.epochs = (int)least((size_t)lesson->epochs,
	    (size_t)(candidates[0].epochs * 3 / 2 + 2));
	runs = run_rung(lesson, &last, candidates);
	*chosen = (struct chosen){ candidates[0].settings, candidates[0].epochs,
		candidates[0].loss,
		mem_alloc(lesson->cohort->count, sizeof(double)) };
	if (chosen->epochs > 0)
		keep_logits(chosen, runs, last.folds);
	close_rung(runs, &last);
	if (chosen->epochs > 0)
		return true;
	chosen_close(chosen);
	return err_set(err, ERR_INVALID,
	    "the chosen settings of the network gave no finite loss");
}

void
chosen_close(struct chosen *chosen)
{
	free(chosen->logits);
	*chosen = (struct chosen){ 0 };
}
