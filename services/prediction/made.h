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

/* Say which of the looks, all of one day, have a new or another score; nothing
 * when none has.  `pasts` in step with `looks`.  In the transaction that stored
 * them; `arena` holds the event until it is said. */
MUST_CHECK bool made_say(struct worker *w, const struct basis *basis,
    const struct look *looks, const struct past *pasts, size_t count,
    struct arena *arena, struct err *err);

#endif
