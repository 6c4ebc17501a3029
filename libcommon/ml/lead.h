/*
 * lead.h - how long before an adverse outcome a warning comes.
 *
 * Warned are the highest scores: the ceil(share * n) first ones, and whoever
 * has the same score as the last of them.  The lead time is the median of the
 * days from the reference day to the adverse outcome, among those warned who
 * had one and of whom the day is known.  Its interval is the cluster bootstrap
 * of bootstrap.h.
 */
#ifndef ML_LEAD_H
#define ML_LEAD_H

#include "ml/bootstrap.h"

struct lead_question {
	const struct scored *samples; /* borrowed; with students */
	const int32_t *days;          /* borrowed, (count); `unknown`: none */
	int32_t unknown;
	double share; /* of those warned, in (0, 1] */
};

struct lead {
	double days; /* NaN: nobody who was warned had a known outcome */
	struct resampled_interval interval; /* 95 % */
};

/* Fails as ranking_init does. */
MUST_CHECK bool lead_measure(const struct lead_question *question,
    const struct bootstrap_plan *plan, struct lead *lead, struct err *err);

#endif
