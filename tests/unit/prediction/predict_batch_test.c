/*
 * predict_batch_test.c - many students at once, over the same school as
 * predict_test.c; and what is stored and cached when a commit fails.
 */
#include <stdio.h>

#include "tests/unit/prediction/school.h"

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
a_student_named_twice_has_the_same_answer_twice(void **state)
{
	struct rig rig;
	struct predict_batch_answer batch;
	struct prediction p;

	(void)state;
	open_school(&rig);
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"items\": [{\"student_id\": \"s7\"}, {\"student_id\": \"s1\"},"
	    " {\"student_id\": \"s7\", \"course_id\": \"math\"},"
	    " {\"student_id\": \"s7\", \"include_explanations\": true}]}",
	    NULL));
	rig_read(&rig, &predict_batch_answer_message, &batch);
	assert_int_equal(batch.items_count, 4);
	assert_null(batch.errors);
	ask_for(&rig, "{\"student_id\": \"s7\"}", &p);
	rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"items\": [{\"student_id\": \"s7\"}, {\"student_id\": \"s7\","
	    " \"include_explanations\": true}]}",
	    NULL);
	rig_read(&rig, &predict_batch_answer_message, &batch);
	assert_int_equal(batch.items_count, 2);
	assert_string_equal(batch.items[0].prediction_id,
	    batch.items[1].prediction_id);
	assert_true(batch.items[0].risk_score == batch.items[1].risk_score);
	assert_int_equal((batch.items[0].explanations_count > 0) +
		(batch.items[1].explanations_count > 0),
	    1);
	rig_close(&rig);
}

static void
a_batch_of_nobody_is_about_nobody(void **state)
{
	struct rig rig;
	struct predict_batch_answer batch;

	(void)state;
	open_school(&rig);
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"items\": []}", NULL));
	rig_read(&rig, &predict_batch_answer_message, &batch);
	assert_int_equal(batch.items_count, 0);
	assert_int_equal(batch.active, 0);
	rig_close(&rig);
}

/* They take much memory, so they come one by one. */
static void
of_two_large_batches_one_is_asked_to_come_again(void **state)
{
	struct buf body = { 0 };
	struct rig rig;

	(void)state;
	open_school(&rig);
	buf_text(&body, "{\"items\": [{\"student_id\": \"s1\"}");
	for (int i = 0; i < 1000; i++)
		buf_text(&body, ", {\"student_id\": \"s2\"}");
	buf_text(&body, "]}");
	assert_true(large_take(rig.w.state));
	assert_false(rig_call(&rig, route_of("predict_batch"), "north",
	    body.data, NULL));
	assert_int_equal(rig.err.code, ERR_UNAVAILABLE);
	assert_true(rig.err.retry_after > 0);
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"items\": [{\"student_id\": \"s1\"}]}", NULL));
	large_give(rig.w.state);
	for (int i = 0; i < 2; i++)
		assert_true(rig_call(&rig, route_of("predict_batch"), "north",
		    body.data, NULL));
	buf_close(&body);
	rig_close(&rig);
}

static int64_t
count_predictions(struct rig *rig)
{
	static const struct query count = { "count_predictions", QUERY_ONE,
		"SELECT count(*) FROM prediction", 0 };
	struct db_result row;
	struct err err = { 0 };
	int64_t predictions;

	if (!db_query(rig->owner, &count, DB_NO_ARGS, &row, &err))
		fail_msg("%s", err.detail);
	predictions = db_get_integer(&row, 0, 0);
	db_result_close(&row);
	return predictions;
}

/* The commit of a transaction in which s3 was scored fails. */
static void
let_commits_with_s3_fail(struct rig *rig)
{
	database_run(rig->owner,
	    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
	    "BEGIN RAISE EXCEPTION 'no'; END $$");
	database_run(rig->owner,
	    "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON prediction "
	    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
	    "WHEN (new.enrollment_id = 3) EXECUTE FUNCTION refuse()");
}

/* With reasons, a chunk has 16. */
static void
a_batch_is_committed_in_chunks(void **state)
{
	struct buf body = { 0 };
	struct rig rig;

	(void)state;
	open_school(&rig);
	let_commits_with_s3_fail(&rig);
	buf_text(&body, "{\"include_explanations\": true, \"items\": [");
	for (int i = STUDENTS; i > 0; i--)
		buf_printf(&body, "{\"student_id\": \"s%d\"}%s", i,
		    i > 1 ? "," : "]}");
	assert_false(rig_call(&rig, route_of("predict_batch"), "north",
	    body.data, NULL));
	/* s1 to s16 were taken back, and nobody came behind them. */
	assert_int_equal(count_predictions(&rig), 0);
	database_run(rig.owner, "DROP TRIGGER refuse ON prediction");
	database_run(rig.owner,
	    "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON prediction "
	    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
	    "WHEN (new.enrollment_id = 40) EXECUTE FUNCTION refuse()");
	assert_false(rig_call(&rig, route_of("predict_batch"), "north",
	    body.data, NULL));
	/* Two whole chunks stand; the third with s40 does not. */
	assert_int_equal(count_predictions(&rig), 32);
	buf_close(&body);
	rig_close(&rig);
}

static void
what_was_rolled_back_is_not_in_the_cache(void **state)
{
	const char *redis = getenv("EDUPULSE_TEST_REDIS");
	struct prediction first, second;
	struct rig rig;
	char id[64];

	(void)state;
	if (redis == NULL)
		skip();
	open_school(&rig);
	cache_free(rig.w.cache);
	rig.w.cache = cache_new(redis);
	/* A key that no run before has used. */
	rig.position = clock_now();
	rig_enrollment(&rig, "north", 3, "s3", "math");
	rig_apply(&rig);
	let_commits_with_s3_fail(&rig);
	assert_false(rig_call(&rig, route_of("predict"), "north",
	    "{\"student_id\": \"s3\"}", NULL));
	assert_false(rig_call(&rig, route_of("predict"), "north",
	    "{\"student_id\": \"s3\"}", NULL));
	database_run(rig.owner, "DROP TRIGGER refuse ON prediction");
	ask_for(&rig, "{\"student_id\": \"s3\"}", &first);
	assert_int_equal(count_predictions(&rig), 1);
	/* What was committed is. */
	snprintf(id, sizeof(id), "%s", first.prediction_id);
	database_run(rig.owner, "DELETE FROM prediction");
	ask_for(&rig, "{\"student_id\": \"s3\"}", &second);
	assert_string_equal(second.prediction_id, id);
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

RUN_TESTS(cmocka_unit_test(a_batch_scores_as_single_questions_do),
    cmocka_unit_test(a_student_named_twice_has_the_same_answer_twice),
    cmocka_unit_test(a_batch_of_nobody_is_about_nobody),
    cmocka_unit_test(of_two_large_batches_one_is_asked_to_come_again),
    cmocka_unit_test(a_batch_is_committed_in_chunks),
    cmocka_unit_test(what_was_rolled_back_is_not_in_the_cache),
    cmocka_unit_test(a_batch_by_filter_gives_the_top))
