/*
 * learn.h - the child's work: from samples to three models and a verdict.
 *
 *	read      parts of the input (work.h)
 *	logistic  the baseline, its penalty by folds
 *	trees     their settings and number by folds
 *	search    the network's settings, then all folds with the best
 *	final     the network on all training samples
 *	sooner    if asked for: how both baselines do with grades known
 *	          sooner
 *	test      the three, and the champion, on the later cohorts, once
 *	result    three model files, their reports, the verdict
 *
 * All choices are made on the training cohorts before the test is opened.
 * The same input gives the same files, whatever the number of threads, on
 * machines with the same instruction set.
 */
#ifndef TRAINING_LEARN_H
#define TRAINING_LEARN_H

#include "base/arena.h"
#include "base/buf.h"
#include "services/training/reporter.h"
#include "services/training/work.h"

/* Fill `*result`; what it points to lives in the arena.  Data that is not
 * enough is a result with an `error`; false is a fault of the input. */
MUST_CHECK bool learn(struct slice input, struct reporter *reporter,
    struct arena *arena, struct work_result *result, struct err *err);

/* `training --work train`: service_kind.work. */
int learn_work(const char *work, int input, int report);

#endif
