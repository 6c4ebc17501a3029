/*
 * search.c - three rungs of trials.
 */
#include "services/training/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "services/training/candidate.h"
#include "services/training/crew.h"

enum {
	CANDIDATES = 12,
	FEW_CANDIDATES = 4, /* where the data set is a large one */
	LARGE_STEPS = 600000,
	FIRST_FOLDS = 2,
	FIRST_EPOCHS = 6,
	ONE_IN = 3, /* survives the first rung */
	SURVIVORS_LEAST = 4,
	SECOND_FOLDS = 3,
	SECOND_EPOCHS = 14,
	SEARCH_STREAM = 7
};

/* A stage's share of the child's progress. */
#define FIRST_UNTIL  0.25
#define SECOND_UNTIL 0.55
#define LAST_UNTIL   0.82

struct rung {
	int number;
	size_t candidates;
	size_t folds;
	int epochs;
	double until; /* progress */
};

/* A rung's trials, each on a thread, from where the rung before left them. */
static void
run_rung(const struct lesson *lesson, const struct rung *rung,
    struct candidate *candidates)
{
	size_t count = rung->candidates * rung->folds;
	struct fold_run **runs = mem_alloc(count, sizeof(struct fold_run *));
	char phase[64];

	snprintf(phase, sizeof(phase), "search, rung %d of 3, settings: %zu",
	    rung->number, rung->candidates);
	reporter_stage(lesson->reporter, phase, rung->until,
	    count * (uint64_t)rung->epochs);
	for (size_t i = 0; i < count; i++)
		runs[i] = candidate_run(&candidates[i / rung->folds],
		    i % rung->folds, rung->epochs);
	crew_run(fold_run_learn, runs, count);
	for (size_t i = 0; i < rung->candidates; i++)
		candidate_judge(&candidates[i], rung->folds, rung->epochs);
	free(runs);
}

static double
pick(struct random *random, const double *values, size_t count)
{
	return values[random_below(random, (uint32_t)count)];
}

/* The first is what usually works; the others are drawn. */
static void
draw_candidates(const struct lesson *lesson, struct candidate *candidates,
    size_t count)
{
	static const double hidden[] = { 16, 32 };
	static const double rate[] = { 5e-4, 1e-3, 2e-3 };
	static const double decay[] = { .3, 1, 2 };
	static const double layers[] = { 0, 0, .1 };
	static const double input[] = { .1, .2, .3 };
	struct trial_settings settings = { .hidden = 16,
		.rate = 1e-3,
		.decay = 1,
		.input_dropout = .2,
		.l2 = lesson->l2 };
	struct random random;

	random_init(&random, lesson->seed, SEARCH_STREAM);
	for (size_t i = 0; i < count; i++) {
		if (i > 0) {
			settings.hidden = (int)pick(&random, hidden, 2);
			settings.rate = pick(&random, rate, 3);
			settings.decay = pick(&random, decay, 3);
			settings.gru_dropout = pick(&random, layers, 3);
			settings.fusion_dropout = pick(&random, layers, 3);
			settings.input_dropout = pick(&random, input, 3);
		}
		if (lesson->hidden > 0)
			settings.hidden = lesson->hidden;
		candidate_init(&candidates[i], lesson, i, &settings);
	}
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

static size_t
most(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* The best of the first `from` come first, and no more than `left` stay. */
static void
keep_best(struct candidate *candidates, size_t from, size_t left)
{
	sort_candidates(candidates, from);
	for (size_t i = left; i < from; i++)
		candidate_close(&candidates[i]);
}

/* Down to one. */
static void
halve(const struct lesson *lesson, struct candidate *candidates, size_t count)
{
	size_t folds = lesson->folds->folds, epochs = (size_t)lesson->epochs;
	size_t survivors =
	    least(count, most(SURVIVORS_LEAST, (count + ONE_IN - 1) / ONE_IN));

	run_rung(lesson,
	    &(struct rung){ 1, count, least(FIRST_FOLDS, folds),
		(int)least(FIRST_EPOCHS, epochs), FIRST_UNTIL },
	    candidates);
	keep_best(candidates, count, survivors);
	run_rung(lesson,
	    &(struct rung){ 2, survivors, least(SECOND_FOLDS, folds),
		(int)least(SECOND_EPOCHS, epochs), SECOND_UNTIL },
	    candidates);
	keep_best(candidates, survivors, 1);
}

/* How long to wait for something better than the best epoch. */
static int
patience(int best, int epochs)
{
	return (int)least((size_t)epochs, (size_t)(best * 3 / 2 + 2));
}

/* All folds with the one that is left, until it stops. */
static void
run_last(const struct lesson *lesson, struct candidate *best)
{
	struct rung last = { 3, 1, lesson->folds->folds, 0, LAST_UNTIL };

	do {
		last.epochs = patience(best->epochs, lesson->epochs);
		run_rung(lesson, &last, best);
	} while (best->epochs > 0 &&
	    patience(best->epochs, lesson->epochs) > last.epochs);
}

static void
keep_curve(const struct candidate *best, struct chosen *chosen)
{
	chosen->tried = best->runs[0].epochs;
	chosen->train_losses = mem_alloc((size_t)chosen->tried, sizeof(double));
	chosen->held_out_losses =
	    mem_alloc((size_t)chosen->tried, sizeof(double));
	candidate_curve(best, chosen->train_losses, chosen->held_out_losses);
}

static bool
choose(const struct lesson *lesson, struct candidate *candidates, size_t count,
    struct chosen *chosen, struct err *err)
{
	halve(lesson, candidates, count);
	if (candidates[0].epochs == 0)
		return err_set(err, ERR_INVALID,
		    "no settings of the network gave a finite loss");
	run_last(lesson, &candidates[0]);
	if (candidates[0].epochs == 0)
		return err_set(err, ERR_INVALID,
		    "the chosen settings of the network gave no finite loss");
	*chosen = (struct chosen){ .settings = candidates[0].settings,
		.epochs = candidates[0].epochs,
		.loss = candidates[0].loss,
		.logits = mem_alloc(lesson->cohort->count, sizeof(double)) };
	candidate_logits(&candidates[0], chosen->logits);
	keep_curve(&candidates[0], chosen);
	return true;
}

bool
search_network(const struct lesson *lesson, struct chosen *chosen,
    struct err *err)
{
	bool is_large = lesson->cohort->step_count > LARGE_STEPS;
	struct candidate candidates[CANDIDATES_MOST] = { 0 };
	size_t count = lesson->candidates > 0 ? lesson->candidates
	    : is_large                        ? FEW_CANDIDATES
					      : CANDIDATES;
	bool is_good;

	must(count <= CANDIDATES_MOST);
	*chosen = (struct chosen){ 0 };
	draw_candidates(lesson, candidates, count);
	is_good = choose(lesson, candidates, count, chosen, err);
	for (size_t i = 0; i < count; i++)
		candidate_close(&candidates[i]);
	return is_good;
}

void
chosen_close(struct chosen *chosen)
{
	free(chosen->logits);
	free(chosen->train_losses);
	free(chosen->held_out_losses);
	*chosen = (struct chosen){ 0 };
}
