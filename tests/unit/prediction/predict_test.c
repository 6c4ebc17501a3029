/*
 * predict_test.c - questions to prediction's handlers, over a real database:
 * registers and records of a small school, scored by the sample network.
 */
#include <math.h>
#include <stdio.h>

#include "tests/unit/prediction/school.h"

static void
a_prediction_has_every_part(void **state)
{
	struct rig rig;
	struct prediction p;
	struct slice text;

	(void)state;
	open_school(&rig);
	ask_for(&rig, "{\"student_id\": \"s5\", \"include_features\": true}",
	    &p);
	assert_string_equal(p.student_id, "s5");
	assert_string_equal(p.course_id, "math");
	assert_true(p.risk_score > 0 && p.risk_score < 1);
	assert_true(p.confidence->low <= p.risk_score);
	assert_true(p.confidence->high >= p.risk_score);
	assert_int_equal(strlen(p.model_version), 64);
	assert_string_equal(p.arm, "champion");
	assert_int_equal(p.reference_date, TODAY);
	assert_true(p.as_of > 0);
	assert_int_equal(p.features_count, FEATURE_ROWS);
	assert_non_null(p.groups);
	assert_int_equal(p.trend_count, 8);
	assert_int_equal(p.trend[7].date, TODAY);
	assert_int_equal(p.trend[0].date, TODAY - 49);
	assert_true(p.trend[7].risk_score == p.risk_score);
	assert_true(p.next_review_date > TODAY);
	assert_int_equal(p.feature_version, FEATURE_VERSION);
	/* Four decimals at most: "0.1234". */
	text = slice_of(strstr(rig.answer.data, "\"risk_score\":") + 13);
	assert_true(strcspn(text.data, ",") <= 6);
	rig_close(&rig);
}

static void
reasons_add_up_to_the_distance_from_the_typical_student(void **state)
{
	struct model *model = sample_network_model(3);
	struct rig rig;
	struct prediction p;
	double sum = 0, logit;

	(void)state;
	open_school(&rig);
	ask_for(&rig, "{\"student_id\": \"s9\"}", &p);
	for (size_t i = 0; i < p.explanations_count; i++) {
		sum += p.explanations[i].weight;
		if (i > 0)
			assert_true(fabs(p.explanations[i].weight) <=
			    fabs(p.explanations[i - 1].weight));
		assert_string_equal(p.explanations[i].direction,
		    p.explanations[i].weight > 0 ? "raises" : "lowers");
	}
	/* The typical student's logit on the same day, by the
	 * forward pass alone. */
	{
		const struct network_standard *standard = &model->standard;
		float context[NETWORK_CONTEXT];
		struct network_row row = { model->baseline.steps, context, 15 };
		struct model_scratch *scratch = model_scratch_new(model, false);
		float typical;

		memcpy(context, model->baseline.context, sizeof(context));
		context[CONTEXT_WEEKS_ELAPSED] =
		    (101 / 7.f - standard->mean[NETWORK_INPUTS]) /
		    standard->deviation[NETWORK_INPUTS];
		model_logits(model, scratch,
		    &(struct network_batch){ &row, 1, true },
		    &(struct network_output){ .logits = &typical });
		logit = model->calibration.slope * (double)typical +
		    model->calibration.intercept;
		model_scratch_free(scratch);
	}
	/* Within 1 %, and what rounding the score to 4 decimals moves. */
	assert_near(sum, log(p.risk_score / (1 - p.risk_score)) - logit,
	    fabs(sum) * .01 + 5e-5 / (p.risk_score * (1 - p.risk_score)));
	assert_non_null(p.next_step);
	model_unref(model);
	rig_close(&rig);
}

/* Of trees as of the network; what they compare with is the same typical
 * student, as it would have been recorded. */
static void
trees_answer_with_reasons_that_add_up(void **state)
{
	struct model *model = sample_trees_model(3);
	const struct network_standard *standard = &model->standard;
	float typical[MODEL_INPUTS];
	struct rig rig;
	struct prediction p;
	double sum = 0, logit;

	(void)state;
	open_school(&rig);
	rig_model(&rig, "north", sample_trees_model(3));
	ask_for(&rig, "{\"student_id\": \"s9\"}", &p);
	assert_true(p.explanations_count > 0);
	for (size_t i = 0; i < p.explanations_count; i++)
		sum += p.explanations[i].weight;
	for (int i = 0; i < MODEL_INPUTS; i++)
		typical[i] = standard->mean[i] +
		    standard->deviation[i] *
			(i < NETWORK_INPUTS
				? model->baseline.steps[14 * NETWORK_INPUTS + i]
				: model->baseline.context[i - NETWORK_INPUTS]);
	typical[NETWORK_INPUTS + CONTEXT_WEEKS_ELAPSED] = 101 / 7.f;
	logit = model->calibration.slope *
		(double)trees_logit(model->trees, typical, NULL) +
	    model->calibration.intercept;
	assert_near(sum, log(p.risk_score / (1 - p.risk_score)) - logit,
	    1e-4 + 5e-5 / (p.risk_score * (1 - p.risk_score)));
	assert_true(p.confidence->low <= p.risk_score);
	assert_true(p.confidence->high >= p.risk_score);
	assert_non_null(p.groups);
	model_unref(model);
	rig_close(&rig);
}

static void
the_same_question_is_the_same_prediction(void **state)
{
	struct rig rig;
	struct prediction first, second, third;
	char id[64], again[64];

	(void)state;
	open_school(&rig);
	ask_for(&rig, "{\"student_id\": \"s5\"}", &first);
	snprintf(id, sizeof(id), "%s", first.prediction_id);
	ask_for(&rig,
	    "{\"student_id\": \"s5\", \"include_explanations\":"
	    " false}",
	    &second);
	assert_string_equal(second.prediction_id, id);
	/* What was not asked for is not there at all. */
	assert_null(strstr(rig.answer.data, "explanations"));
	assert_null(strstr(rig.answer.data, "groups"));
	assert_null(strstr(rig.answer.data, "features"));
	if (!rig_call(&rig, route_of("get_prediction"), "north", id, NULL))
		fail_msg("%s", rig.err.detail);
	rig_read(&rig, &prediction_message, &second);
	assert_string_equal(second.prediction_id, id);
	assert_true(second.explanations_count > 0);
	/* A record more: another prediction. */
	snprintf(again, sizeof(again), "%s", id);
	rig_record(&rig, "north", RECORD_ATTENDANCE, 5, TODAY - 1)
	    ->has_value_code = true;
	rig_apply(&rig);
	ask_for(&rig, "{\"student_id\": \"s5\"}", &third);
	assert_string_not_equal(third.prediction_id, again);
	rig_close(&rig);
}

/* The id of today's prediction of s5. */
static void
id_of_today(struct rig *rig, char id[64])
{
	struct prediction p;

	ask_for(rig, "{\"student_id\": \"s5\"}", &p);
	snprintf(id, 64, "%s", p.prediction_id);
}

/* Writers do not commit in the order of the log: what is read later may stand
 * before what was read already. */
static void
news_from_further_up_the_log_are_news(void **state)
{
	struct rig rig;
	struct risk_list list;
	struct prediction p;
	char before[64], now[64];
	bool is_listed = false;

	(void)state;
	open_school(&rig);
	rig.position += 1000;
	add_records(&rig, 5, TODAY - 3);
	rig_enrollment(&rig, "north", 5, "s5", "math");
	rig_apply(&rig);
	id_of_today(&rig, before);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "top=500", NULL));
	rig.position -= 500;
	add_records(&rig, 5, TODAY - 20);
	rig_apply(&rig);
	id_of_today(&rig, now);
	assert_string_not_equal(now, before);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "top=500", NULL));
	rig_read(&rig, &risk_list_message, &list);
	for (size_t i = 0; i < list.items_count; i++)
		is_listed =
		    is_listed || strcmp(list.items[i].prediction_id, now) == 0;
	assert_true(is_listed);
	/* The course's end moves the next review. */
	rig_course(&rig, "north", "math", MONDAY, TODAY + 1);
	rig_apply(&rig);
	ask_for(&rig, "{\"student_id\": \"s5\"}", &p);
	assert_string_not_equal(p.prediction_id, now);
	assert_int_equal(p.next_review_date, TODAY + 1);
	rig_close(&rig);
}

static void
refused(struct rig *rig, const char *body, enum err_code code,
    const char *words)
{
	assert_false(rig_call(rig, route_of("predict"), "north", body, NULL));
	assert_int_equal(rig->err.code, code);
	if (strstr(rig->err.detail, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, rig->err.detail);
}

static void
who_has_no_score_is_told_why(void **state)
{
	struct rig rig;

	(void)state;
	open_school(&rig);
	refused(&rig, "{\"student_id\": \"nobody\"}", ERR_NOT_FOUND,
	    "no such student");
	refused(&rig, "{\"student_id\": \"both\"}", ERR_INVALID, "math, art");
	refused(&rig, "{\"student_id\": \"gone\"}", ERR_CONFLICT,
	    "withdrew from art on 2025-12-25");
	refused(&rig, "{\"student_id\": \"former\"}", ERR_CONFLICT,
	    "old ended on 2025-06-28");
	/* 28 days from the registration on 2026-01-01, that day included. */
	refused(&rig, "{\"student_id\": \"new\"}", ERR_INSUFFICIENT_HISTORY,
	    "a score is possible from 2026-01-28");
	refused(&rig,
	    "{\"student_id\": \"s1\", \"reference_date\": \"2026-01-15\"}",
	    ERR_INVALID, "the latest day to look from is 2026-01-14");
	rig_close(&rig);
}

static void
without_a_model_the_answer_says_how_to_get_one(void **state)
{
	struct rig rig;

	(void)state;
	open_school(&rig);
	database_run(rig.owner, "DELETE FROM model_alias");
	refused(&rig, "{\"student_id\": \"s1\"}", ERR_CONFLICT,
	    "edupulse train");
	assert_false(rig_call(&rig, route_of("predict"), "south",
	    "{\"student_id\": \"s1\"}", NULL));
	assert_int_equal(rig.err.code, ERR_CONFLICT);
	assert_non_null(strstr(rig.err.detail, "import"));
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(a_prediction_has_every_part),
    cmocka_unit_test(reasons_add_up_to_the_distance_from_the_typical_student),
    cmocka_unit_test(trees_answer_with_reasons_that_add_up),
    cmocka_unit_test(the_same_question_is_the_same_prediction),
    cmocka_unit_test(news_from_further_up_the_log_are_news),
    cmocka_unit_test(who_has_no_score_is_told_why),
    cmocka_unit_test(without_a_model_the_answer_says_how_to_get_one))
