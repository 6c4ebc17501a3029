/*
 * judge.h - which of the new models is to be served, and may it be?
 *
 * The simplest of those whose log loss is within a tie of the best is the
 * challenger (ml/gate.h).  With a champion it must pass the gate against it;
 * without one it must only come out of its file whole, from a test that gives
 * nothing away, and find each group as it finds the others.  Of a network whose
 * 8-bit form is not near enough the verdict says that f32 alone will serve it.
 */
#ifndef TRAINING_JUDGE_H
#define TRAINING_JUDGE_H

#include "ml/bootstrap.h"
#include "ml/leak.h"
#include "services/training/groups.h"
#include "services/training/proof.h"

struct trialled {
	const struct contender *fresh;    /* (MODEL_KINDS): one a kind */
	const struct proof *proofs;       /* (MODEL_KINDS): of the fresh */
	const struct contender *champion; /* NULL: there is none */
	double loss[MODEL_KINDS];         /* of the fresh: mean over weeks */
};

struct judgement {
	enum model_kind winner; /* of the fresh */
	bool allowed;
	/* Of each new model to the champion.  Without one to the logistic
	 * regression, and of that itself to the best of the others. */
	struct difference difference[MODEL_KINDS];
	const char *choice;      /* in the arena: which won, and why */
	const char *verdict;     /* in the arena: the same, and the gate's */
	const char **refused_by; /* in the arena: slugs of rules (ml/gate.h) */
	size_t refused_by_count;
	struct leak leak; /* the test's input that separates most */
};

MUST_CHECK bool judge(const struct trialled *trialled,
    const struct assessment *assessment, const struct groups *groups,
    struct judgement *judgement, struct err *err);

#endif
