/*
 * predict_batch.c - POST /api/v1/predict/batch: many students at once, or the
 * top of a filter; ranked, most at risk first.
 *
 * Up to 10,000 students by score alone, up to 500 with reasons or features.
 * A student without a score does not spoil the rest: `errors` says why.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "services/prediction/answer.h"
#include "services/prediction/batch.h"
#include "services/prediction/ranking.h"

enum { DEEP_MOST = 500, TOP_USUAL = 100 };

/* An answer to more is large: one at a time (models.h). */
enum { SMALL_MOST = 1000, BUSY_SECONDS = 2 };

#define FINISH_US (10 * SECOND_US)

static bool
wants_reasons(const struct batch *batch, const struct predict_question *item)
{
	if (item != NULL && item->has_include_explanations)
		return item->include_explanations;
	return batch->question->has_include_explanations &&
	    batch->question->include_explanations;
}

static bool
wants_features(const struct predict_question *item)
{
	return item != NULL && item->has_include_features &&
	    item->include_features;
}

void
batch_room(struct batch *batch, size_t count)
{
	struct arena *arena = &batch->w->arena;

	batch->answer.items =
	    arena_array(arena, count, sizeof(struct prediction));
	batch->answer.errors =
	    arena_array(arena, count, sizeof(struct prediction_fault));
}

void
batch_add(struct batch *batch, const struct predict_question *question,
    const struct prediction *prediction)
{
	struct prediction *item =
	    &batch->answer.items[batch->answer.items_count++];
	struct wish wish = { .has_reasons = wants_reasons(batch, question),
		.has_features = wants_features(question) };

	wish.trend_most = wish.has_reasons ? 0 : 1;
	*item = *prediction;
	answer_trim(&wish, item);
}

static int
compare_risks(const void *a, const void *b)
{
	const struct prediction *left = a, *right = b;

	if (left->risk_score != right->risk_score)
		return left->risk_score > right->risk_score ? -1 : 1;
	return strcmp(left->prediction_id, right->prediction_id);
}

void
batch_sort(struct batch *batch)
{
	qsort(batch->answer.items, batch->answer.items_count,
	    sizeof(struct prediction), compare_risks);
}

static bool
judge_ranks(struct batch *batch, int32_t day, const struct rank *ranks,
    size_t count, struct err *err)
{
	struct worker *w = batch->w;
	struct subjects subjects = { .arena = &w->arena };
	struct verdict *verdicts =
	    arena_array(&w->arena, count, sizeof(*verdicts));
	int64_t *ids = arena_array(&w->arena, count, sizeof(*ids));

	for (size_t i = 0; i < count; i++)
		ids[i] = ranks[i].enrollment_id;
	if (!subjects_by_id(w, batch->basis->tenant, batch->basis->rules, ids,
		count, &subjects, err) ||
	    !verdicts_give(w, batch->basis, day, batch->depth, &subjects,
		verdicts, err))
		return false;
	batch_room(batch, count);
	for (size_t i = 0; i < subjects.count; i++)
		if (verdicts[i].prediction != NULL)
			batch_add(batch, NULL, verdicts[i].prediction);
	batch_sort(batch);
	return true;
}

static bool
answer_filter(struct batch *batch, int64_t deadline, struct err *err)
{
	const struct predict_batch_question *question = batch->question;
	struct ranking ranking = { .basis = batch->basis,
		.course_id = question->course_id,
		.term = question->term };
	struct rank_question ranks = { .after = { .parts = RANK_FIRST },
		.level = -1,
		.who = batch->who,
		.limit =
		    question->has_top_k ? (size_t)question->top_k : TOP_USUAL };
	struct rank *rows;
	size_t count;

	return basis_day(batch->basis, question->has_reference_date,
		   question->reference_date, &ranking.day, err) &&
	    ranking_refresh(batch->w, &ranking, deadline - FINISH_US, err) &&
	    ranking_count(batch->w, &ranking, batch->who, &batch->answer.active,
		&batch->answer.scored, err) &&
	    ranking_read(batch->w, &ranking, &ranks, &rows, &count, err) &&
	    judge_ranks(batch, ranking.day, rows, count, err);
}

static enum depth
depth_of(const struct batch *batch)
{
	const struct predict_batch_question *question = batch->question;

	if (wants_reasons(batch, NULL))
		return DEPTH_FULL;
	for (size_t i = 0; i < question->items_count; i++)
		if (wants_reasons(batch, &question->items[i]) ||
		    wants_features(&question->items[i]))
			return DEPTH_FULL;
	return DEPTH_SCORE;
}

static bool
check_size(const struct batch *batch, struct err *err)
{
	const struct predict_batch_question *question = batch->question;

	if (batch->depth != DEPTH_FULL)
		return true;
	if (question->items_count > DEEP_MOST)
		return err_at(err, "items",
		    "are more than %d, the most with explanations or features "
		    "at once",
		    DEEP_MOST);
	if (question->has_top_k && question->top_k > DEEP_MOST)
		return err_at(err, "top_k",
		    "is above %d, the most with explanations at once",
		    DEEP_MOST);
	return true;
}

static bool
is_large(const struct predict_batch_question *question)
{
	return question->items_count > SMALL_MOST ||
	    (question->has_top_k && question->top_k > SMALL_MOST);
}

static bool
answer_batch(struct worker *w, struct call *call, struct batch *batch,
    struct err *err)
{
	struct basis basis = { 0 };
	bool is_good;

	batch->basis = &basis;
	is_good = basis_load(w, call->head->tenant, &basis, err) &&
	    (batch->question->items != NULL
		    ? batch_answer_items(batch, err)
		    : answer_filter(batch, call->deadline, err));
	basis_close(&basis);
	if (batch->answer.errors_count == 0)
		batch->answer.errors = NULL;
	return is_good &&
	    reply(call, 200, &predict_batch_answer_message, &batch->answer);
}

bool
predict_batch(struct worker *w, struct call *call, struct err *err)
{
	struct predict_batch_question question;
	struct batch batch = { .w = w,
		.question = &question,
		.who = call->head };
	bool is_good;

	if (!call_read(call, &question, err))
		return false;
	batch.depth = depth_of(&batch);
	if (!check_size(&batch, err))
		return false;
	if (!is_large(&question))
		return answer_batch(w, call, &batch, err);
	if (!large_take(w->state)) {
		err_set(err, ERR_UNAVAILABLE,
		    "another batch of more than %d is being answered; ask "
		    "again in a moment, or for fewer",
		    SMALL_MOST);
		err->retry_after = BUSY_SECONDS;
		return false;
	}
	is_good = answer_batch(w, call, &batch, err);
	large_give(w->state);
	return is_good;
}
