/*
 * shadow.h - another version scores what the champion scores, and nobody waits
 * for it.
 *
 * A tenant has a shadow when training's alias `shadow` points to a version
 * other than its champion.  Then every score that the champion makes as of the
 * tenant's own day, for one student, a batch or a ranking, is made once more
 * by the shadow from the very same sequences, which are copied and not read
 * again.  Looks back are left out: the outcome may have been learned from.
 *
 *	shadow_note    behind the scoring, when the place to think is free for
 *	               others: copies, or drops where the queue is full
 *	shadow_submit  behind the commit: into the queue (shadow_queue.h)
 *	the side thread (service.h) scores with work space of its own, and
 *	stores both outputs: one row an enrollment, day and pair of versions
 *
 * So the champion's answer waits for one copy of its inputs, some 7 kB a look.
 * Time is that of computing alone, for the same batches on both sides, so
 * neither the priority of the side thread nor a busy machine counts.
 */
#ifndef PREDICTION_SHADOW_H
#define PREDICTION_SHADOW_H

#include "services/prediction/basis.h"
#include "services/prediction/look.h"

/* Looks that were scored in one go; all borrowed. */
struct scored_looks {
	const struct serving_model *serving; /* by whom */
	const struct look *looks; /* (count): `points` of each subject side by
				   * side, that of the own day last */
	size_t count;
	size_t points;
	int64_t worked_ns; /* clock_worked */
};

/* Of a champion that has a shadow; what an arm with another version has scored
 * is left out.  Inside of a call it is submitted when that has ended well. */
void shadow_note(struct worker *w, const struct basis *basis,
    const struct scored_looks *scoring);

/* What was noted on this thread goes into the queue; nobody waits. */
void shadow_submit(struct worker *w);
/* What was noted is forgotten: it was not answered. */
void shadow_forget(struct worker *w);

/* What the side thread does. */
extern const struct side_kind shadow_side;

#endif
