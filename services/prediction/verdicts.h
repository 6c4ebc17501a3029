/*
 * verdicts.h - a prediction, or why there is none, for each of some
 * enrollments: from the cache, from what was stored, or computed and stored.
 */
#ifndef PREDICTION_VERDICTS_H
#define PREDICTION_VERDICTS_H

#include "services/prediction/basis.h"

enum depth {
	DEPTH_SCORE, /* no reasons, a trend of one point: for many at once */
	DEPTH_FULL
};

struct verdict {
	struct prediction *prediction; /* in the worker's arena; may be deeper
					* than asked.  NULL: there is none: */
	enum err_code code;
	const char *why; /* in the worker's arena */
};

/* Any number of active subjects, each once, seen from `day`; their facts need
 * not have been read.  Works in chunks, in tools.chunk, and commits each before
 * the next begins; the last is the caller's to commit. */
MUST_CHECK bool verdicts_give(struct worker *w, const struct basis *basis,
    int32_t day, enum depth depth, const struct subjects *subjects,
    struct verdict *verdicts, struct err *err);

/* ERR_CONFLICT: why the enrollment has no score on that day. */
bool verdict_inactive(const struct subject *subject, int32_t day,
    struct err *err);

#endif
