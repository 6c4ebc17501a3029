/*
 * judge.h - which of the new models is to be served, and may it be?
 *
 * The simplest of those whose log loss is within a tie of the best is the
 * challenger (ml/gate.h).  With a champion it must pass the gate against it;
 * without one it must only come out of its file whole, from a test that gives
 * nothing away, and find each group as it finds the others.
 */
#ifndef TRAINING_JUDGE_H
#define TRAINING_JUDGE_H

#include "ml/bootstrap.h"
#include "ml/leak.h"
#include "services/training/groups.h"

struct trialled {
	const struct contender *network;
	const struct contender *logistic;
	const struct contender *champion; /* NULL: there is none */
	double network_loss;              /* mean over the weeks */
	double logistic_loss;
};

struct judgement {
	const struct contender *winner; /* network or logistic */
	bool allowed;
	/* Of each new model to the champion, else of the network to the
	 * logistic regression (the same in both places). */
	struct difference network_difference;
	struct difference logistic_difference;
	const char *verdict;     /* in the arena */
	const char **refused_by; /* in the arena: slugs of rules (ml/gate.h) */
	size_t refused_by_count;
	struct leak leak; /* the test's input that separates most */
};

MUST_CHECK bool judge(const struct trialled *trialled,
    const struct assessment *assessment, const struct groups *groups,
    struct judgement *judgement, struct err *err);

#endif
