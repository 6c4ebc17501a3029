/*
 * risk.c - GET /api/v1/risk: the students most at risk, with their three
 * strongest reasons and the next step.
 *
 * What is out of date in the ranking is scored first, so the list is that of
 * now; then a page of it is read, and those shown become full predictions.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "services/prediction/ranking.h"
#include "services/prediction/store.h"
#include "services/prediction/verdicts.h"

enum { PAGE_USUAL = 50, REASONS_SHOWN = 3, MARK_SHOWN = 12 };

/* Time left for reading and explaining the page when the ranking is fresh. */
#define PAGE_US (15 * SECOND_US)

/* Which ranking it is: another champion or other shares make another one. */
static void
mark_of(const struct basis *basis, char mark[DIGEST_TEXT_SIZE])
{
	struct digest_state *state = digest_start();
	unsigned char hash[DIGEST_SIZE];

	digest_add(state, slice_of(basis->servings[0].version));
	if (basis->arms != NULL) {
		digest_add(state, slice_of(basis->arms->experiment));
		digest_add(state,
		    (struct slice){ (const char *)basis->arms->arms.owner,
			ARM_PARTS });
	}
	digest_end(state, hash);
	digest_text(hash, mark);
	mark[MARK_SHOWN] = '\0';
}

/* `DAY.MARK.PARTS.ENROLLMENT`: behind which place of which ranking. */
static const char *
print_cursor(struct worker *w, const struct ranking *ranking,
    const struct rank *last)
{
	char mark[DIGEST_TEXT_SIZE];

	mark_of(ranking->basis, mark);
	return arena_printf(&w->arena, "%d.%s.%d.%lld", (int)ranking->day, mark,
	    last->parts, (long long)last->enrollment_id);
}

static bool
read_cursor(const char *text, const struct ranking *ranking, struct rank *after,
    struct err *err)
{
	char said[MARK_SHOWN + 1], mark[DIGEST_TEXT_SIZE];
	long long enrollment_id;
	int day, end = 0;

	*after = (struct rank){ .parts = RANK_FIRST };
	if (text == NULL)
		return true;
	if (sscanf(text, "%9d.%12[0-9a-f].%9d.%17lld%n", &day, said,
		&after->parts, &enrollment_id, &end) != 4 ||
	    text[end] != '\0')
		return err_at(err, "cursor",
		    "is none of this list; take `next` of the page before");
	mark_of(ranking->basis, mark);
	if (day != ranking->day || strcmp(said, mark) != 0)
		return err_at(err, "cursor",
		    "is of another day's or model's list; ask for the first "
		    "page again");
	after->enrollment_id = enrollment_id;
	return true;
}

/* The subjects in the order of the ranks; one that has gone is left out. */
static void
put_in_order(const struct rank *ranks, size_t count, struct subjects *subjects)
{
	struct subject *rows =
	    arena_array(subjects->arena, count, sizeof(struct subject));
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < subjects->count; k++)
			if (subjects->rows[k].enrollment_id ==
			    ranks[i].enrollment_id)
				rows[found++] = subjects->rows[k];
	subjects->rows = rows;
	subjects->count = found;
}

static bool
explain_ranks(struct worker *w, const struct ranking *ranking,
    const struct rank *ranks, size_t count, struct risk_list *list,
    struct err *err)
{
	const struct basis *basis = ranking->basis;
	struct wish wish = { .has_reasons = true,
		.reasons_most = REASONS_SHOWN };
	struct subjects subjects = { .arena = &w->arena };
	int64_t *ids = arena_array(&w->arena, count, sizeof(*ids));
	struct verdict *verdicts;

	for (size_t i = 0; i < count; i++)
		ids[i] = ranks[i].enrollment_id;
	if (!subjects_by_id(w, basis->tenant, basis->rules, ids, count,
		&subjects, err))
		return false;
	put_in_order(ranks, count, &subjects);
	verdicts =
	    arena_array(&w->arena, subjects.count, sizeof(struct verdict));
	if (!verdicts_give(w, basis, ranking->day, DEPTH_FULL, &subjects,
		verdicts, err))
		return false;
	list->items =
	    arena_array(&w->arena, subjects.count, sizeof(struct prediction));
	for (size_t i = 0; i < subjects.count; i++) {
		if (verdicts[i].prediction == NULL)
			continue;
		answer_trim(&wish, verdicts[i].prediction);
		list->items[list->items_count++] = *verdicts[i].prediction;
	}
	return true;
}

static size_t
page_size(const struct risk_question *question)
{
	if (question->has_top)
		return (size_t)question->top;
	return question->has_limit ? (size_t)question->limit : PAGE_USUAL;
}

static bool
read_page(struct worker *w, struct call *call, const struct ranking *ranking,
    const struct risk_question *question, struct risk_list *list,
    struct err *err)
{
	struct rank_question ranks = {
		.level = question->has_category ? (int)question->category : -1,
		.who = call->head,
		.limit = page_size(question) + 1,
	};
	struct rank *rows;
	size_t count;

	if (!read_cursor(question->cursor, ranking, &ranks.after, err) ||
	    !ranking_refresh(w, ranking, call->deadline - PAGE_US, err) ||
	    !ranking_count(w, ranking, ranks.who, &list->active, &list->scored,
		err) ||
	    !ranking_read(w, ranking, &ranks, &rows, &count, err))
		return false;
	if (count == ranks.limit) {
		count--;
		/* `top` is the whole of what was asked for. */
		if (!question->has_top)
			list->next = print_cursor(w, ranking, &rows[count - 1]);
	}
	return explain_ranks(w, ranking, rows, count, list, err);
}

static bool
answer_list(struct worker *w, struct call *call, const struct basis *basis,
    const struct risk_question *question, struct err *err)
{
	struct ranking ranking = { .basis = basis,
		.course_id = question->course_id,
		.term = question->term };
	struct risk_list list = { .model_version = basis->servings[0].version };

	if (!basis_day(basis, question->has_reference_date,
		question->reference_date, &ranking.day, err) ||
	    !read_page(w, call, &ranking, question, &list, err))
		return false;
	list.reference_date = ranking.day;
	return reply(call, 200, &risk_list_message, &list);
}

bool
list_risk(struct worker *w, struct call *call, struct err *err)
{
	struct risk_question question;
	struct basis basis;
	bool is_good;

	if (!call_read(call, &question, err))
		return false;
	is_good = basis_load(w, call->head->tenant, &basis, err) &&
	    answer_list(w, call, &basis, &question, err);
	basis_close(&basis);
	return is_good;
}
