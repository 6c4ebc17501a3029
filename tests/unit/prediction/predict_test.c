/*
 * predict_test.c - questions to prediction's handlers, over a real database:
 * registers and records of a small school, scored by the sample network.
 */
#include <math.h>
#include <stdio.h>

#include "services/prediction/answer.h"
#include "services/prediction/ranking.h"
#include "tests/unit/prediction/rig.h"

enum { MONDAY = 20367, TODAY = MONDAY + 100, STUDENTS = 40 };

static const struct route routes[] = {
#define PROTO_DEF "proto/prediction.def"
#include "proto/as_routes.h"
};

static const struct route *
route_of(const char *operation)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (strcmp(routes[i].operation, operation) == 0)
			return &routes[i];
	fail_msg("no route %s", operation);
	return NULL;
}

/* Weekly grades and daily roll-call, different for each student. */
static void
add_records(struct rig *rig, int64_t id, int32_t from)
{
	for (int32_t day = from; day <= TODAY; day += 7) {
		struct log_entry *grade =
		    rig_record(rig, "north", RECORD_GRADE, id, day);
		struct log_entry *roll =
		    rig_record(rig, "north", RECORD_ATTENDANCE, id, day);

		grade->value = (double)((id * 37 + day * 11) % 101);
		grade->has_value = true;
		grade->value_code = TYPE_QUIZ;
		grade->has_value_code = true;
		roll->value_code = (id + day) % 4;
		roll->has_value_code = true;
	}
}

/* STUDENTS students s1 ... in math, and some of whom more is said. */
static void
open_school(struct rig *rig)
{
	char *name;

	rig_open(rig);
	rig_rules(rig, "north", TODAY);
	rig_course(rig, "north", "math", MONDAY, MONDAY + 200);
	rig_course(rig, "north", "art", MONDAY, MONDAY + 200);
	rig_course(rig, "north", "old", MONDAY - 300, MONDAY - 100);
	for (int64_t id = 1; id <= STUDENTS; id++) {
		name = arena_printf(&rig->w.arena, "s%d", (int)id);
		rig_enrollment(rig, "north", id, name, "math")->school =
		    id % 2 == 0 ? "even" : "odd";
		add_records(rig, id, MONDAY);
	}
	rig_enrollment(rig, "north", 101, "both", "math");
	rig_enrollment(rig, "north", 102, "both", "art");
	rig_enrollment(rig, "north", 103, "new", "art")->registered_on =
	    TODAY - 13;
	rig->entries[rig->count - 1].enrollment->has_registered_on = true;
	add_records(rig, 103, TODAY - 13);
	rig_enrollment(rig, "north", 104, "gone", "art")->withdrawn_on =
	    TODAY - 20;
	rig->entries[rig->count - 1].enrollment->has_withdrawn_on = true;
	rig_enrollment(rig, "north", 105, "former", "old");
	rig_apply(rig);
	rig_model(rig, "north", sample_network_model(3));
}

static void
ask_for(struct rig *rig, const char *body, struct prediction *prediction)
{
	if (!rig_call(rig, route_of("predict"), "north", body, NULL))
		fail_msg("%s", rig->err.detail);
	assert_int_equal(rig->status, 200);
	rig_read(rig, &prediction_message, prediction);
}

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
	/* The typical student's logit by the forward pass alone. */
	{
		struct network_row row = { model->baseline.steps,
			model->baseline.context, 15 };
		struct model_scratch *scratch = model_scratch_new(model, false);
		float typical;

		model_logits(model, scratch,
		    &(struct network_batch){ &row, 1, true },
		    &(struct network_output){ .logits = &typical });
		logit = model->calibration.slope * (double)typical +
		    model->calibration.intercept;
		model_scratch_free(scratch);
	}
	assert_near(sum, log(p.risk_score / (1 - p.risk_score)) - logit,
	    fabs(sum) * .01 + 2e-3);
	assert_non_null(p.next_step);
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
	database_run(rig.owner, "DELETE FROM served_model");
	refused(&rig, "{\"student_id\": \"s1\"}", ERR_CONFLICT,
	    "edupulse train");
	assert_false(rig_call(&rig, route_of("predict"), "south",
	    "{\"student_id\": \"s1\"}", NULL));
	assert_int_equal(rig.err.code, ERR_CONFLICT);
	assert_non_null(strstr(rig.err.detail, "import"));
	rig_close(&rig);
}

static void
other_schools_students_are_not_there(void **state)
{
	struct rig rig;
	struct prediction p;
	struct risk_list list;
	char id[64];

	(void)state;
	open_school(&rig);
	ask_for(&rig, "{\"student_id\": \"s5\"}", &p);
	snprintf(id, sizeof(id), "%s", p.prediction_id);
	assert_false(rig_call(&rig, route_of("predict"), "north",
	    "{\"student_id\": \"s5\"}", "even"));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_true(rig_call(&rig, route_of("predict"), "north",
	    "{\"student_id\": \"s6\"}", "even"));
	assert_false(
	    rig_call(&rig, route_of("get_prediction"), "north", id, "even"));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "top=500", "even"));
	rig_read(&rig, &risk_list_message, &list);
	assert_int_equal(list.items_count, STUDENTS / 2);
	assert_int_equal(list.active, STUDENTS / 2);
	rig_close(&rig);
}

static void
the_list_is_ranked_and_its_pages_join(void **state)
{
	struct rig rig;
	struct risk_list list;
	double scores[STUDENTS], last = 2;
	char query[300] = "limit=7", cursor[280] = "";
	size_t seen = 0;

	(void)state;
	open_school(&rig);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "top=500", NULL));
	rig_read(&rig, &risk_list_message, &list);
	/* s1 ...; `both` twice and `new` are active without a score. */
	assert_int_equal(list.items_count, STUDENTS);
	assert_int_equal(list.scored, STUDENTS);
	assert_int_equal(list.active, STUDENTS + 3);
	assert_null(list.next);
	for (size_t i = 0; i < STUDENTS; i++) {
		scores[i] = list.items[i].risk_score;
		assert_true(scores[i] <= last);
		last = scores[i];
		assert_int_equal(list.items[i].explanations_count, 3);
	}
	for (;;) {
		if (!rig_call(&rig, route_of("list_risk"), "north", query,
			NULL))
			fail_msg("%s", rig.err.detail);
		rig_read(&rig, &risk_list_message, &list);
		for (size_t i = 0; i < list.items_count; i++)
			assert_true(list.items[i].risk_score == scores[seen++]);
		if (list.next == NULL)
			break;
		snprintf(cursor, sizeof(cursor), "%s", list.next);
		snprintf(query, sizeof(query), "limit=7&cursor=%s", cursor);
	}
	assert_int_equal(seen, STUDENTS);
	rig_close(&rig);
}

static void
the_list_follows_new_records_and_filters(void **state)
{
	struct rig rig;
	struct risk_list list;
	size_t before;

	(void)state;
	open_school(&rig);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "top=1", NULL));
	rig_read(&rig, &risk_list_message, &list);
	assert_int_equal(list.items_count, 1);
	/* 101 has now what a score needs. */
	add_records(&rig, 101, MONDAY);
	rig_apply(&rig);
	assert_true(rig_call(&rig, route_of("list_risk"), "north",
	    "top=500&course_id=math", NULL));
	rig_read(&rig, &risk_list_message, &list);
	assert_int_equal(list.items_count, STUDENTS + 1);
	assert_int_equal(list.active, STUDENTS + 1);
	assert_true(rig_call(&rig, route_of("list_risk"), "north",
	    "top=500&course_id=art", NULL));
	rig_read(&rig, &risk_list_message, &list);
	assert_int_equal(list.items_count, 0);
	assert_int_equal(list.active, 2);
	before = 0;
	for (int level = 0; level < 4; level++) {
		char query[64];

		snprintf(query, sizeof(query), "top=500&category=%s",
		    risk_level_choice.names[level]);
		assert_true(rig_call(&rig, route_of("list_risk"), "north",
		    query, NULL));
		rig_read(&rig, &risk_list_message, &list);
		for (size_t i = 0; i < list.items_count; i++)
			assert_int_equal(list.items[i].risk_category, level);
		before += list.items_count;
	}
	assert_int_equal(before, STUDENTS + 1);
	rig_close(&rig);
}

static void
a_batch_scores_as_single_questions_do(void **state)
{
	struct rig rig;
	struct predict_batch_answer batch;
	struct prediction p;
	char id[64];
	double score;

	(void)state;
	open_school(&rig);
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"items\": [{\"student_id\": \"s1\"}, {\"student_id\": \"new\"},"
	    " {\"student_id\": \"s2\"}, {\"student_id\": \"nobody\"},"
	    " {\"student_id\": \"s3\", \"course_id\": \"math\","
	    " \"reference_date\": \"2025-12-24\"}]}",
	    NULL));
	rig_read(&rig, &predict_batch_answer_message, &batch);
	assert_int_equal(batch.items_count, 3);
	assert_int_equal(batch.scored, 3);
	assert_int_equal(batch.active, 4);
	assert_true(batch.items[0].risk_score >= batch.items[1].risk_score);
	assert_true(batch.items[1].risk_score >= batch.items[2].risk_score);
	assert_int_equal(batch.errors_count, 2);
	for (size_t i = 0; i < 2; i++) {
		bool is_new = batch.errors[i].index == 1;

		assert_string_equal(batch.errors[i].student_id,
		    is_new ? "new" : "nobody");
		assert_int_equal(batch.errors[i].problem->status,
		    is_new ? 422 : 404);
	}
	for (size_t i = 0; i < 3; i++)
		if (strcmp(batch.items[i].student_id, "s1") == 0) {
			score = batch.items[i].risk_score;
			snprintf(id, sizeof(id), "%s",
			    batch.items[i].prediction_id);
			assert_int_equal(batch.items[i].trend_count, 1);
		}
	/* The stored score becomes a full prediction with the same id. */
	ask_for(&rig, "{\"student_id\": \"s1\"}", &p);
	assert_string_equal(p.prediction_id, id);
	assert_true(p.risk_score == score);
	assert_int_equal(p.trend_count, 8);
	assert_true(p.explanations_count > 0);
	rig_close(&rig);
}

static void
a_batch_by_filter_gives_the_top(void **state)
{
	struct rig rig;
	struct predict_batch_answer batch;

	(void)state;
	open_school(&rig);
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"course_id\": \"math\", \"top_k\": 5,"
	    " \"include_explanations\": true}",
	    NULL));
	rig_read(&rig, &predict_batch_answer_message, &batch);
	assert_int_equal(batch.items_count, 5);
	assert_int_equal(batch.scored, STUDENTS);
	assert_true(batch.items[0].risk_score >= batch.items[4].risk_score);
	assert_true(batch.items[0].explanations_count > 3);
	rig_close(&rig);
}

static void
add_outcome(struct rig *rig, int64_t id, int32_t day, enum course_result result)
{
	struct log_entry *entry =
	    rig_record(rig, "north", RECORD_OUTCOME, id, day);

	entry->value_code = (int64_t)result;
	entry->has_value_code = true;
}

static void
read_samples(struct rig *rig, int after, int limit, struct sample_page *page)
{
	char question[200];
	struct err err = { 0 };

	snprintf(question, sizeof(question),
	    "{\"weeks\": [2, 8, 12], \"known_by\": \"2026-01-14\","
	    " \"courses\": [\"math\"], \"after\": %d, \"limit\": %d}",
	    after, limit);
	if (!rig_call(rig, route_of("get_samples"), "north", question, NULL))
		fail_msg("%s", rig->err.detail);
	assert_true(binary_decode(&sample_page_message, buf_slice(&rig->answer),
	    &rig->w.arena, page, &err));
}

static void
samples_are_those_whose_outcome_came_later(void **state)
{
	struct rig rig;
	struct sample_page page;

	(void)state;
	open_school(&rig);
	/* s1 fails on the day of week 10, s2 passes, s3's end is censored, s4's
	 * outcome is known too late. */
	add_outcome(&rig, 1, MONDAY + 69, RESULT_FAIL);
	add_outcome(&rig, 2, MONDAY + 90, RESULT_PASS);
	add_outcome(&rig, 3, MONDAY + 90, RESULT_CENSORED);
	add_outcome(&rig, 4, TODAY + 1, RESULT_FAIL);
	rig_apply(&rig);
	read_samples(&rig, 0, 4, &page);
	assert_int_equal(page.enrollments, 4);
	assert_int_equal(page.total, STUDENTS + 1);
	assert_int_equal(page.active, 12);
	assert_int_equal(page.next, 4);
	/* Weeks 2 and 8 of s1, 2, 8 and 12 of s2. */
	assert_int_equal(page.samples_count, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct sample *sample = &page.samples[i];
		static const int weeks[] = { 2, 8, 2, 8, 12 };

		assert_int_equal(sample->enrollment_id, i < 2 ? 1 : 2);
		assert_int_equal(sample->week, weeks[i]);
		assert_int_equal(sample->reference_day,
		    MONDAY + 7 * weeks[i] - 1);
		assert_int_equal(sample->step_count, weeks[i]);
		assert_int_equal(sample->steps.size, weeks[i] * 42 * 4);
		assert_int_equal(sample->label, i < 2);
		assert_int_equal(sample->scorable, weeks[i] >= 4);
	}
	assert_int_equal(page.samples[1].outcome_after, 69 - 55);
	read_samples(&rig, 4, 2000, &page);
	assert_int_equal(page.enrollments, STUDENTS + 1 - 4);
	assert_int_equal(page.next, 0);
	assert_int_equal(page.samples_count, 0);
	rig_close(&rig);
}

static void
what_is_known_or_dated_later_changes_no_score(void **state)
{
	struct rig rig;
	struct prediction p;
	struct log_entry *entry;
	double score, weight;

	(void)state;
	open_school(&rig);
	ask_for(&rig,
	    "{\"student_id\": \"s5\", \"reference_date\": \"2025-12-24\"}", &p);
	score = p.risk_score;
	weight = p.explanations[0].weight;
	/* 2025-12-24 is MONDAY + 79. */
	for (int i = 0; i < 20; i++) {
		entry = rig_record(&rig, "north", RECORD_INCIDENT, 5,
		    MONDAY + 80 + i);
		entry->value = 5;
		entry->has_value = true;
		entry =
		    rig_record(&rig, "north", RECORD_GRADE, 5, MONDAY + 30 + i);
		entry->known_on = MONDAY + 80;
		entry->value = 1;
		entry->has_value = true;
	}
	rig_apply(&rig);
	ask_for(&rig,
	    "{\"student_id\": \"s5\", \"reference_date\": \"2025-12-24\"}", &p);
	assert_true(p.risk_score == score);
	assert_true(p.explanations[0].weight == weight);
	ask_for(&rig, "{\"student_id\": \"s5\"}", &p);
	assert_true(p.risk_score != score);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(a_prediction_has_every_part),
    cmocka_unit_test(reasons_add_up_to_the_distance_from_the_typical_student),
    cmocka_unit_test(the_same_question_is_the_same_prediction),
    cmocka_unit_test(who_has_no_score_is_told_why),
    cmocka_unit_test(without_a_model_the_answer_says_how_to_get_one),
    cmocka_unit_test(other_schools_students_are_not_there),
    cmocka_unit_test(the_list_is_ranked_and_its_pages_join),
    cmocka_unit_test(the_list_follows_new_records_and_filters),
    cmocka_unit_test(a_batch_scores_as_single_questions_do),
    cmocka_unit_test(a_batch_by_filter_gives_the_top),
    cmocka_unit_test(samples_are_those_whose_outcome_came_later),
    cmocka_unit_test(what_is_known_or_dated_later_changes_no_score))
