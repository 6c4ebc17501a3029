/*
 * moves_test.c - what the gate said is asked before a champion is made, and
 * the audit is what a roll-back goes by; over a real database.
 */
#include "tests/unit/training/rig.h"
#include "wire/json.h"

/* As a job's end does (finish.c). */
static void
judge_model(const char *version, enum gate_outcome outcome, const char *against)
{
	static const char *const reasons[] = { "log-loss" };
	struct err err = { 0 };

	if (!work_begin(&rig.w, "one", &err) ||
	    !db_exec(rig.w.db, &query_judgement_add,
		DB_ARGS(db_text("one"), db_text(version),
		    db_text("0198e0d2-0000-7000-8000-000000000001"),
		    db_text(gate_outcome_choice.names[outcome]),
		    db_text(against),
		    db_texts(reasons, outcome == GATE_REFUSED),
		    db_text("log loss may be worse by 0.0100")),
		NULL, &err) ||
	    !work_commit(&rig.w, &err))
		fail_msg("%s", err.detail);
}

static int
roll_back_from(const char *if_match)
{
	return ask_rig((struct asked){ .method = "POST",
	    .path = "/api/v1/models/rollback",
	    .body = "{\"why\":\"marks look wrong\"}",
	    .if_match = if_match });
}

static struct alias_moved_list
read_moves(const char *path)
{
	struct alias_moved_list list;
	struct err err = { 0 };

	assert_int_equal(get(path), 200);
	if (!json_decode(&alias_moved_list_message, buf_slice(&rig.answer),
		JSON_STRICT, &rig.w.arena, &list, &err))
		fail_msg("%s", err.detail);
	return list;
}

static void
a_refused_model_becomes_champion_only_despite_the_gate(void **state)
{
	struct alias_moved_list list;

	(void)state;
	database_or_skip();
	judge_model(SECOND, GATE_REFUSED, NULL);
	assert_int_equal(propose_champion(SECOND, "\"none\""), 409);
	assert_non_null(strstr(rig.err.detail, "worse by 0.0100"));
	assert_int_equal(get("/api/v1/models/aliases/champion"), 404);
	assert_int_equal(point_champion_to(SECOND, "\"none\""), 200);
	list = read_moves("/api/v1/models/aliases/champion/moves");
	assert_string_equal(list.items[0].to_version, SECOND);
	assert_non_null(strstr(list.items[0].evidence.data, "refused"));
	assert_non_null(strstr(list.items[0].evidence.data, "log-loss"));
	assert_true(list.items[0].has_outcome);
	assert_int_equal(list.items[0].outcome, GATE_REFUSED);
	/* To be watched beside the champion, nobody's leave is needed. */
	assert_int_equal(
	    ask_rig((struct asked){ .method = "PUT",
		.path = "/api/v1/models/aliases/shadow",
		.body = "{\"version\":\"" SECOND "\",\"why\":\"a trial\"}",
		.if_match = "\"none\"" }),
	    200);
}

static struct model_row
read_model(const char *version)
{
	struct model_row model;
	struct err err = { 0 };
	char path[200];

	snprintf(path, sizeof(path), "/api/v1/models/%s", version);
	assert_int_equal(get(path), 200);
	if (!json_decode(&model_row_message, buf_slice(&rig.answer),
		JSON_STRICT, &rig.w.arena, &model, &err))
		fail_msg("%s", err.detail);
	return model;
}

/* By itself, and in the list. */
static void
check_against(const char *version, enum gate_outcome outcome,
    const char *against)
{
	struct model_row model = read_model(version);
	struct model_list list;
	struct err err = { 0 };
	size_t i = 0;

	assert_int_equal(model.outcome, outcome);
	assert_string_equal(model.judged_against, against);
	assert_int_equal(get("/api/v1/models"), 200);
	if (!json_decode(&model_list_message, buf_slice(&rig.answer),
		JSON_STRICT, &rig.w.arena, &list, &err))
		fail_msg("%s", err.detail);
	while (strcmp(list.items[i].version, version) != 0)
		assert_true(++i < list.items_count);
	assert_int_equal(list.items[i].outcome, outcome);
	assert_string_equal(list.items[i].judged_against, against);
}

static void
the_newest_judgement_is_what_a_model_shows(void **state)
{
	struct model_row model;

	(void)state;
	database_or_skip();
	judge_model(FIRST, GATE_REFUSED, NULL);
	judge_model(FIRST, GATE_ALLOWED, NULL);
	model = read_model(FIRST);
	assert_int_equal(model.outcome, GATE_ALLOWED);
	assert_int_equal(model.refused_by_count, 0);
	assert_null(model.judged_against);
	assert_int_equal(propose_champion(FIRST, "\"none\""), 200);
}

/* Made once more while it serves, a model is compared with itself; that it was
 * allowed to, or was passed over for another, says nothing of it. */
static void
what_a_champion_was_against_itself_is_not_shown(void **state)
{
	struct judged judged = { 0 };
	struct err err = { 0 };

	(void)state;
	database_or_skip();
	judge_model(FIRST, GATE_ALLOWED, SECOND);
	judge_model(FIRST, GATE_ALLOWED, FIRST);
	judge_model(FIRST, GATE_PASSED_OVER, FIRST);
	check_against(FIRST, GATE_ALLOWED, SECOND);
	assert_true(db_begin(rig.w.db, "one", &err));
	assert_true(judged_find(&rig.w, "one", FIRST, &judged, &err));
	assert_string_equal(judged.against, SECOND);
	db_rollback(rig.w.db);
	judge_model(FIRST, GATE_REFUSED, FIRST);
	check_against(FIRST, GATE_REFUSED, FIRST);
}

static void
check_held_back(const char *version, const char *if_match, const char *why)
{
	assert_int_equal(propose_champion(version, if_match), 409);
	if (strstr(rig.err.detail, why) == NULL ||
	    strstr(rig.err.detail, "despite_gate: true") == NULL)
		fail_msg("\"%s\" does not say \"%s\" and what to do",
		    rig.err.detail, why);
}

/* What was passed over for another, or never judged. */
static void
only_what_the_gate_allowed_needs_no_word(void **state)
{
	(void)state;
	database_or_skip();
	check_held_back(FOURTH, "\"none\"", "never judged");
	judge_model(THIRD, GATE_PASSED_OVER, NULL);
	check_held_back(THIRD, "\"none\"", "passed over");
	assert_int_equal(point_champion_to(THIRD, "\"none\""), 200);
}

static void
leave_is_given_against_one_champion(void **state)
{
	(void)state;
	database_or_skip();
	judge_model(FIRST, GATE_ALLOWED, NULL);
	judge_model(SECOND, GATE_ALLOWED, FIRST);
	check_held_back(SECOND, "\"none\"", "against aaaaaaaa0000");
	assert_int_equal(propose_champion(FIRST, "\"none\""), 200);
	/* Who has not seen the newest champion is told that first. */
	assert_int_equal(propose_champion(SECOND, "\"none\""), 412);
	assert_int_equal(propose_champion(SECOND, "\"" FIRST "\""), 200);
	check_held_back(FIRST, "\"" SECOND "\"", "against no champion");
	judge_model(THIRD, GATE_ALLOWED, FIRST);
	check_held_back(THIRD, "\"" SECOND "\"", "against aaaaaaaa0000");
	assert_int_equal(roll_back_from("\"" SECOND "\""), 200);
	assert_int_equal(propose_champion(THIRD, "\"" FIRST "\""), 200);
}

static void
a_roll_back_undoes_the_last_move_and_then_the_one_before(void **state)
{
	struct alias_moved_list list;

	(void)state;
	database_or_skip();
	assert_int_equal(roll_back_from(NULL), 428);
	assert_int_equal(roll_back_from("\"none\""), 409);
	judge_model(SECOND, GATE_ALLOWED, FIRST);
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	assert_int_equal(roll_back_from("\"" FIRST "\""), 409);
	assert_int_equal(point_champion_to(SECOND, "\"" FIRST "\""), 200);
	assert_int_equal(point_champion_to(THIRD, "\"" SECOND "\""), 200);
	/* Who has not seen the newest champion undoes nothing. */
	assert_int_equal(roll_back_from("\"" SECOND "\""), 412);
	assert_int_equal(roll_back_from("\"" THIRD "\""), 200);
	assert_string_equal(rig.head.etag, "\"" SECOND "\"");
	assert_int_equal(roll_back_from("\"" SECOND "\""), 200);
	assert_string_equal(rig.head.etag, "\"" FIRST "\"");
	assert_int_equal(roll_back_from("\"" FIRST "\""), 409);
	list = read_moves("/api/v1/models/aliases/champion/moves?limit=2");
	assert_int_equal(list.items_count, 2);
	assert_true(list.items[0].is_rollback);
	assert_string_equal(list.items[0].from_version, SECOND);
	assert_string_equal(list.items[0].why, "marks look wrong");
	assert_string_equal(list.items[0].moved_by, "user:head");
	assert_non_null(list.next);
	assert_string_equal(list.items[1].from_version, THIRD);
}

/* From where the champion is to where it shall be. */
static void
check_rolled_back(const char *from, const char *to)
{
	char tag[80], wanted[80];

	snprintf(tag, sizeof(tag), "\"%s\"", from);
	snprintf(wanted, sizeof(wanted), "\"%s\"", to);
	assert_int_equal(roll_back_from(tag), 200);
	assert_string_equal(rig.head.etag, wanted);
}

static void
a_move_to_where_it_points_already_is_refused(void **state)
{
	static const char every[] = "SELECT count(*) FROM alias_audit";
	int64_t lines;

	(void)state;
	database_or_skip();
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	assert_int_equal(point_champion_to(SECOND, "\"" FIRST "\""), 200);
	lines = count_rows(every);
	assert_int_equal(point_champion_to(SECOND, "\"" SECOND "\""), 409);
	assert_non_null(strstr(rig.err.detail, "aaaaaaaa1000 already"));
	assert_int_equal(count_rows(every), lines);
	check_rolled_back(SECOND, FIRST);
}

/* A line as it was written when such a move was still accepted. */
static void
add_line(const char *from, const char *to, bool is_rollback)
{
	struct err err = { 0 };

	if (!work_begin(&rig.w, "one", &err) ||
	    !db_exec(rig.w.db, &query_alias_audit_add,
		DB_ARGS(db_text("one"), db_text("champion"), db_text(from),
		    db_text(to), db_text("user:head"), db_text("again"),
		    db_null(), db_flag(is_rollback)),
		NULL, &err) ||
	    !work_commit(&rig.w, &err))
		fail_msg("%s", err.detail);
}

static void
lines_that_moved_nothing_do_not_hold_a_roll_back_up(void **state)
{
	(void)state;
	database_or_skip();
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	assert_int_equal(point_champion_to(SECOND, "\"" FIRST "\""), 200);
	add_line(SECOND, SECOND, false);
	add_line(SECOND, SECOND, true);
	check_rolled_back(SECOND, FIRST);
	assert_int_equal(roll_back_from("\"" FIRST "\""), 409);
}

static void
a_roll_back_never_returns_to_what_a_roll_back_removed(void **state)
{
	(void)state;
	database_or_skip();
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	assert_int_equal(point_champion_to(SECOND, "\"" FIRST "\""), 200);
	check_rolled_back(SECOND, FIRST);
	assert_int_equal(point_champion_to(THIRD, "\"" FIRST "\""), 200);
	assert_int_equal(point_champion_to(FIRST, "\"" THIRD "\""), 200);
	check_rolled_back(FIRST, THIRD);
	check_rolled_back(THIRD, FIRST);
	assert_int_equal(roll_back_from("\"" FIRST "\""), 409);
}

/* Such as were written when a roll-back could go elsewhere than one back. */
static void
a_roll_back_that_went_elsewhere_is_undone_as_a_move(void **state)
{
	(void)state;
	database_or_skip();
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	add_line(FIRST, SECOND, true);
	add_line(SECOND, FIRST, false);
	assert_int_equal(point_champion_to(THIRD, "\"" FIRST "\""), 200);
	check_rolled_back(THIRD, FIRST);
	check_rolled_back(FIRST, SECOND);
	check_rolled_back(SECOND, FIRST);
	assert_int_equal(roll_back_from("\"" FIRST "\""), 409);
}

static void
the_audit_is_read_page_by_page(void **state)
{
	struct alias_moved_list list, rest;
	char path[200];

	(void)state;
	database_or_skip();
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	assert_int_equal(point_champion_to(THIRD, "\"" FIRST "\""), 200);
	list = read_moves("/api/v1/models/aliases/champion/moves?limit=1");
	assert_int_equal(list.items_count, 1);
	snprintf(path, sizeof(path),
	    "/api/v1/models/aliases/champion/moves?limit=1&cursor=%s",
	    list.next);
	rest = read_moves(path);
	assert_string_equal(rest.items[0].to_version, FIRST);
	assert_true(rest.items[0].move_id < list.items[0].move_id);
	assert_int_equal(
	    get("/api/v1/models/aliases/champion/moves?cursor=1e9"), 422);
	assert_int_equal(get("/api/v1/models/aliases/winner/moves"), 404);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    a_refused_model_becomes_champion_only_despite_the_gate,
		    forget_champion),
		cmocka_unit_test_setup(
		    the_newest_judgement_is_what_a_model_shows,
		    forget_champion),
		cmocka_unit_test_setup(
		    what_a_champion_was_against_itself_is_not_shown,
		    forget_champion),
		cmocka_unit_test_setup(only_what_the_gate_allowed_needs_no_word,
		    forget_champion),
		cmocka_unit_test_setup(leave_is_given_against_one_champion,
		    forget_champion),
		cmocka_unit_test_setup(
		    a_roll_back_undoes_the_last_move_and_then_the_one_before,
		    forget_champion),
		cmocka_unit_test_setup(
		    a_move_to_where_it_points_already_is_refused,
		    forget_champion),
		cmocka_unit_test_setup(
		    lines_that_moved_nothing_do_not_hold_a_roll_back_up,
		    forget_champion),
		cmocka_unit_test_setup(
		    a_roll_back_never_returns_to_what_a_roll_back_removed,
		    forget_champion),
		cmocka_unit_test_setup(
		    a_roll_back_that_went_elsewhere_is_undone_as_a_move,
		    forget_champion),
		cmocka_unit_test_setup(the_audit_is_read_page_by_page,
		    forget_champion),
	};

	return cmocka_run_group_tests(tests, open_rig, close_rig);
}
