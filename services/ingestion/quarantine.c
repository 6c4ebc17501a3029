/* quarantine.c - GET quarantine, POST quarantine/{id}/retry. */
#include "db/row.h"
#include "service/lists.h"
#include "services/ingestion/ingestion.h"
#include "services/ingestion/intake.h"
#include "services/ingestion/queries.h"

bool
list_quarantine(struct worker *w, struct call *call, struct err *err)
{
	struct quarantine_question question = { 0 };
	struct quarantine_list list = { 0 };
	int64_t limit;
	void *items;

	if (!call_read(call, &question, err))
		return false;
	limit = question.has_limit ? question.limit : LIST_USUAL;
	if (!db_read_many(w->db, &query_list_quarantine,
		DB_ARGS(db_text(call->head->tenant), db_integer(question.state),
		    db_text(question.import_id), db_text(question.cursor),
		    db_integer(limit + 1)),
		&quarantine_item_message, call->arena, &items,
		&list.items_count, err))
		return false;
	list.items = items;
	if (list_cut(&list.items_count, limit))
		list.next = list.items[limit - 1].id;
	return reply(call, 200, &quarantine_list_message, &list);
}

/* Is it there, and still waiting?  Gives the source that it came from. */
static bool
find_open(struct worker *w, struct call *call, const char **source,
    struct err *err)
{
	struct db_result result = { 0 };
	bool is_open;

	if (!db_query(w->db, &query_find_quarantine,
		DB_ARGS(db_text(call->head->tenant),
		    db_text(call_path(call, "id"))),
		&result, err))
		return false;
	is_open = db_get_integer(&result, 0, 0) == QUARANTINE_OPEN;
	*source = db_get_text(&result, 0, 1, call->arena);
	db_result_close(&result);
	return is_open || err_set(err, ERR_CONFLICT, "it was corrected before");
}

bool
retry_quarantine(struct worker *w, struct call *call, struct err *err)
{
	struct intake in = { .db = w->db,
		.cache = w->scratch,
		.arena = call->arena,
		.tenant = call->head->tenant };
	struct batch_answer answer = { .received = 1 };
	struct record record = { 0 };
	size_t resolved;

	if (!call_read(call, &record, err) ||
	    !find_open(w, call, &in.source, err) ||
	    !intake_begin(&in, may_tell_history(call->head), err))
		return false;
	intake_add(&in, &record, call->body, 0);
	if (!intake_settle(&in, err))
		return false;
	if (in.refused > 0)
		return err_at(err,
		    in.items[0].field != NULL ? in.items[0].field : "", "%s",
		    in.items[0].fault);
	if (!intake_store(&in, err) ||
	    !db_exec(w->db, &query_resolve_quarantine,
		DB_ARGS(db_text(in.tenant), db_text(call_path(call, "id")),
		    db_text(call->head->principal)),
		&resolved, err))
		return false;
	if (resolved == 0)
		return err_set(err, ERR_CONFLICT, "it was corrected before");
	answer.stored = in.appended.stored;
	answer.duplicates = (int64_t)in.duplicates;
	answer.superseded = in.appended.superseded;
	w->said = true;
	return reply(call, 200, &batch_answer_message, &answer);
}
