/*
 * experiments.h - what the handlers of experiments share.
 *
 * An experiment is a draft, runs, and has ended; of each tenant one runs at
 * most.  While it runs its arms answer (serving.h), whatever the champion
 * becomes meanwhile.  Row, audit line and the news for the ranking are one
 * transaction.
 */
#ifndef PREDICTION_EXPERIMENTS_H
#define PREDICTION_EXPERIMENTS_H

#include "services/prediction/prediction.h"
#include "services/prediction/serving.h"

/* By name, in the worker's arena; ERR_NOT_FOUND. */
MUST_CHECK bool experiment_find(struct worker *w, const char *tenant,
    const char *name, struct experiment *experiment, struct err *err);

/* An experiment that is about to change: its row is locked. */
struct held {
	const char *tenant; /* borrowed: the call's */
	const char *name;   /* borrowed: the path's */
	struct experiment now;
	struct arms arms;
};

/* Lock the experiment of the path, and read it. */
MUST_CHECK bool experiment_hold(struct worker *w, const struct call *call,
    struct held *held, struct err *err);
MUST_CHECK bool experiment_check_state(const struct held *held,
    enum experiment_state wanted, struct err *err);

/* Together not more than there is. */
MUST_CHECK bool experiment_check_shares(const int64_t *shares, size_t count,
    struct err *err);

/* The version that begins with these digits, 8 at least, as training knows it;
 * in the worker's arena.  ERR_INVALID at the arms when none or several do,
 * ERR_UNAVAILABLE when training does not answer. */
MUST_CHECK bool experiment_find_version(struct worker *w, const char *tenant,
    const char *digits, const char **version, struct err *err);

/* No arm's model was refused when the gate judged it last, or the step says
 * `despite_gate`.  Training is asked, whose versions the arms have; `*despite`,
 * in the worker's arena: which arms' models were refused, and by which rules;
 * NULL: none.  ERR_CONFLICT, ERR_UNAVAILABLE when training does not answer. */
MUST_CHECK bool experiment_check_gate(struct worker *w,
    const struct held *held, const struct experiment_step *step,
    const char **despite, struct err *err);

/* A line of the audit. */
struct change_note {
	const char *change;
	const char *why;
	const char *despite_gate; /* which refusals it was done despite; NULL */
};

/* Write it, with the arms as they are now. */
MUST_CHECK bool experiment_note(struct worker *w, const struct call *call,
    const char *name, const struct change_note *note, struct err *err);

/* The experiment as it is now, with its revision as entity tag. */
MUST_CHECK bool experiment_reply(struct worker *w, struct call *call,
    int status, const char *name, struct err *err);

#endif
