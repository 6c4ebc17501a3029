/*
 * experiments_test.c - what may be changed of an experiment, by whom and when,
 * and what is left of each change.
 */
#include "tests/unit/prediction/spring.h"

static void
what_cannot_be_is_refused(void **state)
{
	struct rig rig;

	(void)state;
	open_arms(&rig);
	fails(&rig, "create_experiment",
	    "{\"name\": \"a b\", \"why\": \"x\", \"arms\": []}", NULL,
	    ERR_INVALID, "small letters");
	fails(&rig, "create_experiment",
	    "{\"name\": \"a\", \"why\": \"x\", \"arms\": [{\"arm\": \"b\", "
	    "\"model\": \"shadow\", \"share\": 1}]}",
	    NULL, ERR_INVALID, "two at least");
	fails(&rig, "create_experiment",
	    "{\"name\": \"a\", \"why\": \"x\", \"arms\": [{\"arm\": \"b\", "
	    "\"model\": \"shadow\", \"share\": 1}, {\"arm\": \"b\", "
	    "\"model\": \"champion\", \"share\": 1}]}",
	    NULL, ERR_INVALID, "twice");
	fails(&rig, "create_experiment",
	    "{\"name\": \"a\", \"why\": \"x\", \"arms\": [{\"arm\": "
	    "\"champion\", \"model\": \"shadow\", \"share\": 1}, {\"arm\": "
	    "\"b\", \"model\": \"champion\", \"share\": 1}]}",
	    NULL, ERR_INVALID, "in no arm");
	fails(&rig, "create_experiment",
	    "{\"name\": \"a\", \"why\": \"x\", \"arms\": [{\"arm\": \"b\", "
	    "\"model\": \"shadow\", \"share\": 5001}, {\"arm\": \"c\", "
	    "\"model\": \"champion\", \"share\": 5000}]}",
	    NULL, ERR_INVALID, "10001");
	fails(&rig, "start_experiment", "none?{\"why\": \"x\"}", NULL,
	    ERR_NOT_FOUND, "none");
	call_for(&rig, "create_experiment",
	    "{\"name\": \"dim\", \"why\": \"x\", \"arms\": [{\"arm\": \"b\", "
	    "\"model\": \"shadow\", \"share\": 1}, {\"arm\": \"c\", "
	    "\"model\": \"champion\", \"share\": 1}]}",
	    NULL);
	fails(&rig, "create_experiment",
	    "{\"name\": \"dim\", \"why\": \"x\", \"arms\": [{\"arm\": \"b\", "
	    "\"model\": \"shadow\", \"share\": 1}, {\"arm\": \"c\", "
	    "\"model\": \"champion\", \"share\": 1}]}",
	    NULL, ERR_CONFLICT, "already");
	fails(&rig, "start_experiment", "dim?{\"why\": \"x\"}", NULL,
	    ERR_CONFLICT, "arm b is not here");
	fails(&rig, "end_experiment", "dim?{\"why\": \"x\"}", NULL,
	    ERR_CONFLICT, "is draft");
	rig_alias(&rig, "north", "shadow", sample_network_model(5));
	call_for(&rig, "start_experiment", "dim?{\"why\": \"x\"}", NULL);
	call_for(&rig, "create_experiment", plan, NULL);
	fails(&rig, "start_experiment", "spring?{\"why\": \"x\"}", NULL,
	    ERR_CONFLICT, "dim runs");
	fails(&rig, "delete_experiment", "dim", NULL, ERR_CONFLICT,
	    "is running");
	call_for(&rig, "delete_experiment", "spring", NULL);
	assert_int_equal(rig.status, 204);
	fails(&rig, "get_experiment", "spring", NULL, ERR_NOT_FOUND, "spring");
	rig_close(&rig);
}

static void
every_change_leaves_a_line(void **state)
{
	static const char *const changes[] = { "ended", "shares", "started",
		"made" };
	struct experiment_change_list list;
	struct experiment experiment;
	struct err err = { 0 };
	struct rig rig;

	(void)state;
	open_arms(&rig);
	start(&rig);
	call_for(&rig, "put_experiment_shares",
	    "spring?{\"why\": \"less\", \"shares\": [{\"arm\": \"new\", "
	    "\"share\": 10}]}",
	    "\"2\"");
	end(&rig);
	rig_read(&rig, &experiment_message, &experiment);
	assert_int_equal(experiment.state, EXPERIMENT_ENDED);
	assert_int_equal(experiment.revision, 4);
	assert_int_equal(experiment.arms[1].share, 10);
	assert_int_equal(strlen(experiment.arms[1].version), 64);
	call_for(&rig, "list_experiment_changes", "spring", NULL);
	rig_read(&rig, &experiment_change_list_message, &list);
	assert_int_equal(list.items_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(list.items[i].change, changes[i]);
		assert_string_equal(list.items[i].changed_by, "key:tests");
	}
	assert_true(list.items[0].arms.size > 20);
	/* Not even prediction itself may change them. */
	assert_true(work_begin(&rig.w, "north", &err));
	assert_false(db_exec(rig.w.db,
	    &(struct query){ "of_a_test", QUERY_EXEC,
		"DELETE FROM experiment_change", 0 },
	    DB_NO_ARGS, NULL, &err));
	db_rollback(rig.w.db);
	rig_close(&rig);
}

static void
other_tenants_see_none_of_it(void **state)
{
	struct experiment_list list;
	struct rig rig;

	(void)state;
	open_arms(&rig);
	start(&rig);
	assert_true(
	    rig_call(&rig, route_of("list_experiments"), "south", "", NULL));
	rig_read(&rig, &experiment_list_message, &list);
	assert_int_equal(list.items_count, 0);
	assert_false(rig_call(&rig, route_of("get_experiment"), "south",
	    "spring", NULL));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_false(rig_call(&rig, route_of("end_experiment"), "south",
	    "spring?{\"why\": \"x\"}", NULL));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_true(
	    rig_call(&rig, route_of("list_experiments"), "north", "", NULL));
	rig_read(&rig, &experiment_list_message, &list);
	assert_int_equal(list.items_count, 1);
	rig_close(&rig);
}

/* Training's answers from now on: what the gate said of the challenger. */
static void
judge_challenger(struct rig *rig, enum gate_outcome outcome)
{
	struct db_result rows;
	struct err err = { 0 };

	if (!work_begin(&rig->w, "north", &err) ||
	    !db_query(rig->w.db, &query_aliased_versions,
		DB_ARGS(db_text("north"), db_text("challenger")), &rows, &err))
		fail_msg("%s", err.detail);
	snprintf(rig->training.judged, sizeof(rig->training.judged), "%s",
	    db_get_text(&rows, 0, 1, &rig->w.arena));
	rig->training.outcome = outcome;
	db_result_close(&rows);
	db_rollback(rig->w.db);
}

/* What stands in the newest line of the audit; NULL: nothing. */
static const char *
read_despite(struct rig *rig)
{
	struct experiment_change_list list;

	call_for(rig, "list_experiment_changes", "spring", NULL);
	rig_read(rig, &experiment_change_list_message, &list);
	return list.items[0].despite_gate;
}

static void
a_refused_model_serves_on_an_arm_only_despite_the_gate(void **state)
{
	char version[13];
	const char *despite;
	struct rig rig;

	(void)state;
	open_arms(&rig);
	judge_challenger(&rig, GATE_REFUSED);
	snprintf(version, sizeof(version), "%.12s", rig.training.judged);
	call_for(&rig, "create_experiment", plan, NULL);
	fails(&rig, "start_experiment", "spring?{\"why\": \"x\"}", NULL,
	    ERR_CONFLICT, "arm new");
	assert_non_null(strstr(rig.err.detail, version));
	assert_non_null(strstr(rig.err.detail, "log-loss, leak"));
	assert_non_null(strstr(rig.err.detail, "--despite-gate"));
	assert_null(strstr(rig.err.detail, "arm control"));
	fails(&rig, "start_experiment",
	    "spring?{\"why\": \"x\", \"despite_gate\": false}", NULL,
	    ERR_CONFLICT, "arm new");
	fails(&rig, "end_experiment", "spring?{\"why\": \"x\"}", NULL,
	    ERR_CONFLICT, "is draft");
	call_for(&rig, "start_experiment",
	    "spring?{\"why\": \"a trial\", \"despite_gate\": true}", NULL);
	despite = read_despite(&rig);
	assert_non_null(despite);
	assert_non_null(strstr(despite, version));
	assert_non_null(strstr(despite, "log-loss, leak"));
	end(&rig);
	assert_null(read_despite(&rig));
	rig_close(&rig);
}

static void
an_arm_takes_the_first_digits_of_a_version(void **state)
{
	static const char words[] =
	    "{\"name\": \"%s\", \"why\": \"x\", \"arms\": ["
	    "{\"arm\": \"a\", \"model\": \"champion\", \"share\": 1},"
	    "{\"arm\": \"b\", \"model\": \"%.*s\", \"share\": 1}]}";
	struct experiment experiment;
	char body[300];
	struct rig rig;

	(void)state;
	open_arms(&rig);
	judge_challenger(&rig, GATE_ALLOWED);
	snprintf(body, sizeof(body), words, "few", 7, rig.training.judged);
	fails(&rig, "create_experiment", body, NULL, ERR_INVALID,
	    "first 8 digits");
	snprintf(body, sizeof(body), words, "none", 8, "01234567");
	fails(&rig, "create_experiment", body, NULL, ERR_INVALID,
	    "no model begins with 01234567");
	snprintf(body, sizeof(body), words, "short", 8, rig.training.judged);
	call_for(&rig, "create_experiment", body, NULL);
	rig_read(&rig, &experiment_message, &experiment);
	assert_string_equal(experiment.arms[1].model, rig.training.judged);
	call_for(&rig, "start_experiment", "short?{\"why\": \"x\"}", NULL);
	training_leave(&rig.training);
	snprintf(body, sizeof(body), words, "late", 8, rig.training.judged);
	fails(&rig, "create_experiment", body, NULL, ERR_UNAVAILABLE,
	    "training");
	rig_close(&rig);
}

/* Nothing speaks against it but that another one was better or simpler. */
static void
a_model_that_was_not_refused_needs_no_word(void **state)
{
	static const enum gate_outcome free[] = { GATE_ALLOWED,
		GATE_PASSED_OVER };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(free); i++) {
		struct rig rig;

		open_arms(&rig);
		judge_challenger(&rig, free[i]);
		start(&rig);
		assert_null(read_despite(&rig));
		rig_close(&rig);
	}
}

static void
nothing_starts_while_training_cannot_be_asked(void **state)
{
	struct experiment experiment;
	struct rig rig;

	(void)state;
	open_arms(&rig);
	call_for(&rig, "create_experiment", plan, NULL);
	training_leave(&rig.training);
	fails(&rig, "start_experiment",
	    "spring?{\"why\": \"x\", \"despite_gate\": true}", NULL,
	    ERR_UNAVAILABLE, "training");
	call_for(&rig, "get_experiment", "spring", NULL);
	rig_read(&rig, &experiment_message, &experiment);
	assert_int_equal(experiment.state, EXPERIMENT_DRAFT);
	assert_int_equal(experiment.revision, 1);
	assert_null(experiment.arms[1].version);
	assert_null(read_despite(&rig));
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(what_cannot_be_is_refused),
    cmocka_unit_test(every_change_leaves_a_line),
    cmocka_unit_test(a_refused_model_serves_on_an_arm_only_despite_the_gate),
    cmocka_unit_test(a_model_that_was_not_refused_needs_no_word),
    cmocka_unit_test(an_arm_takes_the_first_digits_of_a_version),
    cmocka_unit_test(nothing_starts_while_training_cannot_be_asked),
    cmocka_unit_test(other_tenants_see_none_of_it))
