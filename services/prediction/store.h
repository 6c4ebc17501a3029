/*
 * store.h - predictions as they are kept: in the table, and for an hour in the
 * cache.
 *
 * A prediction is found by its question: which enrollment, with which of its
 * records, registers and rules counted, by which model and feature version, as
 * whose answer (the champion's, or an arm's), from which day.  The same
 * question is the same prediction, with one id.
 */
#ifndef PREDICTION_STORE_H
#define PREDICTION_STORE_H

#include "services/prediction/answer.h"
#include "services/prediction/basis.h"

/* Predictions of some enrollments from one day, by one model. */
struct question_set {
	const struct basis *basis;
	const struct serving_model *serving; /* borrowed: of the basis */
	int32_t day;
	const struct subject *const *subjects; /* borrowed (count) */
	size_t count;
};

struct stored {
	struct prediction *prediction; /* NULL: none */
	bool is_full;                  /* with reasons and trend */
};

/* Answers given before, in `arena`, in step with the subjects. */
MUST_CHECK bool store_find(struct worker *w, const struct question_set *set,
    struct arena *arena, struct stored *found, struct err *err);

/* Keep an answer; fills in its id, version and time (another call may have
 * been first: then they are that one's). */
MUST_CHECK bool store_put(struct worker *w, const struct question_set *set,
    const struct look *look, bool is_full, struct prediction *prediction,
    struct err *err);

/* ERR_NOT_FOUND also when it is not for the caller. */
MUST_CHECK bool store_read(struct worker *w, const char *tenant,
    const char *prediction_id, const struct bus_head *who,
    struct prediction *prediction, struct err *err);

/* Full answers only.  What is to be remembered goes into the cache when it is
 * certain: after the commit, by store_commit or when the call has ended. */
struct prediction *cached_find(struct worker *w, const struct question_set *set,
    const struct subject *subject);
void cached_remember(struct worker *w, const struct question_set *set,
    const struct subject *subject, const struct prediction *prediction);

/* call.after of a call that stored or scored: what waited for its commit goes
 * its way, into the cache and to the shadow. */
void store_settle(struct worker *w, struct call *call);

/* Commit what was stored so far and go on in a new transaction: each answer
 * stands for itself, and a long transaction that writes would hold back every
 * reader. */
MUST_CHECK bool store_commit(struct worker *w, const char *tenant,
    struct err *err);

#endif
