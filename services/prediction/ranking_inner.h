/*
 * ranking_inner.h - what the files of the ranking share.
 */
#ifndef PREDICTION_RANKING_INNER_H
#define PREDICTION_RANKING_INNER_H

#include "services/prediction/ranking.h"

enum { RANKING_CHUNK = 128 }; /* enrollments of one transaction */

/* Is another day than the tenant's ranked?  Such a ranking has rows of its own,
 * of which nobody is told. */
static inline bool
ranking_is_look_back(const struct ranking *ranking)
{
	return ranking->day != ranking->basis->rules->today;
}

/* Score up to RANKING_CHUNK subjects, all of whom `serving` answers for, and
 * write it.  Inside the tenant's transaction; works in the subjects' arena. */
MUST_CHECK bool ranking_score_chunk(struct worker *w,
    const struct ranking *ranking, const struct serving_model *serving,
    struct subjects *subjects, struct err *err);

#endif
