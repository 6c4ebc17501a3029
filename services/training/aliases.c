/*
 * aliases.c - champion, challenger, shadow: where they point, and moving one.
 *
 * The entity tag of an alias is the version it points to, "none" where it
 * points nowhere.  A move names the tag it starts from (If-Match), so nobody
 * undoes what they have not seen.  A champion needs the gate's leave to follow
 * the one that serves, or a person's word.  Row, audit line and event are one
 * transaction.
 */
#include <string.h>

#include "db/row.h"
#include "services/training/queries.h"
#include "services/training/tracking.h"
#include "services/training/training.h"

static const char *const known[] = { "champion", "challenger", "shadow" };

bool
alias_find(struct worker *w, const char *tenant, const char *name,
    struct alias *alias, struct err *err)
{
	void *rows;
	size_t count;

	if (!db_read_many(w->db, &query_alias_page,
		DB_ARGS(db_text(tenant), db_text(name)), &alias_message,
		&w->arena, &rows, &count, err) ||
	    count == 0)
		return false;
	*alias = *(struct alias *)rows;
	return true;
}

/* NULL: none. */
static bool
is_same(const char *version, const char *other)
{
	return version == NULL || other == NULL ? version == other
						: strcmp(version, other) == 0;
}

static bool
check_expected(const struct alias_move *move, const struct alias *now,
    struct err *err)
{
	const char *version = now != NULL ? now->version : NULL;

	return is_same(version, move->expected) ||
	    err_set(err, ERR_PRECONDITION, "%s points to %s now", move->alias,
		version != NULL ? version : "nothing");
}

bool
judged_find(struct worker *w, const char *tenant, const char *version,
    struct judged *judged, struct err *err)
{
	struct db_result result = { 0 };
	bool is_found;

	if (!db_query(w->db, &query_judgement_newest,
		DB_ARGS(db_text(tenant), db_text(version)), &result, err))
		return false;
	is_found = result.row_count > 0;
	if (is_found)
		*judged = (struct judged){
			db_get_text(&result, 0, 0, &w->arena),
			db_get_text(&result, 0, 1, &w->arena),
			db_get_text(&result, 0, 2, &w->arena),
			db_is_null(&result, 0, 3)
			    ? NULL
			    : db_get_text(&result, 0, 3, &w->arena),
		};
	db_result_close(&result);
	return is_found;
}

static bool
is_outcome(const struct judged *judged, enum gate_outcome outcome)
{
	return strcmp(judged->outcome, gate_outcome_choice.names[outcome]) == 0;
}

static const char *
short_name(struct worker *w, const char *version)
{
	return version == NULL ? "no champion"
			       : arena_printf(&w->arena, "%.12s", version);
}

/* Why the gate gives no leave to follow the champion `now`; NULL: it does. */
static const char *
objection(struct worker *w, const struct judged *judged, const char *now)
{
	if (is_outcome(judged, GATE_REFUSED))
		return "the gate refused this model";
	if (is_outcome(judged, GATE_PASSED_OVER))
		return "the gate passed over this model for another of its "
		       "training";
	if (is_same(judged->against, now))
		return NULL;
	return arena_printf(&w->arena,
	    "the gate allowed this model against %s, not against %s; train "
	    "again to have it judged",
	    short_name(w, judged->against), short_name(w, now));
}

/* A person may do what the gate did not allow, but not without knowing. */
static bool
check_gate(struct worker *w, const char *tenant, const struct alias_move *move,
    struct err *err)
{
	struct judged judged = { .verdict = "no job has tested it" };
	const char *why = "this model was never judged by the gate";

	if (strcmp(move->alias, "champion") != 0 || move->is_rollback ||
	    move->despite_gate)
		return true;
	if (judged_find(w, tenant, move->version, &judged, err))
		why = objection(w, &judged, move->expected);
	else if (err->code != ERR_NONE)
		return false;
	return why == NULL ||
	    err_set(err, ERR_CONFLICT,
		"%s; to make it champion all the same say despite_gate: true, "
		"or --despite-gate to the client (%s)",
		why, judged.verdict);
}

static bool
write_move(struct worker *w, const char *tenant, const struct alias_move *move,
    const struct alias *from, struct err *err)
{
	struct model_promoted event = { move->alias, move->version };
	struct judged judged = { 0 };

	if (!judged_find(w, tenant, move->version, &judged, err) &&
	    err->code != ERR_NONE)
		return false;
	return db_exec(w->db, &query_alias_set,
		   DB_ARGS(db_text(tenant), db_text(move->alias),
		       db_text(move->version), db_text(move->who),
		       db_text(move->why)),
		   NULL, err) &&
	    db_exec(w->db, &query_alias_audit_add,
		DB_ARGS(db_text(tenant), db_text(move->alias),
		    db_text(from != NULL ? from->version : NULL),
		    db_text(move->version), db_text(move->who),
		    db_text(move->why), db_text(judged.evidence),
		    db_flag(move->is_rollback)),
		NULL, err) &&
	    say(w, "model.promoted", tenant, move->alias,
		&model_promoted_message, &event, err) &&
	    tracking_want(w, tenant, TRACKED_ALIAS, move->alias, err);
}

bool
alias_lock(struct worker *w, const char *tenant, const char *name,
    struct err *err)
{
	struct db_result locked = { 0 };

	if (!db_query(w->db, &query_alias_lock,
		DB_ARGS(db_text(tenant), db_text(name)), &locked, err))
		return false;
	db_result_close(&locked);
	return true;
}

/* Else the audit would give a reason for what was not done. */
static bool
check_new(const struct alias_move *move, struct err *err)
{
	return !is_same(move->version, move->expected) ||
	    err_set(err, ERR_CONFLICT, "%s points to %.12s already",
		move->alias, move->version);
}

bool
alias_move(struct worker *w, const char *tenant, const struct alias_move *move,
    struct err *err)
{
	struct alias alias;
	const struct alias *now = NULL;

	if (!alias_lock(w, tenant, move->alias, err))
		return false;
	if (alias_find(w, tenant, move->alias, &alias, err))
		now = &alias;
	return err->code == ERR_NONE && check_expected(move, now, err) &&
	    check_new(move, err) && check_gate(w, tenant, move, err) &&
	    write_move(w, tenant, move, now, err);
}

bool
alias_check(const char *name, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return err_set(err, ERR_NOT_FOUND,
	    "there is no alias %.40s: it is champion, challenger or shadow",
	    name);
}

static bool
reply_alias(struct call *call, const struct alias *alias)
{
	call_tag(call, alias->version);
	return reply(call, 200, &alias_message, alias);
}

bool
get_alias(struct worker *w, struct call *call, struct err *err)
{
	const char *name = call_path(call, "alias");
	struct alias alias;

	if (!alias_check(name, err))
		return false;
	if (alias_find(w, call->head->tenant, name, &alias, err))
		return reply_alias(call, &alias);
	if (err->code == ERR_NONE)
		err_set(err, ERR_NOT_FOUND,
		    "%s points nowhere yet; to move it send If-Match: "
		    "\"none\"",
		    name);
	return false;
}

bool
get_aliases(struct worker *w, struct call *call, struct err *err)
{
	struct alias_list list = { 0 };
	void *rows;

	if (!db_read_many(w->db, &query_alias_page,
		DB_ARGS(db_text(call->head->tenant), db_null()), &alias_message,
		&w->arena, &rows, &list.items_count, err))
		return false;
	list.items = rows;
	return reply(call, 200, &alias_list_message, &list);
}

bool
alias_expected(const struct call *call, const char **expected, struct err *err)
{
	if (!call_if_match(call,
		"moving an alias (\"none\" where it points nowhere)", expected,
		err))
		return false;
	if (strcmp(*expected, "none") == 0)
		*expected = NULL;
	return true;
}

static bool
read_version(struct worker *w, const char *tenant, const char *name,
    const char **version, struct err *err)
{
	if (model_version_of(w, tenant, name, version, err))
		return true;
	if (err->code != ERR_NOT_FOUND)
		return false;
	err_clear(err);
	return err_at(err, "version",
	    "there is no such model: name an alias, a version, or at least its "
	    "first 8 digits");
}

bool
alias_move_and_reply(struct worker *w, struct call *call,
    const struct alias_move *move, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct alias alias;

	return alias_move(w, tenant, move, err) &&
	    alias_find(w, tenant, move->alias, &alias, err) &&
	    reply_alias(call, &alias);
}

bool
move_alias(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct alias_move move = { .alias = call_path(call, "alias"),
		.who = call->head->principal };
	struct alias_change change;

	if (!alias_check(move.alias, err) || !call_read(call, &change, err) ||
	    !alias_expected(call, &move.expected, err) ||
	    !read_version(w, tenant, change.version, &move.version, err))
		return false;
	move.why = change.why;
	move.despite_gate = change.has_despite_gate && change.despite_gate;
	return alias_move_and_reply(w, call, &move, err);
}
