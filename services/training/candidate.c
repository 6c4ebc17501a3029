/*
 * candidate.c - trials of one candidate, a fold each.
 */
#include "services/training/candidate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"

void
candidate_init(struct candidate *candidate, const struct lesson *lesson,
    size_t number, const struct trial_settings *settings)
{
	*candidate = (struct candidate){ .lesson = lesson,
		.number = number,
		.settings = *settings,
		.loss = HUGE_VAL,
		.runs =
		    mem_alloc(lesson->folds->folds, sizeof(struct fold_run)) };
}

void
candidate_close(struct candidate *candidate)
{
	for (size_t i = 0;
	     candidate->runs != NULL && i < candidate->lesson->folds->folds;
	     i++) {
		struct fold_run *run = &candidate->runs[i];

		fold_view_close(&run->view);
		free(run->losses);
		free(run->train_losses);
		free(run->logits);
		buf_close(&run->state);
	}
	free(candidate->runs);
	candidate->runs = NULL;
}

struct fold_run *
candidate_run(struct candidate *candidate, size_t fold, int epochs)
{
	struct fold_run *run = &candidate->runs[fold];

	run->candidate = candidate;
	run->fold = fold;
	run->epochs = epochs;
	if (run->losses == NULL)
		fold_view_init(&run->view, candidate->lesson->folds, fold);
	run->losses =
	    mem_resize(run->losses, (size_t)epochs, sizeof(*run->losses));
	run->train_losses = mem_resize(run->train_losses, (size_t)epochs,
	    sizeof(*run->train_losses));
	for (int i = 0; i < epochs; i++)
		run->losses[i] = run->train_losses[i] = HUGE_VAL;
	run->logits = mem_resize(run->logits,
	    (size_t)epochs * run->view.validation_count, sizeof(float));
	return run;
}

static void
keep_epoch(void *user, const struct trial_epoch *epoch)
{
	struct fold_run *run = user;
	size_t count = run->view.validation_count;

	run->losses[epoch->epoch - 1] = epoch->validation_loss;
	run->train_losses[epoch->epoch - 1] = epoch->train_loss;
	memcpy(run->logits + (size_t)(epoch->epoch - 1) * count, epoch->logits,
	    count * sizeof(float));
	reporter_unit(run->candidate->lesson->reporter,
	    &(struct reporter_unit){ NULL, epoch->epoch, epoch->train_loss,
		epoch->validation_loss });
}

void
fold_run_learn(void *runs, size_t task)
{
	struct fold_run *run = ((struct fold_run **)runs)[task];
	const struct candidate *candidate = run->candidate;
	const struct lesson *lesson = candidate->lesson;
	char name[64];
	struct trial_question question = { .cohort = lesson->cohort,
		.train = { run->view.train, run->view.train_count },
		.validation = { run->view.validation,
		    run->view.validation_count },
		.settings = candidate->settings,
		.seed = random_at(lesson->seed, run->fold),
		.epochs = run->epochs,
		.watch = keep_epoch,
		.user = run,
		.state = &run->state,
		.checkpoints = lesson->checkpoints,
		.name = name,
		.pause_us = lesson->pause_us,
		.samples = lesson->samples };

	snprintf(name, sizeof(name), "settings-%02zu-fold-%zu",
	    candidate->number, run->fold);
	if (!trial_run(&question))
		log_info("settings gave no finite loss: trial=%s", name);
}

/* Of an epoch of the first `folds` runs, each sample counting once. */
static double
mean_loss(const struct candidate *candidate, size_t folds, int epoch,
    bool is_held_out)
{
	double loss = 0, samples = 0;

	for (size_t i = 0; i < folds; i++) {
		const struct fold_run *run = &candidate->runs[i];
		const double *losses =
		    is_held_out ? run->losses : run->train_losses;
		double size = (double)(is_held_out ? run->view.validation_count
						   : run->view.train_count);

		loss += losses[epoch] * size;
		samples += size;
	}
	return loss / samples;
}

void
candidate_judge(struct candidate *candidate, size_t folds, int epochs)
{
	candidate->loss = HUGE_VAL;
	candidate->epochs = 0;
	for (int epoch = 0; epoch < epochs; epoch++) {
		double loss = mean_loss(candidate, folds, epoch, true);

		if (loss < candidate->loss) {
			candidate->loss = loss;
			candidate->epochs = epoch + 1;
		}
	}
}

void
candidate_curve(const struct candidate *candidate, double *train,
    double *held_out)
{
	size_t folds = candidate->lesson->folds->folds;

	for (int epoch = 0; epoch < candidate->runs[0].epochs; epoch++) {
		train[epoch] = mean_loss(candidate, folds, epoch, false);
		held_out[epoch] = mean_loss(candidate, folds, epoch, true);
	}
}

void
candidate_logits(const struct candidate *candidate, double *logits)
{
	for (size_t i = 0; i < candidate->lesson->folds->folds; i++) {
		const struct fold_run *run = &candidate->runs[i];
		const struct fold_view *view = &run->view;
		const float *held_out = run->logits +
		    (size_t)(candidate->epochs - 1) * view->validation_count;

		for (size_t k = 0; k < view->validation_count; k++)
			logits[view->validation[k]] = (double)held_out[k];
	}
}
