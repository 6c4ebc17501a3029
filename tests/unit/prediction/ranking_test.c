/*
 * ranking_test.c - the job that brings rankings up to date: what it forgets,
 * and what becomes of it when it is broken off.
 */
#include "services/prediction/ranking.h"
#include "tests/unit/prediction/school.h"

static int
count_scores(struct rig *rig, const char *tenant)
{
	static const struct query count = { "count_scores", QUERY_ONE,
		"SELECT count(*) FROM score WHERE tenant_id = $1::text", 1 };
	struct db_result row;
	struct err err = { 0 };
	int64_t scores;

	if (!db_query(rig->owner, &count, DB_ARGS(db_text(tenant)), &row, &err))
		fail_msg("%s", err.detail);
	scores = db_get_integer(&row, 0, 0);
	db_result_close(&row);
	return (int)scores;
}

/* Whether there was a ranking to be made, and whether it was. */
static void
run_rankings(struct rig *rig, bool is_due, bool is_made)
{
	struct err err = { 0 };
	bool again;

	assert_int_equal(refresh_rankings(&rig->w, &again, &err), is_made);
	assert_int_equal(again, is_due);
	db_rollback(rig->w.db);
	arena_reset(&rig->w.arena);
}

static void
age_news(struct rig *rig)
{
	database_run(rig->owner,
	    "UPDATE tenant_change SET changed_at = now() - interval '1 hour'");
}

static void
the_newest_score_outlives_its_day_until_there_is_a_newer_one(void **state)
{
	static const struct query left = { "left_scores", QUERY_ONE,
		"SELECT count(*), count(*) FILTER (WHERE enrollment_id = 3) "
		"FROM score",
		0 };
	struct db_result row;
	struct err err = { 0 };
	struct rig rig;

	(void)state;
	open_school(&rig);
	look_from(&rig, TODAY - 20);
	age_news(&rig);
	run_rankings(&rig, true, true);
	database_run(rig.owner,
	    "UPDATE score SET scored_at = now() - interval '2 days'");
	rig_enrollment(&rig, "north", 3, "s3", "math")->withdrawn_on = TODAY;
	rig.entries[rig.count - 1].enrollment->has_withdrawn_on = true;
	look_from(&rig, TODAY);
	age_news(&rig);
	run_rankings(&rig, true, true);
	if (!db_query(rig.owner, &left, DB_NO_ARGS, &row, &err))
		fail_msg("%s", err.detail);
	/* Today's: s1 ... without s3, `both` twice, `new`; and s3's old one. */
	assert_int_equal(db_get_integer(&row, 0, 0), STUDENTS - 1 + 3 + 1);
	assert_int_equal(db_get_integer(&row, 0, 1), 1);
	db_result_close(&row);
	rig_close(&rig);
}

/* What breaks a ranking off takes its open transaction with it, as a kill of
 * the daemon does. */
static void
a_ranking_that_was_broken_off_is_taken_up_by_the_next_look(void **state)
{
	struct rig rig;

	(void)state;
	open_school(&rig);
	age_news(&rig);
	database_run(rig.owner,
	    "ALTER TABLE score ADD CONSTRAINT broken CHECK (enrollment_id < 0)");
	run_rankings(&rig, true, false);
	database_run(rig.owner, "ALTER TABLE score DROP CONSTRAINT broken");
	run_rankings(&rig, true, true);
	assert_int_equal(count_scores(&rig, "north"), STUDENTS + 3);
	run_rankings(&rig, false, true);
	rig_close(&rig);
}

/* Nor does it keep other tenants from theirs. */
static void
after_a_ranking_that_was_broken_off_another_tenant_has_its_turn(void **state)
{
	struct rig rig;

	(void)state;
	open_school(&rig);
	database_run(rig.owner,
	    "ALTER TABLE score ADD CONSTRAINT broken CHECK (tenant_id <> 'north')");
	age_news(&rig);
	run_rankings(&rig, true, false);
	rig_rules(&rig, "south", TODAY);
	rig_course(&rig, "south", "math", MONDAY, MONDAY + 200);
	rig_enrollment(&rig, "south", 1, "s1", "math");
	for (int32_t day = MONDAY; day <= TODAY; day += 7)
		rig_record(&rig, "south", RECORD_ATTENDANCE, 1, day)
		    ->has_value_code = true;
	rig_apply(&rig);
	rig_model(&rig, "south", sample_network_model(3));
	age_news(&rig);
	run_rankings(&rig, true, true);
	assert_int_equal(count_scores(&rig, "south"), 1);
	run_rankings(&rig, true, false);
	rig_close(&rig);
}

/* A page of the log is told of at the time it began; when it is committed, the
 * ranking may have begun later and seen nothing of it. */
static void
news_that_are_older_than_the_ranking_are_news(void **state)
{
	struct rig rig;

	(void)state;
	open_school(&rig);
	age_news(&rig);
	run_rankings(&rig, true, true);
	run_rankings(&rig, false, true);
	database_run(rig.owner,
	    "UPDATE tenant_change SET changed_at = now() - interval '2 hours'");
	run_rankings(&rig, true, true);
	run_rankings(&rig, false, true);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(
	      the_newest_score_outlives_its_day_until_there_is_a_newer_one),
    cmocka_unit_test(
	a_ranking_that_was_broken_off_is_taken_up_by_the_next_look),
    cmocka_unit_test(
	after_a_ranking_that_was_broken_off_another_tenant_has_its_turn),
    cmocka_unit_test(news_that_are_older_than_the_ranking_are_news))
