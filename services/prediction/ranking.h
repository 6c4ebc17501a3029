/*
 * ranking.h - the scores of all active enrollments on a day, ready to be put
 * in order by the database.
 *
 * The table `score` is derived: a row that was made from an older model,
 * record or register is made anew, by the job that follows changes or by
 * whoever reads the ranking.  Rows are written in chunks of their own
 * transactions: what is written stands for itself, and a long transaction that
 * writes would hold back every reader of the log.
 */
#ifndef PREDICTION_RANKING_H
#define PREDICTION_RANKING_H

#include "services/prediction/basis.h"

/* What is ranked; NULL: any. */
struct ranking {
	const struct basis *basis;
	int32_t day;
	const char *course_id;
	const char *term;
};

/* Score what is out of date.  Begins inside the tenant's transaction and ends
 * inside another one.  ERR_UNAVAILABLE with a time to ask again when that
 * would last beyond `deadline` (clock_ticks). */
MUST_CHECK bool ranking_refresh(struct worker *w, const struct ranking *ranking,
    int64_t deadline, struct err *err);

/* How many of those that `who` sees are active on the day, and how many of
 * them have a score. */
MUST_CHECK bool ranking_count(struct worker *w, const struct ranking *ranking,
    const struct bus_head *who, int64_t *active, int64_t *scored,
    struct err *err);

/* A place in the ranking. */
struct rank {
	int64_t enrollment_id;
	int parts; /* the score, in SCORE_PARTS */
};
enum { RANK_FIRST = 1 << 20 }; /* parts above every score: before the first */

/* Up to `limit` behind `after`; `level` -1: of every category. */
struct rank_question {
	struct rank after;
	int level;                  /* enum risk_level */
	const struct bus_head *who; /* borrowed: sees only some */
	size_t limit;
};
MUST_CHECK bool ranking_read(struct worker *w, const struct ranking *ranking,
    const struct rank_question *question, struct rank **ranks, size_t *count,
    struct err *err);

/* job_kind.run: refresh the ranking of one tenant that has something new. */
bool refresh_rankings(struct worker *w, bool *again, struct err *err);

#endif
