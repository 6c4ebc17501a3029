/*
 * predict.c - POST /api/v1/predict and GET /api/v1/predictions/{id}.
 *
 * Asked twice with nothing new in between, the answer is the same prediction.
 */
#include "services/prediction/choose.h"
#include "services/prediction/store.h"
#include "services/prediction/verdicts.h"

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
    const struct predict_question *question, const struct subjects *all,
    struct err *err)
{
	struct wish wish = wish_of(question);
	const struct subject *chosen;
	struct subjects subject = { &w->arena, NULL, 1 };
	struct verdict verdict;
	int32_t day;

	if (!basis_day(basis, question->has_reference_date,
		question->reference_date, &day, err) ||
	    !choose_enrollment(all->rows, all->count, day, &chosen, err))
		return false;
	subject.rows = all->rows + (chosen - all->rows);
	if (!verdicts_give(w, basis, day, DEPTH_FULL, &subject, &verdict, err))
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
	struct student_filter filter = { &question.student_id, 1, NULL,
		call->head };
	struct subjects all = { .arena = &w->arena };
	struct basis basis;
	bool is_good;

	if (!call_read(call, &question, err))
		return false;
	filter.course_id = question.course_id;
	is_good = basis_load_with(w, call->head->tenant, &filter, &basis, &all,
		      err) &&
	    answer_question(w, call, &basis, &question, &all, err);
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
