/*
 * batch_items.c - the students that a batch names: whose enrollment each item
 * means, one verdict for each enrollment and day, and the faults.
 */
#include <stdlib.h>
#include <string.h>

#include "services/prediction/batch.h"
#include "services/prediction/choose.h"

enum { TOGETHER = 500 }; /* students whose enrollments are read together */

/* One item on its way. */
struct item {
	size_t index;
	const struct predict_question *question; /* borrowed */
	int32_t day;
	const struct subject *subject; /* NULL: there is a fault */
	struct verdict verdict;
};

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
word_items(struct batch *batch)
{
	struct predict_batch_answer *answer = &batch->answer;
	const struct predict_batch_question *question = batch->question;

	batch_room(batch, batch->count);
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];

		answer->active += item->subject != NULL;
		if (item->verdict.prediction == NULL)
			add_fault(batch, item);
		else
			batch_add(batch, item->question,
			    item->verdict.prediction);
	}
	answer->scored = (int64_t)answer->items_count;
	batch_sort(batch);
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

bool
batch_answer_items(struct batch *batch, struct err *err)
{
	prepare_items(batch);
	for (size_t i = 0; i < batch->count; i += TOGETHER) {
		size_t rest = batch->count - i;

		if (!read_items(batch, i, rest < TOGETHER ? rest : TOGETHER,
			err))
			return false;
	}
	qsort(batch->items, batch->count, sizeof(struct item), compare_days);
	for (size_t i = 0; i < batch->count && batch->items[i].subject != NULL;)
		if (!judge_day(batch, i, &i, err))
			return false;
	word_items(batch);
	return true;
}
