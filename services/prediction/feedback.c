/*
 * feedback.c - POST /api/v1/feedback: staff tell how an enrollment ended.
 *
 * What is told becomes a label of the next training (ending.h).  A later word
 * about the same enrollment takes the place of an earlier one; all are kept.
 */
#include "base/clock.h"
#include "base/uuid.h"
#include "db/row.h"
#include "services/prediction/prediction.h"
#include "services/prediction/queries.h"

static bool
check(const struct feedback_question *question, const struct rules *rules,
    struct err *err)
{
	if (!uuid_is_valid(question->prediction_id))
		return err_at(err, "prediction_id",
		    "it is not the id of a prediction");
	if (question->has_date && question->date > rules->today)
		return err_at(err, "date", "it lies ahead of today");
	return true;
}

/* Nobody ends before beginning. */
static bool
check_beginning(struct worker *w, struct call *call,
    const struct feedback_question *question, struct err *err)
{
	struct db_result rows = { 0 };
	char began[DAY_TEXT_SIZE];
	int32_t first = INT32_MIN;

	if (!question->has_date)
		return true;
	if (!db_query(w->db, &query_prediction_began,
		DB_ARGS(db_text(call->head->tenant),
		    db_text(question->prediction_id),
		    visible_schools(call->head), visible_sections(call->head)),
		&rows, err))
		return false;
	if (rows.row_count > 0)
		first = db_get_day(&rows, 0, 0);
	db_result_close(&rows);
	if (question->date >= first)
		return true;
	day_print(first, began);
	return err_at(err, "date", "the enrollment began on %s", began);
}

bool
give_feedback(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct feedback_question question;
	struct feedback_kept kept;
	struct rules rules;

	if (!call_read(call, &question, err) ||
	    !rules_load(w, tenant, &w->arena, &rules, err) ||
	    !check(&question, &rules, err) ||
	    !check_beginning(w, call, &question, err))
		return false;
	if (db_read_one(w->db, &query_add_feedback,
		DB_ARGS(db_text(tenant), db_text(question.prediction_id),
		    db_text(told_outcome_choice.names[question.outcome]),
		    db_day(question.has_date ? question.date : rules.today),
		    db_day(rules.today), db_text(question.note),
		    db_text(call->head->principal), visible_schools(call->head),
		    visible_sections(call->head)),
		&feedback_kept_message, call->arena, &kept, err))
		return reply(call, 201, &feedback_kept_message, &kept);
	if (err->code != ERR_NOT_FOUND)
		return false;
	return err_set(err, ERR_NOT_FOUND, "there is no prediction %s",
	    question.prediction_id);
}
