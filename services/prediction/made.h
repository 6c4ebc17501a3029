/*
 * made.h - tells which scores were made: the event `prediction.made`.
 */
#ifndef PREDICTION_MADE_H
#define PREDICTION_MADE_H

#include "services/prediction/basis.h"
#include "services/prediction/look.h"

/* What the ranking knew of an enrollment before its new score. */
struct past {
	bool is_another; /* the score or its model was not there before */
	bool has_level;  /* false: this is the enrollment's first score */
	int level;       /* enum risk_level of the newest earlier score */
};

/* Looks of one day at enrollments of one serving, in step. */
struct made {
	const struct serving_model *serving; /* borrowed */
	const struct look *looks;            /* (count) */
	const struct past *pasts;            /* (count) */
	size_t count;
};

/* Say which of them have a new or another score; nothing when none has.  In
 * the transaction that stored them; `arena` holds the event until it is
 * said. */
MUST_CHECK bool made_say(struct worker *w, const char *tenant,
    const struct made *made, struct arena *arena, struct err *err);

#endif
