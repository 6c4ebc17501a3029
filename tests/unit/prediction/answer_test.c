/*
 * answer_test.c - scores, categories, reasons and dates as they are printed.
 */
#include "services/prediction/answer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/support/sample_model.h"
#include "tests/support/test.h"
#include "wire/json.h"

enum { LOOKS = 10000, START = 20367, DAY = START + 60, GRADES = 4 };

/* A student of nine weeks with a few random marks. */
static struct subject
make_subject(struct random *random, struct arena *arena)
{
	struct subject subject = { .enrollment_id = 1,
		.student_id = "s",
		.course_id = "c",
		.features = { .course_start_day = START,
		    .course_end_day = START + 100,
		    .registered_day = INT32_MIN,
		    .withdrawn_day = INT32_MAX,
		    .calendar = calendar_all_days(),
		    .pass_mark = 60,
		    .previous_attempts = NAN,
		    .credits = NAN,
		    .full_load = 60 },
		.facts = { .arena = arena } };

	for (int i = 0; i < GRADES; i++) {
		int32_t day = START + (int32_t)(60 * random_unit(random));
		struct fact fact = { .position = (uint64_t)i + 1,
			.occurred_day = day,
			.known_day = day,
			.superseded_day = FACT_DAY_NEVER,
			.value = (float)(100 * random_unit(random)),
			.kind = FACT_GRADE };

		facts_insert(&subject.facts, &fact);
	}
	return subject;
}

/* The category by the printed text alone: how many cuts it has reached. */
static unsigned
category_of_text(const struct model *model, const char *text)
{
	double score = strtod(text, NULL);
	unsigned reached = 0;

	for (int i = 0; i < MODEL_CUTS; i++)
		reached += score >= model->cuts[i];
	return reached;
}

static void
assess(const struct thinker *thinker, struct arena *arena, struct look *look)
{
	struct arena scratch;

	arena_init(&scratch, 65536);
	look_build(look, &scratch, arena);
	looks_score(thinker, arena, look, 1);
	arena_close(&scratch);
}

static void
cut_anywhere(struct model *model, struct random *random)
{
	/* Cuts of four decimals: scores fall right on them. */
	double low = .05 + .3 * random_unit(random);

	for (int i = 0; i < MODEL_CUTS; i++)
		model->cuts[i] = look_round(low + .2 * i);
}

static void
printed_score_and_category_never_disagree(void **state)
{
	struct model *model = sample_logistic_model(5);
	struct thinker thinker = { model, model_scratch_new(model, false), 0 };
	struct random random;
	struct arena arena;
	size_t seen[4] = { 0 }, on_a_cut = 0;

	(void)state;
	arena_init(&arena, 65536);
	random_init(&random, 11, 1);
	for (int i = 0; i < LOOKS; i++) {
		struct subject subject = make_subject(&random, &arena);
		struct look look = { .subject = &subject, .day = DAY };
		struct prediction prediction;
		struct buf json = { 0 };

		cut_anywhere(model, &random);
		if (i % 4 == 0) {
			/* Aim: put the score on a cut to the last digit. */
			assess(&thinker, &arena, &look);
			model->cuts[0] = look.score / 2;
			model->cuts[1] = look.score;
			model->cuts[2] = (1 + look.score) / 2;
			on_a_cut++;
		}
		assess(&thinker, &arena, &look);
		assert_int_equal(look.sequence.status, FEATURES_READY);
		answer_fill(&look, &arena, &prediction);
		json_real(&json, prediction.risk_score);
		assert_int_equal(prediction.risk_category,
		    category_of_text(model, json.data));
		assert_true(json.size <= 6);
		assert_true(
		    prediction.confidence->low <= prediction.risk_score);
		assert_true(
		    prediction.confidence->high >= prediction.risk_score);
		seen[prediction.risk_category]++;
		buf_close(&json);
		arena_reset(&arena);
	}
	assert_true(on_a_cut == LOOKS / 4);
	for (int i = 0; i < 4; i++)
		assert_true(seen[i] > 100);
	arena_close(&arena);
	model_scratch_free(thinker.scratch);
	model_unref(model);
}

static void
reasons_come_strongest_first_and_the_step_is_of_the_strongest(void **state)
{
	struct model *model = sample_logistic_model(5);
	struct thinker thinker = { model, model_scratch_new(model, false), 0 };
	struct explanation explanation = { .logit = 0 };
	struct prediction p;
	struct random random;
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	random_init(&random, 11, 2);
	struct subject subject = make_subject(&random, &arena);
	struct look look = { .subject = &subject, .day = DAY };

	assess(&thinker, &arena, &look);
	answer_fill(&look, &arena, &p);
	explanation.features[FEATURE_GRADE_MEAN] = -.9f;
	/* Raises most, but nobody can act on it. */
	explanation.features[FEATURE_TOTAL_GRADES_TRACKED] = .8f;
	explanation.features[FEATURE_FAILING_RATE] = .5f;
	explanation.features[FEATURE_GRADE_MIN] = .4f;
	explanation.features[FEATURE_GRADE_MAX] = 1e-8f;
	explanation.context[CONTEXT_REGISTRATION_LEAD] = .6f;
	explanation.groups[GROUP_GRADES] = .25f;
	answer_reasons(&look, model, &explanation, &arena, &p);
	assert_int_equal(p.explanations_count, 5);
	assert_string_equal(p.explanations[0].factor, "grade_mean");
	assert_string_equal(p.explanations[0].direction, "lowers");
	assert_null(p.explanations[0].recommendation);
	assert_string_equal(p.explanations[1].factor, "total_grades_tracked");
	assert_null(p.explanations[1].recommendation);
	assert_string_equal(p.explanations[2].factor, "registration_lead");
	assert_string_equal(p.explanations[2].group, "context");
	assert_string_equal(p.explanations[3].factor, "failing_rate");
	assert_string_equal(p.next_step, p.explanations[3].recommendation);
	assert_string_equal(p.next_step,
	    feature_row(FEATURE_FAILING_RATE)->advice);
	assert_true(p.groups->grades == .25);
	arena_close(&arena);
	model_scratch_free(thinker.scratch);
	model_unref(model);
}

/* Reasons of any size fit into the message, and it says what they miss. */
static void
reasons_that_do_not_add_up_say_so(void **state)
{
	struct model *model = sample_logistic_model(5);
	struct thinker thinker = { model, model_scratch_new(model, false), 0 };
	struct explanation explanation = { .unexplained = -2.5f };
	const struct wish no_reasons = { .trend_most = 1 };
	struct prediction p;
	struct random random;
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	random_init(&random, 11, 4);
	struct subject subject = make_subject(&random, &arena);
	struct look look = { .subject = &subject, .day = DAY };

	assess(&thinker, &arena, &look);
	answer_fill(&look, &arena, &p);
	assert_false(p.has_unexplained);
	explanation.features[FEATURE_GRADE_MEAN] = 1e13f;
	answer_reasons(&look, model, &explanation, &arena, &p);
	assert_true(p.has_unexplained);
	assert_true(p.unexplained == -2.5);
	assert_true(p.explanations[0].weight == 1e6);
	answer_trim(&no_reasons, &p);
	assert_false(p.has_unexplained);
	explanation.is_complete = true;
	answer_reasons(&look, model, &explanation, &arena, &p);
	assert_false(p.has_unexplained);
	arena_close(&arena);
	model_scratch_free(thinker.scratch);
	model_unref(model);
}

static void
what_is_not_known_has_no_value(void **state)
{
	struct model *model = sample_logistic_model(5);
	struct thinker thinker = { model, model_scratch_new(model, false), 0 };
	struct prediction p;
	struct random random;
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	random_init(&random, 11, 3);
	struct subject subject = make_subject(&random, &arena);
	struct look look = { .subject = &subject, .day = DAY };

	assess(&thinker, &arena, &look);
	answer_fill(&look, &arena, &p);
	answer_features(&look, &arena, &p);
	/* No roll-call, four grades, and neither attempts nor credits. */
	assert_false(p.features[FEATURE_ATTENDANCE_RATE].has_value);
	assert_true(p.features[FEATURE_TOTAL_GRADES_TRACKED].has_value);
	assert_true(p.features[FEATURE_TOTAL_GRADES_TRACKED].value == GRADES);
	assert_false(
	    p.features[FEATURE_COUNT + CONTEXT_PREVIOUS_ATTEMPTS].has_value);
	arena_close(&arena);
	model_scratch_free(thinker.scratch);
	model_unref(model);
}

static void
the_next_review_is_sooner_the_higher_the_risk(void **state)
{
	(void)state;
	assert_int_equal(answer_review(RISK_CRITICAL, 100, 1000), 107);
	assert_int_equal(answer_review(RISK_HIGH, 100, 1000), 107);
	assert_int_equal(answer_review(RISK_MEDIUM, 100, 1000), 114);
	assert_int_equal(answer_review(RISK_LOW, 100, 1000), 128);
	/* Not after the course, and not before the day itself. */
	assert_int_equal(answer_review(RISK_LOW, 100, 110), 110);
	assert_int_equal(answer_review(RISK_LOW, 100, 90), 100);
	assert_int_equal(answer_review(RISK_LOW, 100, INT32_MAX), 128);
}

RUN_TESTS(cmocka_unit_test(printed_score_and_category_never_disagree),
    cmocka_unit_test(
	reasons_come_strongest_first_and_the_step_is_of_the_strongest),
    cmocka_unit_test(reasons_that_do_not_add_up_say_so),
    cmocka_unit_test(what_is_not_known_has_no_value),
    cmocka_unit_test(the_next_review_is_sooner_the_higher_the_risk))
