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
	const struct contender *fresh;    /* (MODEL_KINDS): one a kind */
	const struct contender *champion; /* NULL: there is none */
	double loss[MODEL_KINDS];         /* of the fresh: mean over weeks */
	bool comes_out[MODEL_KINDS];      /* of the fresh: file_comes_out */
};

struct judgement {
	enum model_kind winner; /* of the fresh */
	bool allowed;
	/* Of each new model to the champion.  Without one to the logistic
	 * regression, and of that itself to the best of the others. */
	struct difference difference[MODEL_KINDS];
	const char *verdict;     /* in the arena */
	const char **refused_by; /* in the arena: slugs of rules (ml/gate.h) */
	size_t refused_by_count;
	struct leak leak; /* the test's input that separates most */
};

/* Does a model's file, as it was written, load as prediction loads it: whole,
 * of that version, and with its golden vectors? */
bool file_comes_out(struct slice file, const char *version);

MUST_CHECK bool judge(const struct trialled *trialled,
    const struct assessment *assessment, const struct groups *groups,
    struct judgement *judgement, struct err *err);

#endif
