/*
 * scorings.c - GET /api/v1/risk/scorings: which version scored a student on a
 * day.
 *
 * There is always an answer: the scores themselves, as far as any were made,
 * and the versions that served on the day, one of which made them.
 */
#include "db/row.h"
#include "services/prediction/prediction.h"
#include "services/prediction/queries.h"

bool
list_scorings(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct scoring_question question;
	struct scoring_list list = { 0 };
	void *items, *serving;

	if (!call_read(call, &question, err) ||
	    !db_read_many(w->db, &query_scorings_of_day,
		DB_ARGS(db_text(tenant), db_text(question.student_id),
		    db_day(question.date), db_text(question.course_id),
		    visible_schools(call->head), visible_sections(call->head)),
		&scoring_message, &w->arena, &items, &list.items_count, err) ||
	    !db_read_many(w->db, &query_served_on,
		DB_ARGS(db_text(tenant), db_day(question.date)),
		&serving_message, &w->arena, &serving, &list.serving_count,
		err))
		return false;
	list.items = items;
	list.serving = serving;
	return reply(call, 200, &scoring_list_message, &list);
}
