/*
 * batch.h - a question about many students on its way to its answer:
 * batch_items.c sees to those that it names, predict_batch.c to the top of a
 * filter and to all that is the same for both.
 */
#ifndef PREDICTION_BATCH_H
#define PREDICTION_BATCH_H

#include "services/prediction/basis.h"
#include "services/prediction/verdicts.h"

struct batch {
	struct worker *w; /* borrowed, as are the next three */
	const struct basis *basis;
	const struct predict_batch_question *question;
	const struct bus_head *who;
	enum depth depth;
	struct item *items; /* (count), of batch_items.c; NULL: a filter */
	size_t count;
	struct predict_batch_answer answer; /* in the worker's arena */
};

/* Room in the answer for `count` students. */
void batch_room(struct batch *batch, size_t count);
/* A prediction, with what was asked for: by the item (NULL: none), else by the
 * batch. */
void batch_add(struct batch *batch, const struct predict_question *question,
    const struct prediction *prediction);
/* Most at risk first. */
void batch_sort(struct batch *batch);

/* Answer the items of the question. */
MUST_CHECK bool batch_answer_items(struct batch *batch, struct err *err);

#endif
