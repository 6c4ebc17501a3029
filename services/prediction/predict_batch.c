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
#include "services/prediction/choose.h"
#include "services/prediction/ranking.h"
#include "services/prediction/store.h"
#include "services/prediction/verdicts.h"

/* Students whose enrollments are read together. */
enum { READ_TOGETHER = 500, DEEP_MOST = 500, TOP_USUAL = 100 };

/* An answer to more is large: one at a time (models.h). */
enum { SMALL_MOST = 1000, BUSY_SECONDS = 2 };

#define FINISH_US (10 * SECOND_US)

/* One item on its way. */
struct item {
	size_t index;
	const struct predict_question *question; /* borrowed */
	int32_t day;
	const struct subject *subject; /* NULL: there is a fault */
	struct verdict verdict;
};

struct batch {
	struct worker *w;
	const struct basis *basis;
	const struct predict_batch_question *question;
	const struct bus_head *who; /* borrowed */
	enum depth depth;
	struct item *items; /* (count) */
	size_t count;
	struct predict_batch_answer answer;
};

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

static void
note_fault(struct batch *batch, struct item *item, const struct err *err)
{
	item->subject = NULL;
	item->verdict.code = err->code;
	item->verdict.why = arena_copy(&batch->w->arena, err->detail);
}

static int
compare_names(const void *name, const void *row)
{
	return strcmp(name, ((const struct subject *)row)->student_id);
}

/* The item's rows among all: those of its student, in its course.  They lie
 * side by side when the course is not named; a named course is one row. */
static size_t
find_rows(const struct subjects *all, const struct predict_question *question,
    const struct subject **first)
{
	const struct subject *end = all->rows + all->count;
	const struct subject *row = all->count == 0
	    ? NULL
	    : bsearch(question->student_id, all->rows, all->count,
		  sizeof(struct subject), compare_names);
	size_t count = 0;

	if (row == NULL)
		return 0;
	while (row > all->rows &&
	    compare_names(question->student_id, row - 1) == 0)
		row--;
	*first = row;
	for (; row < end && compare_names(question->student_id, row) == 0;
	     row++) {
		if (question->course_id == NULL) {
			count++;
		} else if (strcmp(row->course_id, question->course_id) == 0) {
			*first = row;
			return 1;
		}
	}
	return count;
}

static void
choose(struct batch *batch, const struct subjects *all, struct item *item)
{
	const struct subject *first = NULL;
	struct err err = { 0 };
	size_t count = find_rows(all, item->question, &first);

	if (!basis_day(batch->basis, item->question->has_reference_date,
		item->question->reference_date, &item->day, &err) ||
	    !choose_enrollment(first, count, item->day, &item->subject, &err))
		note_fault(batch, item, &err);
}

static bool
read_items(struct batch *batch, size_t start, size_t count, struct err *err)
{
	struct worker *w = batch->w;
	const char **ids = arena_array(&w->arena, count, sizeof(*ids));
	struct subjects all = { .arena = &w->arena };
	struct student_filter filter = { ids, count, NULL, batch->who };

	for (size_t i = 0; i < count; i++)
		ids[i] = batch->items[start + i].question->student_id;
	if (!subjects_of_students(w, batch->basis->tenant, batch->basis->rules,
		&filter, &all, err))
		return false;
	for (size_t i = 0; i < count; i++)
		choose(batch, &all, &batch->items[start + i]);
	return true;
}

/* Items without a subject last, the others by day and enrollment. */
static int
compare_days(const void *a, const void *b)
{
	const struct item *left = a, *right = b;

	if ((left->subject == NULL) != (right->subject == NULL))
		return left->subject == NULL ? 1 : -1;
	if (left->day != right->day)
		return left->day < right->day ? -1 : 1;
	if (left->subject != NULL &&
	    left->subject->enrollment_id != right->subject->enrollment_id)
		return left->subject->enrollment_id <
			right->subject->enrollment_id
		    ? -1
		    : 1;
	return left->index < right->index ? -1 : 1;
}

/* Is the item about the same enrollment and day as the one before it? */
static bool
is_repeated(const struct item *items, size_t start, size_t i)
{
	return i > start &&
	    items[i].subject->enrollment_id ==
	    items[i - 1].subject->enrollment_id;
}

/* The items from `start` that are about the same day; an enrollment that is
 * named several times has one verdict. */
static bool
judge_day(struct batch *batch, size_t start, size_t *end, struct err *err)
{
	struct worker *w = batch->w;
	int32_t day = batch->items[start].day;
	struct subjects subjects = { .arena = &w->arena };
	struct verdict *verdicts;

	for (*end = start; *end < batch->count &&
	     batch->items[*end].subject != NULL &&
	     batch->items[*end].day == day;)
		(*end)++;
	subjects.rows =
	    arena_array(&w->arena, *end - start, sizeof(struct subject));
	verdicts = arena_array(&w->arena, *end - start, sizeof(*verdicts));
	for (size_t i = start; i < *end; i++)
		if (!is_repeated(batch->items, start, i))
			subjects.rows[subjects.count++] =
			    *batch->items[i].subject;
	if (!verdicts_give(w, batch->basis, day, batch->depth, &subjects,
		verdicts, err))
		return false;
	for (size_t i = start; i < *end; i++) {
		if (i > start && !is_repeated(batch->items, start, i))
			verdicts++;
		batch->items[i].verdict = *verdicts;
	}
	return true;
}

static struct problem *
problem_of(const struct verdict *verdict, struct arena *arena)
{
	const struct err_row *row = err_row(verdict->code);
	struct problem *problem = arena_alloc(arena, sizeof(*problem));

	problem->type = arena_printf(arena, "/problems/%s", row->slug);
	problem->title = row->title;
	problem->status = row->status;
	problem->detail = verdict->why;
	return problem;
}

static void
add_fault(struct batch *batch, const struct item *item)
{
	struct predict_batch_answer *answer = &batch->answer;

	answer->errors[answer->errors_count++] = (struct prediction_fault){
		.index = (int64_t)item->index,
		.student_id = item->question->student_id,
		.problem = problem_of(&item->verdict, &batch->w->arena),
	};
}

static void
add_prediction(struct batch *batch, const struct predict_question *question,
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

static void
make_room(struct batch *batch, size_t count)
{
	struct arena *arena = &batch->w->arena;

	batch->answer.items =
	    arena_array(arena, count, sizeof(struct prediction));
	batch->answer.errors =
	    arena_array(arena, count, sizeof(struct prediction_fault));
}

static void
word_items(struct batch *batch)
{
	struct predict_batch_answer *answer = &batch->answer;
	const struct predict_batch_question *question = batch->question;

	make_room(batch, batch->count);
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];

		answer->active += item->subject != NULL;
		if (item->verdict.prediction == NULL)
			add_fault(batch, item);
		else
			add_prediction(batch, item->question,
			    item->verdict.prediction);
	}
	answer->scored = (int64_t)answer->items_count;
	qsort(answer->items, answer->items_count, sizeof(struct prediction),
	    compare_risks);
	if (question->has_top_k &&
	    answer->items_count > (size_t)question->top_k)
		answer->items_count = (size_t)question->top_k;
}

static void
prepare_items(struct batch *batch)
{
	const struct predict_batch_question *question = batch->question;

	batch->count = question->items_count;
	batch->items =
	    arena_array(&batch->w->arena, batch->count, sizeof(struct item));
	for (size_t i = 0; i < batch->count; i++) {
		struct predict_question *item = &question->items[i];

		batch->items[i].index = i;
		batch->items[i].question = item;
		if (item->has_reference_date || !question->has_reference_date)
			continue;
		item->has_reference_date = true;
		item->reference_date = question->reference_date;
	}
}

static bool
answer_items(struct batch *batch, struct err *err)
{
	prepare_items(batch);
	for (size_t i = 0; i < batch->count; i += READ_TOGETHER) {
		size_t rest = batch->count - i;

		if (!read_items(batch, i,
			rest < READ_TOGETHER ? rest : READ_TOGETHER, err))
			return false;
	}
	qsort(batch->items, batch->count, sizeof(struct item), compare_days);
	for (size_t i = 0; i < batch->count && batch->items[i].subject != NULL;)
		if (!judge_day(batch, i, &i, err))
			return false;
	word_items(batch);
	return true;
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
	make_room(batch, count);
	for (size_t i = 0; i < subjects.count; i++)
		if (verdicts[i].prediction != NULL)
			add_prediction(batch, NULL, verdicts[i].prediction);
	qsort(batch->answer.items, batch->answer.items_count,
	    sizeof(struct prediction), compare_risks);
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
		    ? answer_items(batch, err)
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
