/*
 * shadow_test.c - the shadow beside the champion: the same inputs, nobody
 * waits, each scoring is counted.  What the shadow has to say is held against
 * its own answers once it is the champion.
 */
#include <string.h>

#include "tests/unit/prediction/shadowed.h"

static int64_t
dropped(const struct shadow_report *report)
{
	return report->dropped_full + report->dropped_no_model +
	    report->dropped_not_stored + report->dropped_stopped;
}

static void
both_score_the_very_same_input(void **state)
{
	static const char *const students[] = { "s1", "s2", "s3", "s17" };
	int champion[4], shadow[4];
	char text[200];
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(students); i++)
		champion[i] = ask_score(&rig, students[i]);
	run_all(&rig);
	/* The shadow's own answers, once it serves. */
	rig_model(&rig, "north", sample_network_model(SEED));
	for (size_t i = 0; i < ARRAY_SIZE(students); i++) {
		shadow[i] = ask_score(&rig, students[i]);
		assert_true(shadow[i] != champion[i]);
		snprintf(text, sizeof(text),
		    "SELECT count(*) FROM shadow_pair WHERE champion_score = "
		    "%d AND shadow_score = %d AND enrollment_id = %s AND week "
		    "= 15 AND champion_us > 0 AND shadow_us > 0",
		    champion[i], shadow[i], students[i] + 1);
		assert_int_equal(database_count(rig.owner, text), 1);
	}
	assert_int_equal(
	    database_count(rig.owner, "SELECT count(*) FROM shadow_pair"), 4);
	rig_close(&rig);
}

/* Nobody takes anything out: answers come all the same, and the same ones. */
static void
answers_come_while_the_shadow_stands_still(void **state)
{
	struct prediction_settings little = { .kernels = "",
		.shadow_share = 1,
		.shadow_queue_bytes = 65536 };
	double scores[STUDENTS + 1], again[STUDENTS + 1];
	struct shadow_report report;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	rig.w.settings = &little;
	ask_score(&rig, "s1"); /* finds room */
	ask_score(&rig, "s2");
	assert_int_equal(list_scores(&rig, scores), STUDENTS);
	assert_true(shadow_queue_bytes(queue_of(&rig)) <= 65536);
	run_all(&rig);
	report = read_report(&rig, "shadow");
	assert_true(report.scored >= 1);
	assert_true(report.dropped_full >= STUDENTS);
	assert_int_equal(report.scored + dropped(&report),
	    database_count(rig.owner,
		"SELECT 2 + count(score) + (SELECT count(*) "
		"FROM prediction WHERE is_full AND "
		"enrollment_id > 2) FROM score"));
	/* What was answered is what is answered without a shadow. */
	database_run(rig.owner,
	    "DELETE FROM model_alias WHERE alias = 'shadow'");
	database_run(rig.owner, "TRUNCATE prediction, score");
	list_scores(&rig, again);
	for (size_t i = 1; i <= STUDENTS; i++)
		assert_near(scores[i], again[i], 0);
	rig_close(&rig);
}

static void
each_scoring_of_the_own_day_is_counted_once(void **state)
{
	struct prediction_settings none = { .kernels = "",
		.shadow_share = 0,
		.shadow_queue_bytes = 16 * 1024 * 1024 };
	const void *usual;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	usual = rig.w.settings;
	/* Not chosen; a look back; a question that has its answer already; a
	 * shadow that is the champion itself. */
	rig.w.settings = &none;
	ask_score(&rig, "s1");
	rig.w.settings = usual;
	ask_score(&rig, "s1");
	assert_true(rig_call(&rig, route_of("predict"), "north",
	    "{\"student_id\": \"s2\", \"reference_date\": \"2026-01-10\"}",
	    NULL));
	rig_alias(&rig, "north", "shadow", sample_network_model(3));
	ask_score(&rig, "s4");
	assert_int_equal(shadow_queue_bytes(queue_of(&rig)), 0);
	/* In a batch by score alone, and in one with reasons. */
	rig_alias(&rig, "north", "shadow", sample_trees_model(SEED));
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"items\": [{\"student_id\": \"s5\"}, {\"student_id\": \"s6\"},"
	    " {\"student_id\": \"nobody\"}]}",
	    NULL));
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"items\": [{\"student_id\": \"s7\"}, {\"student_id\": \"new\"},"
	    " {\"student_id\": \"s8\"}], \"include_explanations\": true}",
	    NULL));
	run_all(&rig);
	assert_int_equal(
	    database_count(rig.owner,
		"SELECT sum(scored)::bigint FROM shadow_comparison"),
	    4);
	assert_int_equal(database_count(rig.owner,
			     "SELECT count(*) FROM shadow_pair "
			     "WHERE enrollment_id BETWEEN 5 AND 8"),
	    4);
	rig_close(&rig);
}

/* Of 40 enrollments the same half every time, and more of a larger share. */
static void
a_share_is_always_of_the_same_enrollments(void **state)
{
	struct prediction_settings some = { .kernels = "",
		.shadow_share = 0.5,
		.shadow_queue_bytes = 16 * 1024 * 1024 };
	double scores[STUDENTS + 1];
	int64_t half;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	rig.w.settings = &some;
	list_scores(&rig, scores);
	run_all(&rig);
	half = database_count(rig.owner, "SELECT count(*) FROM shadow_pair");
	assert_in_range(half, COURSE / 4, COURSE * 3 / 4);
	database_run(rig.owner,
	    "CREATE TABLE before AS SELECT enrollment_id "
	    "FROM shadow_pair");
	database_run(rig.owner, "TRUNCATE prediction, score");
	list_scores(&rig, scores);
	run_all(&rig);
	assert_int_equal(
	    database_count(rig.owner, "SELECT count(*) FROM shadow_pair"),
	    half);
	some.shadow_share = 0.8;
	database_run(rig.owner, "TRUNCATE prediction, score, shadow_pair");
	list_scores(&rig, scores);
	run_all(&rig);
	assert_true(database_count(rig.owner,
			"SELECT count(*) FROM shadow_pair") > half);
	assert_int_equal(database_count(rig.owner,
			     "SELECT count(*) FROM before WHERE "
			     "enrollment_id NOT IN (SELECT enrollment_id "
			     "FROM shadow_pair)"),
	    0);
	rig_close(&rig);
}

/* Let counts be told at once. */
static void
do_not_pause(struct rig *rig)
{
	((struct tools *)rig->w.scratch)->tell_after = 0;
}

static void
what_cannot_be_made_or_kept_is_dropped_and_counted(void **state)
{
	struct shadow_report report;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	/* A file that nobody would serve. */
	ask_score(&rig, "s1");
	database_run(rig.owner,
	    "UPDATE model_file SET file = 'x' FROM "
	    "model_alias a WHERE a.version = "
	    "model_file.version AND a.alias = 'shadow'");
	assert_false(run_once(&rig));
	do_not_pause(&rig);
	assert_true(run_once(&rig));
	rig_alias(&rig, "north", "shadow", sample_network_model(SEED));
	/* A database that does not take pairs. */
	ask_score(&rig, "s2");
	database_run(rig.owner,
	    "REVOKE INSERT ON shadow_pair FROM edupulse_prediction");
	assert_false(run_once(&rig));
	database_run(rig.owner,
	    "GRANT INSERT ON shadow_pair TO edupulse_prediction");
	/* Stopping. */
	ask_score(&rig, "s3");
	run_all(&rig);
	ask_score(&rig, "s4");
	ask_score(&rig, "s5");
	shadow_side.wake(rig.w.state);
	assert_true(run_once(&rig));
	report = read_report(&rig, "shadow");
	assert_int_equal(report.dropped_no_model, 1);
	assert_int_equal(report.dropped_not_stored, 1);
	assert_int_equal(report.dropped_stopped, 2);
	assert_int_equal(report.dropped_full, 0);
	assert_int_equal(report.scored, 1);
	assert_int_equal(report.pairs, 1);
	assert_int_equal(shadow_queue_bytes(queue_of(&rig)), 0);
	rig_close(&rig);
}

/* What was scored for an answer that failed is not handed on. */
static void
what_was_not_answered_is_forgotten(void **state)
{
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	database_run(rig.owner,
	    "REVOKE INSERT ON prediction FROM edupulse_prediction");
	assert_false(rig_call(&rig, route_of("predict"), "north",
	    "{\"student_id\": \"s1\"}", NULL));
	database_run(rig.owner,
	    "GRANT INSERT ON prediction TO edupulse_prediction");
	ask_score(&rig, "s2");
	run_all(&rig);
	assert_int_equal(
	    database_count(rig.owner,
		"SELECT sum(enrollment_id)::bigint FROM shadow_pair"),
	    2);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(both_score_the_very_same_input),
    cmocka_unit_test(answers_come_while_the_shadow_stands_still),
    cmocka_unit_test(each_scoring_of_the_own_day_is_counted_once),
    cmocka_unit_test(a_share_is_always_of_the_same_enrollments),
    cmocka_unit_test(what_cannot_be_made_or_kept_is_dropped_and_counted),
    cmocka_unit_test(what_was_not_answered_is_forgotten))
