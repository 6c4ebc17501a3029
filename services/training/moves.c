/*
 * moves.c - the audit of an alias, and undoing its last move.
 *
 * A roll-back undoes the newest move that none has undone yet, and the next one
 * the move before that; what a roll-back took out of force, none brings back.
 * After A, B, C it gives B, once more A, and then there is nothing before;
 * after A, B, a roll-back, C, it gives A, not B.
 */
#include <string.h>

#include "db/row.h"
#include "services/training/queries.h"
#include "services/training/training.h"

enum { PAGE = 50 };

/* A cursor is the number of a move. */
static bool
read_cursor(const char *text, int64_t *move_id, struct err *err)
{
	int64_t number = 0;

	for (const char *at = text; *at != '\0'; at++) {
		if (*at < '0' || *at > '9' || number > INT64_MAX / 100)
			return err_at(err, "cursor",
			    "it is not one that a page of this list gave");
		number = 10 * number + (*at - '0');
	}
	*move_id = number;
	return true;
}

bool
list_moves(struct worker *w, struct call *call, struct err *err)
{
	const char *alias = call_path(call, "alias");
	struct job_question question;
	struct alias_moved_list list = { 0 };
	int64_t limit, before = 0;
	void *rows;

	if (!alias_check(alias, err) || !call_read(call, &question, err) ||
	    (question.cursor != NULL &&
		!read_cursor(question.cursor, &before, err)))
		return false;
	limit = question.has_limit ? question.limit : PAGE;
	if (!db_read_many(w->db, &query_alias_moves,
		DB_ARGS(db_text(call->head->tenant), db_text(alias),
		    before > 0 ? db_integer(before) : db_null(),
		    db_integer(limit)),
		&alias_moved_message, &w->arena, &rows, &list.items_count, err))
		return false;
	list.items = rows;
	if (list.items_count == (size_t)limit)
		list.next = arena_printf(&w->arena, "%lld",
		    (long long)list.items[limit - 1].move_id);
	return reply(call, 200, &alias_moved_list_message, &list);
}

/* Who became champion by moves that none has undone: the last one serves. */
struct reign {
	const char **versions;
	size_t count;
};

/* A roll-back of the audit that did not go one back was a move like others. */
static bool
is_undoing(const struct reign *reign, bool is_rollback, const char *to)
{
	return is_rollback && reign->count > 1 &&
	    strcmp(reign->versions[reign->count - 2], to) == 0;
}

static void
follow(struct worker *w, const struct db_result *story, struct reign *reign)
{
	reign->versions = arena_array(&w->arena, story->row_count + 1,
	    sizeof(*reign->versions));
	for (size_t i = 0; i < story->row_count; i++) {
		const char *to = db_get_text(story, i, 1, &w->arena);

		if (db_is_null(story, i, 0)) /* it pointed nowhere */
			reign->count = 0;
		if (is_undoing(reign, db_get_flag(story, i, 2), to))
			reign->count--;
		else
			reign->versions[reign->count++] = to;
	}
}

/* Where a roll-back of the champion leads; NULL: nowhere. */
static bool
find_before(struct worker *w, const char *tenant, const char **before,
    struct err *err)
{
	struct db_result story = { 0 };
	struct reign reign = { 0 };

	*before = NULL;
	if (!db_query(w->db, &query_alias_story,
		DB_ARGS(db_text(tenant), db_text("champion")), &story, err))
		return false;
	follow(w, &story, &reign);
	db_result_close(&story);
	if (reign.count > 1)
		*before = reign.versions[reign.count - 2];
	return true;
}

bool
roll_back(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct alias_move move = { .alias = "champion",
		.who = call->head->principal,
		.is_rollback = true };
	struct roll_back question;

	if (!call_read(call, &question, err) ||
	    !alias_expected(call, &move.expected, err))
		return false;
	move.why = question.why;
	if (!alias_lock(w, tenant, move.alias, err) ||
	    (move.expected != NULL &&
		!find_before(w, tenant, &move.version, err)))
		return false;
	if (move.version == NULL)
		return err_set(err, ERR_CONFLICT,
		    "there is no champion before this one to go back to");
	return alias_move_and_reply(w, call, &move, err);
}
