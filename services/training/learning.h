/*
 * learning.h - a training in hand, as learn.c, intake.c and examine.c share
 * it.
 */
#ifndef TRAINING_LEARNING_H
#define TRAINING_LEARNING_H

#include "base/arena.h"
#include "base/buf.h"
#include "services/training/assess.h"
#include "services/training/baseline.h"
#include "services/training/groups.h"
#include "services/training/proof.h"
#include "services/training/reporter.h"
#include "services/training/search.h"
#include "services/training/seen.h"
#include "services/training/sensitivity.h"
#include "services/training/trees.h"
#include "services/training/work.h"

/* Places in learning.models: a new model of each kind, then the one that is
 * served. */
enum {
	NETWORK = MODEL_NETWORK,
	LOGISTIC = MODEL_LOGISTIC,
	TREES = MODEL_TREES,
	CHAMPION = MODEL_KINDS
};

struct learning {
	struct arena *arena;       /* borrowed */
	struct reporter *reporter; /* borrowed */
	struct work_question question;
	struct cohort train; /* standardised once `seen` is taken */
	struct cohort test;
	struct seen seen;          /* the training samples before that */
	struct table table;        /* the same of all, for trees */
	struct sensitivity sooner; /* empty unless asked for */
	size_t dropped;            /* students in both */
	struct network_standard standard;
	struct folds folds;
	struct slice champion_file; /* in the arena */
	struct groups groups;
	struct fitted fitted;
	struct grown grown;
	struct chosen chosen;
	double *final_losses; /* in the arena, (chosen.epochs) */
	struct checkpoints checkpoints;
	struct model *models[CHAMPION + 1]; /* owned */
	struct contender contenders[CHAMPION + 1];
	struct model_report reports[CHAMPION];
	struct proof proofs[CHAMPION];
	struct evaluation *found[CHAMPION]; /* in the arena, (found_count) */
	size_t found_count;                 /* of each new model alone */
};

/* Parts of the input (work.h) become cohorts, groups and the question. */
MUST_CHECK bool intake_read(struct learning *learning, struct slice input,
    struct err *err);

/* What the cohorts lack to be learned from and tested on, or NULL. */
const char *intake_lack(struct learning *learning);

/* Open the test, once: score the models and the champion, fill the reports,
 * write the files, read them back, and ask the gate. */
MUST_CHECK bool examine(struct learning *learning, struct work_result *result,
    struct err *err);

#endif
