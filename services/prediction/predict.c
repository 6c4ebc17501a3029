/*
 * predict.c - POST /api/v1/predict and GET /api/v1/predictions/{id}.
 *
 * Asked twice with nothing new in between, the answer is the same prediction.
 */
#include "services/prediction/choose.h"
#include "services/prediction/store.h"
#include "services/prediction/verdicts.h"

static bool
find_subject(struct worker *w, struct call *call, const struct basis *basis,
    const struct predict_question *question, int32_t day,
    struct subjects *subject, struct err *err)
{
	struct student_filter filter = { &question->student_id, 1,
		question->course_id, call->head };
	struct subjects all = { .arena = &w->arena };
	const struct subject *chosen;

	if (!subjects_of_students(w, basis->tenant, basis->rules, &filter, &all,
		err) ||
	    !choose_enrollment(all.rows, all.count, day, &chosen, err))
		return false;
	*subject =
	    (struct subjects){ &w->arena, all.rows + (chosen - all.rows), 1 };
	return true;
}

static struct wish
wish_of(const struct predict_question *question)
{
	return (struct wish){
		.has_features = question->has_include_features &&
		    question->include_features,
		.has_reasons = !question->has_include_explanations ||
		    question->include_explanations,
	};
}

static bool
answer_question(struct worker *w, struct call *call, const struct basis *basis,
    const struct predict_question *question, struct err *err)
{
	struct wish wish = wish_of(question);
	struct subjects subject;
	struct verdict verdict;
	int32_t day;

	if (!basis_day(basis, question->has_reference_date,
		question->reference_date, &day, err) ||
	    !find_subject(w, call, basis, question, day, &subject, err) ||
	    !verdicts_give(w, basis, day, DEPTH_FULL, &subject, &verdict, err))
		return false;
	if (verdict.prediction == NULL)
		return err_set(err, verdict.code, "%s", verdict.why);
	answer_trim(&wish, verdict.prediction);
	return reply(call, 200, &prediction_message, verdict.prediction);
}

bool
predict(struct worker *w, struct call *call, struct err *err)
{
	struct predict_question question;
	struct basis basis;
	bool is_good;

	if (!call_read(call, &question, err))
		return false;
	is_good = basis_load(w, call->head->tenant, &basis, err) &&
	    answer_question(w, call, &basis, &question, err);
	basis_close(&basis);
	return is_good;
}

bool
get_prediction(struct worker *w, struct call *call, struct err *err)
{
	struct prediction prediction;

	if (!store_read(w, call->head->tenant, call_path(call, "prediction_id"),
		call->head, &prediction, err))
		return false;
	return reply(call, 200, &prediction_message, &prediction);
}
