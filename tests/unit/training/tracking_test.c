/*
 * tracking_test.c - the table of what a tracking server is to be told, against
 * the real database.  What is told, and how, is in scenarios/test_tracking.py.
 */
#include "services/training/tracking.h"

#include "tests/unit/training/rig.h"

static const char waiting[] = "SELECT count(*) FROM tracking_task";

static void
want(const char *kind, const char *name)
{
	struct err err = { 0 };

	if (!work_begin(&rig.w, "one", &err) ||
	    !tracking_want(&rig.w, "one", kind, name, &err) ||
	    !work_commit(&rig.w, &err))
		fail_msg("%s", err.detail);
}

/* The name of what is told next; NULL: nothing is due. */
static const char *
next(void)
{
	struct db_result result = { 0 };
	struct err err = { 0 };
	const char *name = NULL;

	if (!db_query(rig.w.db, &query_tracking_take, DB_NO_ARGS, &result,
		&err))
		fail_msg("%s", err.detail);
	if (result.row_count > 0)
		name = db_get_text(&result, 0, 2, &rig.w.arena);
	db_result_close(&result);
	return name;
}

static void
put_off(const char *kind, const char *name, bool is_refused)
{
	struct err err = { 0 };

	if (!db_exec(rig.w.db, &query_tracking_put_off,
		DB_ARGS(db_text("one"), db_text(kind), db_text(name),
		    db_integer(1), db_text("no"), db_flag(is_refused),
		    db_integer(60000)),
		NULL, &err))
		fail_msg("%s", err.detail);
}

static size_t
tell(const char *kind, const char *name, int64_t wanted)
{
	struct err err = { 0 };
	size_t gone;

	if (!db_exec(rig.w.db, &query_tracking_done,
		DB_ARGS(db_text("one"), db_text(kind), db_text(name),
		    db_integer(wanted)),
		&gone, &err))
		fail_msg("%s", err.detail);
	return gone;
}

static void
what_is_to_be_told_is_written_with_the_move_or_not_at_all(void **state)
{
	struct alias_move move = { .alias = "champion",
		.version = FIRST,
		.who = "user:head",
		.why = "a test",
		.despite_gate = true };
	struct err err = { 0 };

	(void)state;
	database_or_skip();
	assert_true(work_begin(&rig.w, "one", &err));
	assert_true(alias_move(&rig.w, "one", &move, &err));
	db_rollback(rig.w.db);
	assert_int_equal(count_rows(waiting), 0);
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	assert_string_equal(next(), "champion");
	assert_int_equal(point_champion_to(SECOND, "\"" FIRST "\""), 200);
	assert_int_equal(count_rows(waiting), 1);
}

static void
what_is_put_off_holds_the_rest_and_what_is_refused_does_not(void **state)
{
	(void)state;
	database_or_skip();
	want(TRACKED_JOB, "a");
	want(TRACKED_ALIAS, "b");
	assert_string_equal(next(), "a");
	put_off(TRACKED_JOB, "a", false);
	assert_null(next());
	put_off(TRACKED_JOB, "a", true);
	assert_string_equal(next(), "b");
	assert_int_equal(tell(TRACKED_ALIAS, "b", 1), 1);
	assert_null(next());
	/* Its day has come. */
	database_run(rig.owner, "UPDATE tracking_task SET next_try_at = now()");
	assert_string_equal(next(), "a");
}

static void
what_is_wanted_anew_while_it_is_told_is_told_again(void **state)
{
	(void)state;
	database_or_skip();
	want(TRACKED_ALIAS, "champion");
	put_off(TRACKED_ALIAS, "champion", true);
	want(TRACKED_ALIAS, "champion");
	assert_int_equal(tell(TRACKED_ALIAS, "champion", 1), 0);
	assert_string_equal(next(), "champion");
	assert_int_equal(tell(TRACKED_ALIAS, "champion", 2), 1);
	assert_int_equal(count_rows(waiting), 0);
}

static void
without_a_tracking_server_nothing_waits(void **state)
{
	static const struct training_settings none = { .mlflow_tracking_uri =
							   "" };

	(void)state;
	database_or_skip();
	rig.w.settings = &none;
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	rig.w.settings = &rig_settings;
	assert_int_equal(count_rows(waiting), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    what_is_to_be_told_is_written_with_the_move_or_not_at_all,
		    forget_champion),
		cmocka_unit_test_setup(
		    what_is_put_off_holds_the_rest_and_what_is_refused_does_not,
		    forget_champion),
		cmocka_unit_test_setup(
		    what_is_wanted_anew_while_it_is_told_is_told_again,
		    forget_champion),
		cmocka_unit_test_setup(without_a_tracking_server_nothing_waits,
		    forget_champion),
	};

	return cmocka_run_group_tests(tests, open_rig, close_rig);
}
