/*
 * experiment_arms_test.c - arms answer for their enrollments, wherever a score
 * is asked for, and whoever is on one stays there.
 */
#include <inttypes.h>

#include "tests/unit/prediction/spring.h"

/* The arms as they are in force, until the next call. */
static struct experiment_arms *
read_arms(struct rig *rig)
{
	struct experiment_arms *arms;
	struct err err = { 0 };

	if (!work_begin(&rig->w, "north", &err) ||
	    !experiment_arms_load(&rig->w, "north", "spring", &rig->w.arena,
		&arms, &err))
		fail_msg("%s", err.detail);
	db_rollback(rig->w.db);
	return arms;
}

struct answers {
	double score[STUDENTS + 1];
	char id[STUDENTS + 1][40];
	char arm[STUDENTS + 1][33];
	char version[STUDENTS + 1][MODEL_DIGEST_SIZE];
};

static void
ask_all(struct rig *rig, struct answers *answers)
{
	struct prediction p;
	char body[60];

	for (int i = 1; i <= STUDENTS; i++) {
		snprintf(body, sizeof(body), "{\"student_id\": \"s%d\"}", i);
		ask_for(rig, body, &p);
		answers->score[i] = p.risk_score;
		snprintf(answers->id[i], 40, "%s", p.prediction_id);
		snprintf(answers->arm[i], 33, "%s", p.arm);
		snprintf(answers->version[i], MODEL_DIGEST_SIZE, "%s",
		    p.model_version);
		assert_int_equal(p.trend_count > 0, true);
		assert_near(p.trend[p.trend_count - 1].risk_score, p.risk_score,
		    0);
		assert_int_equal(p.experiment != NULL,
		    strcmp(p.arm, "champion") != 0);
	}
}

/* What each of two versions gives for everyone, alone. */
static void
ask_alone(struct rig *rig, struct answers *champion, struct answers *challenger)
{
	static const char swap[] =
	    "UPDATE model_alias SET version = (SELECT version FROM model_alias "
	    "b WHERE b.tenant_id = model_alias.tenant_id AND b.alias <> "
	    "model_alias.alias)";

	ask_all(rig, champion);
	database_run(rig->owner, swap);
	ask_all(rig, challenger);
	database_run(rig->owner, swap);
	assert_string_not_equal(champion->version[1], challenger->version[1]);
}

static void
each_enrollment_is_scored_by_its_arm(void **state)
{
	static struct answers champion, challenger, got, again;
	const struct answers *expected;
	struct experiment_arms *arms;
	int of[STUDENTS + 1], seen[3] = { 0 };
	struct rig rig;

	(void)state;
	open_arms(&rig);
	ask_alone(&rig, &champion, &challenger);
	start(&rig);
	arms = read_arms(&rig);
	for (int i = 1; i <= STUDENTS; i++)
		seen[of[i] = arms_find(&arms->arms, i)]++;
	assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
	ask_all(&rig, &got);
	for (int i = 1; i <= STUDENTS; i++) {
		static const char *const names[] = { "champion", "control",
			"new" };

		expected = of[i] == 2 ? &challenger : &champion;
		assert_string_equal(got.arm[i], names[of[i]]);
		assert_string_equal(got.version[i], expected->version[i]);
		assert_near(got.score[i], expected->score[i], 0);
		/* Who is in no arm has the champion's answer as before; an
		 * arm's is another one, even of the same model. */
		assert_int_equal(strcmp(got.id[i], champion.id[i]) == 0,
		    of[i] == 0);
	}
	ask_all(&rig, &again);
	assert_memory_equal(&again, &got, sizeof(got));
	end(&rig);
	ask_all(&rig, &again);
	assert_memory_equal(&again, &champion, sizeof(champion));
	rig_close(&rig);
}

static void
compare_items(const struct prediction *items, size_t count,
    const struct answers *single)
{
	int seen = 0;

	for (size_t k = 0; k < count; k++) {
		int i = student_number(items[k].student_id);

		assert_true(
		    k == 0 || items[k - 1].risk_score >= items[k].risk_score);
		assert_string_equal(items[k].arm, single->arm[i]);
		assert_string_equal(items[k].model_version, single->version[i]);
		assert_near(items[k].risk_score, single->score[i], 0);
		seen++;
	}
	assert_int_equal(seen, STUDENTS);
}

static void
list_and_batch_say_the_same_as_single_questions(void **state)
{
	static struct answers single;
	struct predict_batch_answer batch;
	struct risk_list list;
	struct rig rig;

	(void)state;
	open_arms(&rig);
	/* Ranked before: the arms' rows are made anew. */
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "top=500", NULL));
	start(&rig);
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"top_k\": 500}", NULL));
	rig_read(&rig, &predict_batch_answer_message, &batch);
	assert_int_equal(batch.scored, STUDENTS);
	ask_all(&rig, &single);
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"top_k\": 500}", NULL));
	rig_read(&rig, &predict_batch_answer_message, &batch);
	compare_items(batch.items, batch.items_count, &single);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "top=500", NULL));
	rig_read(&rig, &risk_list_message, &list);
	assert_int_equal(list.scored, STUDENTS);
	compare_items(list.items, list.items_count, &single);
	assert_int_equal(database_count(rig.owner,
			     "SELECT count(*) FROM arm_score a JOIN score s "
			     "USING (tenant_id, enrollment_id) WHERE "
			     "a.experiment || '/' || a.arm = s.served_as AND "
			     "a.score = s.score AND a.level = s.level"),
	    database_count(rig.owner,
		"SELECT count(*) FROM score WHERE served_as LIKE 'spring/%' "
		"AND score IS NOT NULL"));
	assert_true(database_count(rig.owner,
			"SELECT count(DISTINCT arm) FROM arm_score") == 2);
	rig_close(&rig);
}

/* A page of another ranking does not go on in this one. */
static void
a_cursor_is_of_one_set_of_shares(void **state)
{
	struct risk_list list;
	struct rig rig;
	char query[120];

	(void)state;
	open_arms(&rig);
	start(&rig);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "limit=5", NULL));
	rig_read(&rig, &risk_list_message, &list);
	snprintf(query, sizeof(query), "limit=5&cursor=%s", list.next);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", query, NULL));
	call_for(&rig, "put_experiment_shares",
	    "spring?{\"why\": \"more\", \"shares\": [{\"arm\": \"new\", "
	    "\"share\": 6000}]}",
	    "\"2\"");
	assert_false(
	    rig_call(&rig, route_of("list_risk"), "north", query, NULL));
	assert_int_equal(rig.err.code, ERR_INVALID);
	rig_close(&rig);
}

/* The database's HMAC and ours. */
static void
the_database_deals_the_same_parts(void **state)
{
	unsigned char inner[ARM_PAD_SIZE], outer[ARM_PAD_SIZE];
	unsigned char salt[ARM_SALT_SIZE];
	char text[2][2 * ARM_PAD_SIZE + 1], statement[500];
	struct rig rig;

	(void)state;
	open_arms(&rig);
	random_bytes(salt, sizeof(salt));
	arms_pads(salt, inner, outer);
	for (size_t i = 0; i < ARM_PAD_SIZE; i++) {
		snprintf(text[0] + 2 * i, 3, "%02x", inner[i]);
		snprintf(text[1] + 2 * i, 3, "%02x", outer[i]);
	}
	for (int64_t id = 1; id < INT64_MAX / 3; id = 3 * id + 1) {
		snprintf(statement, sizeof(statement),
		    "SELECT arm_part('\\x%s', '\\x%s', %" PRId64 ")", text[0],
		    text[1], id);
		assert_int_equal(database_count(rig.owner, statement),
		    arm_part(salt, id));
	}
	rig_close(&rig);
}

static void
a_raised_share_moves_nobody_off(void **state)
{
	static struct answers before, after;
	struct rig rig;
	int joined = 0;

	(void)state;
	open_arms(&rig);
	start(&rig);
	ask_all(&rig, &before);
	fails(&rig, "put_experiment_shares",
	    "spring?{\"why\": \"x\", \"shares\": [{\"arm\": \"new\", "
	    "\"share\": 6000}]}",
	    NULL, ERR_PRECONDITION_MISSING, "shares");
	fails(&rig, "put_experiment_shares",
	    "spring?{\"why\": \"x\", \"shares\": [{\"arm\": \"new\", "
	    "\"share\": 6000}]}",
	    "\"1\"", ERR_PRECONDITION, "revision is 2");
	fails(&rig, "put_experiment_shares",
	    "spring?{\"why\": \"x\", \"shares\": [{\"arm\": \"new\", "
	    "\"share\": 6001}]}",
	    "\"2\"", ERR_INVALID, "10001 of 10000");
	call_for(&rig, "put_experiment_shares",
	    "spring?{\"why\": \"more\", \"shares\": [{\"arm\": \"new\", "
	    "\"share\": 6000}]}",
	    "\"2\"");
	ask_all(&rig, &after);
	for (int i = 1; i <= STUDENTS; i++) {
		if (strcmp(before.arm[i], "champion") != 0)
			assert_string_equal(after.arm[i], before.arm[i]);
		else
			joined += strcmp(after.arm[i], "new") == 0;
	}
	assert_true(joined > 0);
	rig_close(&rig);
}

static void
an_arm_keeps_its_version_when_the_alias_moves(void **state)
{
	static struct answers before, after;
	struct rig rig;

	(void)state;
	open_arms(&rig);
	start(&rig);
	ask_all(&rig, &before);
	rig_alias(&rig, "north", "challenger", sample_network_model(9));
	database_run(rig.owner,
	    "UPDATE model_file SET needed_at = now() - interval '1 hour'");
	assert_true(work_begin(&rig.w, "north", &rig.err));
	assert_true(db_exec(rig.w.db, &query_forget_model_files,
	    DB_ARGS(db_text("north")), NULL, &rig.err));
	assert_true(work_commit(&rig.w, &rig.err));
	/* As in a new process: nothing in memory. */
	tools_free(rig.w.scratch);
	models_free(rig.w.state);
	signer_free(rig.signer);
	rig.w.scratch = tools_new(NULL);
	rig_keys(&rig);
	ask_all(&rig, &after);
	assert_memory_equal(&after, &before, sizeof(before));
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(each_enrollment_is_scored_by_its_arm),
    cmocka_unit_test(list_and_batch_say_the_same_as_single_questions),
    cmocka_unit_test(a_cursor_is_of_one_set_of_shares),
    cmocka_unit_test(the_database_deals_the_same_parts),
    cmocka_unit_test(a_raised_share_moves_nobody_off),
    cmocka_unit_test(an_arm_keeps_its_version_when_the_alias_moves))
