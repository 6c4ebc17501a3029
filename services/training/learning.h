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
#include "services/training/reporter.h"
#include "services/training/search.h"
#include "services/training/seen.h"
#include "services/training/sensitivity.h"
#include "services/training/work.h"

struct learning {
	struct arena *arena;       /* borrowed */
	struct reporter *reporter; /* borrowed */
	struct work_question question;
	struct cohort train; /* standardised once `seen` is taken */
	struct cohort test;
	struct seen seen;          /* the training samples before that */
	struct sensitivity sooner; /* empty unless asked for */
	size_t dropped;            /* students in both */
	struct network_standard standard;
	struct folds folds;
	struct slice champion_file; /* in the arena */
	struct groups groups;
	struct fitted fitted;
	struct chosen chosen;
	struct checkpoints checkpoints;
	struct model *models[3]; /* owned: network, logistic, champion */
	struct contender contenders[3];
	struct model_report reports[2];
	size_t own_evaluations; /* of each new model */
};

/* Places in learning.models; those before CHAMPION are new ones. */
enum { NETWORK, LOGISTIC, CHAMPION };

/* Parts of the input (work.h) become cohorts, groups and the question. */
MUST_CHECK bool intake_read(struct learning *learning, struct slice input,
    struct err *err);

/* What the cohorts lack to be learned from and tested on, or NULL. */
const char *intake_lack(struct learning *learning);

/* Open the test, once: score the models and the champion, fill both reports,
 * ask the gate, and write the files. */
MUST_CHECK bool examine(struct learning *learning, struct work_result *result,
    struct err *err);

#endif
