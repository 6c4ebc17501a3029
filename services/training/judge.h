/*
 * judge.h - which of the new models is to be served, and may it be?
 *
 * Each is brought before the gate (ml/gate.h): with a champion it must pass
 * against it; without one it must only come out of its file whole, from a test
 * that gives nothing away, and find each group as it finds the others.  Of
 * those that may pass, the simplest whose log loss is within a tie of the best
 * is to be served.  Where none may, the winner is chosen among all of them and
 * stays refused.  Of a network whose 8-bit form is not near enough the ruling
 * says that f32 alone will serve it.
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

/* What the gate says of one of them. */
struct ruling {
	/* To the champion.  Without one to the logistic regression, and of
	 * that itself to the best of the others. */
	struct difference difference;
	bool allowed;
	const char *verdict;     /* in the arena: may it pass, and why not */
	const char **refused_by; /* in the arena: slugs of rules (ml/gate.h) */
	size_t refused_by_count;
};

struct judgement {
	struct ruling rulings[MODEL_KINDS]; /* of the fresh */
	enum model_kind winner;
	const char *choice; /* in the arena: which won, and why */
	struct leak leak;   /* the test's input that separates most */
};

MUST_CHECK bool judge(const struct trialled *trialled,
    const struct assessment *assessment, const struct groups *groups,
    struct judgement *judgement, struct err *err);

#endif
