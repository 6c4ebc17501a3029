/*
 * learn.c - the story of a training, told once from top to bottom.  intake.c
 * is its beginning, examine.c its end.
 */
#include "services/training/learn.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "secure/digest.h"
#include "service/child.h"
#include "services/training/learning.h"
#include "services/training/maker.h"
#include "wire/binary.h"

enum { FINAL_SEED = 99, BLOCK = 1 << 20 };

#define LOGISTIC_UNTIL 0.05
#define TREES_UNTIL    0.10
#define FINAL_UNTIL    0.92

static void
tell_final(void *user, const struct trial_epoch *epoch)
{
	struct learning *l = user;

	l->final_losses[epoch->epoch - 1] = epoch->train_loss;
	reporter_unit(l->reporter,
	    &(struct reporter_unit){ NULL, epoch->epoch, epoch->train_loss,
		(double)NAN });
}

static bool
train_final(struct learning *l, const struct lesson *lesson,
    struct network **made)
{
	size_t *all = arena_array(l->arena, l->train.count, sizeof(size_t));
	struct buf state = { 0 };
	bool is_good;
	struct trial_question question = { .cohort = &l->train,
		.train = { all, l->train.count },
		.settings = l->chosen.settings,
		.seed = random_at((uint64_t)l->question.seed, FINAL_SEED),
		.epochs = l->chosen.epochs,
		.watch = tell_final,
		.user = l,
		.made = made,
		.state = &state,
		.checkpoints = lesson->checkpoints,
		.name = "final",
		.pause_us = lesson->pause_us,
		.samples = lesson->samples };

	l->final_losses = arena_array(l->arena, (size_t)l->chosen.epochs,
	    sizeof(*l->final_losses));
	for (size_t i = 0; i < l->train.count; i++)
		all[i] = i;
	reporter_stage(l->reporter, "final", FINAL_UNTIL,
	    (uint64_t)l->chosen.epochs);
	is_good = trial_run(&question);
	buf_close(&state);
	return is_good;
}

static bool
make_models(struct learning *l, const struct lesson *lesson, struct err *err)
{
	struct makings makings = { .cohort = &l->train,
		.table = &l->table,
		.standard = &l->standard,
		.seen = &l->seen,
		.seed = (uint64_t)l->question.seed,
		.held_out = { [MODEL_NETWORK] = l->chosen.logits,
		    [MODEL_LOGISTIC] = l->fitted.logits,
		    [MODEL_TREES] = l->grown.logits },
		.folds = l->folds.folds,
		.is_isotonic = l->question.isotonic };
	struct network *network;

	if (!train_final(l, lesson, &network))
		return err_set(err, ERR_INVALID,
		    "the network's loss on all samples was not finite");
	return make_network(&makings, network, &l->chosen, &l->models[NETWORK],
		   err) &&
	    make_logistic(&makings, &l->fitted, &l->models[LOGISTIC], err) &&
	    make_trees(&makings, &l->grown, &l->models[TREES], err);
}

/* Without a folder, or one that cannot be used, a training that is broken off
 * begins anew: nothing but time is lost. */
static const struct checkpoints *
open_checkpoints(struct learning *l)
{
	struct err err = { 0 };

	if (l->question.checkpoints == NULL)
		return NULL;
	if (checkpoints_open(&l->checkpoints, l->question.checkpoints, &err))
		return &l->checkpoints;
	log_warn("no checkpoints are kept: error=%s", err.detail);
	return NULL;
}

static bool
choose_and_fit(struct learning *l, struct lesson *lesson, struct err *err)
{
	if (!baseline_fit(lesson, LOGISTIC_UNTIL, &l->fitted, err))
		return false;
	lesson->l2 = l->fitted.l2;
	return trees_grow(lesson, TREES_UNTIL, &l->grown, err) &&
	    search_network(lesson, &l->chosen, err) &&
	    make_models(l, lesson, err);
}

/* Everything that is chosen, on the training cohorts alone. */
static bool
teach(struct learning *l, struct err *err)
{
	const struct work_question *q = &l->question;
	struct folds_plan plan = { (uint64_t)q->seed, (size_t)q->folds };
	unsigned char samples[DIGEST_SIZE];
	struct lesson lesson = { .cohort = &l->train,
		.table = &l->table,
		.folds = &l->folds,
		.reporter = l->reporter,
		.seed = (uint64_t)q->seed,
		.epochs = (int)q->epochs,
		.hidden = q->has_hidden ? (int)q->hidden : 0,
		.candidates = q->has_candidates ? (size_t)q->candidates : 0,
		.checkpoints = open_checkpoints(l),
		.pause_us = q->checkpoint_seconds * SECOND_US,
		.samples = samples };

	seen_take(&l->seen, &l->train);
	table_init(&l->table, &l->train);
	cohort_standard(&l->train, &l->standard);
	cohort_standardise(&l->train, &l->standard);
	cohort_digest(&l->train, samples);
	return folds_init(&l->folds, l->train.student, l->train.adverse,
		   l->train.count, &plan, err) &&
	    choose_and_fit(l, &lesson, err);
}

static void
learning_close(struct learning *l)
{
	cohort_close(&l->train);
	cohort_close(&l->test);
	seen_close(&l->seen);
	table_close(&l->table);
	sensitivity_close(&l->sooner);
	folds_close(&l->folds);
	groups_close(&l->groups);
	fitted_close(&l->fitted);
	grown_close(&l->grown);
	chosen_close(&l->chosen);
	checkpoints_close(&l->checkpoints);
	for (size_t i = 0; i < ARRAY_SIZE(l->models); i++)
		model_unref(l->models[i]);
}

static bool
learn_inside(struct learning *l, struct slice input, struct work_result *result,
    struct err *err)
{
	if (!intake_read(l, input, err))
		return false;
	result->error = intake_lack(l);
	if (result->error != NULL)
		return true;
	if (teach(l, err) &&
	    (!l->question.has_grades_sooner ||
		sensitivity_measure(&l->sooner, &l->question, l->reporter,
		    l->arena, err)))
		return examine(l, result, err);
	result->error = arena_copy(l->arena, err->detail);
	err_clear(err);
	return true;
}

bool
learn(struct slice input, struct reporter *reporter, struct arena *arena,
    struct work_result *result, struct err *err)
{
	struct learning learning = { .arena = arena,
		.reporter = reporter,
		.checkpoints = { -1 } };
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
