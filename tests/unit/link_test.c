/*
 * link_test.c - a connection that breaks, freezes or never comes up, and what
 * a tenant sees on one that works.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "db/db.h"
#include "tests/support/database.h"
#include "tests/support/test.h"

static const struct query query_pid = { "pid", QUERY_ONE,
	"SELECT pg_backend_pid()", 0 };
static const struct query query_kill = { "kill", QUERY_ONE,
	"SELECT pg_terminate_backend($1, 5000)", 1 };
static const struct query query_notes = { "notes", QUERY_MANY,
	"SELECT text FROM note ORDER BY text", 0 };
static const struct query query_note = { "note", QUERY_EXEC,
	"INSERT INTO note (tenant_id, text) VALUES ($1, $2)", 2 };

static int
pid_of(struct db *db)
{
	struct db_result r;
	struct err err = { 0 };
	int pid;

	if (!db_query(db, &query_pid, DB_NO_ARGS, &r, &err))
		fail_msg("%s", err.detail);
	pid = (int)db_get_integer(&r, 0, 0);
	db_result_close(&r);
	return pid;
}

/* End the connection's server process from another one. */
static void
terminate(int pid)
{
	struct db_settings settings = { .conninfo = database_or_skip() };
	struct db *killer = db_new(&settings);
	struct db_result r;
	struct err err = { 0 };

	assert_true(
	    db_query(killer, &query_kill, DB_ARGS(db_integer(pid)), &r, &err));
	assert_true(db_get_flag(&r, 0, 0));
	db_result_close(&r);
	db_free(killer);
}

static void
a_connection_lost_while_idle_is_made_anew(void **state)
{
	struct db *db = database_open("test_link", NULL);
	int pid = pid_of(db);

	(void)state;
	terminate(pid);
	assert_int_not_equal(pid_of(db), pid);
	db_free(db);
}

static void
a_connection_lost_in_a_transaction_fails_it_and_the_next_one_runs(void **state)
{
	struct db *db = database_open("test_link", NULL);
	struct db_result r;
	struct err err = { 0 };
	int pid;

	(void)state;
	assert_true(db_begin(db, NULL, &err));
	pid = pid_of(db);
	terminate(pid);
	for (int i = 0; i < 2; i++) {
		err_clear(&err);
		assert_false(db_query(db, &query_pid, DB_NO_ARGS, &r, &err));
		assert_int_equal(err.code, ERR_UNAVAILABLE);
		assert_int_equal(err.retry_after, 1);
		assert_true(db_in_transaction(db));
	}
	assert_false(db_commit(db, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_true(db_begin(db, NULL, &err));
	assert_int_not_equal(pid_of(db), pid);
	assert_true(db_commit(db, &err));
	db_free(db);
}

/* Ends its own server process where the transaction begins first. */
static void
a_connection_lost_under_a_first_statement_is_made_anew_once(void **state)
{
	static const struct query once = { "once", QUERY_ONE,
		"SELECT pg_backend_pid(), CASE WHEN pg_backend_pid() = $1 "
		"THEN pg_terminate_backend($1) END",
		1 };
	static const struct query always = { "always", QUERY_ONE,
		"SELECT pg_terminate_backend(pg_backend_pid())", 0 };
	struct db *db = database_open("test_link", NULL);
	int pid = pid_of(db);
	struct db_result r;
	struct err err = { 0 };

	(void)state;
	assert_true(db_begin(db, NULL, &err));
	if (!db_query(db, &once, DB_ARGS(db_integer(pid)), &r, &err))
		fail_msg("%s", err.detail);
	assert_int_not_equal(db_get_integer(&r, 0, 0), pid);
	db_result_close(&r);
	/* Now the transaction has begun and is lost. */
	pid = pid_of(db);
	assert_false(db_query(db, &once, DB_ARGS(db_integer(pid)), &r, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	db_rollback(db);
	assert_true(db_begin(db, NULL, &err));
	assert_false(db_query(db, &always, DB_NO_ARGS, &r, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	db_rollback(db);
	db_free(db);
}

/* Of a client that is frozen, say; here the time is shorter. */
static void
a_transaction_in_which_nothing_is_said_is_ended(void **state)
{
	static const struct query limit = { "limit", QUERY_ONE,
		"SELECT current_setting('idle_in_transaction_session_timeout')",
		0 };
	static const struct query lives = { "lives", QUERY_ONE,
		"SELECT count(*) FROM pg_stat_activity WHERE pid = $1", 1 };
	struct db *db = database_open("test_link", NULL);
	struct db *other = database_open("test_link_other", NULL);
	struct db_result r;
	struct err err = { 0 };
	int pid = pid_of(db);
	int64_t count = 1;

	(void)state;
	assert_true(db_query(db, &limit, DB_NO_ARGS, &r, &err));
	assert_int_equal(db_get_bytes(&r, 0, 0).size, 3);
	assert_memory_equal(db_get_bytes(&r, 0, 0).data, "90s", 3);
	db_result_close(&r);
	assert_true(db_begin(db, NULL, &err));
	database_run(db,
	    "SET LOCAL idle_in_transaction_session_timeout = '10ms'");
	while (count > 0) {
		assert_true(db_query(other, &lives, DB_ARGS(db_integer(pid)),
		    &r, &err));
		count = db_get_integer(&r, 0, 0);
		db_result_close(&r);
	}
	assert_false(db_query(db, &query_pid, DB_NO_ARGS, &r, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	db_rollback(db);
	assert_int_not_equal(pid_of(db), pid);
	db_free(db);
	db_free(other);
}

static void
a_database_that_is_known_to_be_away_is_not_asked(void **state)
{
	atomic_bool is_away = true;
	struct db_settings settings = { .conninfo = database_or_skip(),
		.is_away = &is_away };
	struct db *db = db_new(&settings);
	struct db_result r;
	struct err err = { 0 };

	(void)state;
	assert_false(db_query(db, &query_pid, DB_NO_ARGS, &r, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_int_equal(err.retry_after, 2);
	assert_true(db_begin(db, NULL, &err));
	assert_false(db_query(db, &query_pid, DB_NO_ARGS, &r, &err));
	db_rollback(db);
	atomic_store(&is_away, false);
	assert_true(db_begin(db, NULL, &err));
	pid_of(db);
	/* What has begun may go well all the same. */
	atomic_store(&is_away, true);
	pid_of(db);
	assert_true(db_commit(db, &err));
	db_free(db);
}

static void
a_frozen_server_is_given_up_soon_after_the_deadline(void **state)
{
	struct db *db = database_open("test_link", NULL);
	int pid = pid_of(db);
	int64_t start = clock_ticks();
	struct db_result r;
	struct err err = { 0 };
	bool ok;

	(void)state;
	db_deadline(db, start + 50000);
	if (kill(pid, SIGSTOP) != 0) {
		print_message("the server belongs to somebody else\n");
		skip();
	}
	ok = db_query(db, &query_pid, DB_NO_ARGS, &r, &err);
	kill(pid, SIGCONT);
	assert_false(ok);
	assert_int_equal(err.code, ERR_DEADLINE);
	assert_true(clock_ticks() - start < 30 * SECOND_US);
	assert_false(db_is_connected(db));
	db_deadline(db, 0);
	assert_int_not_equal(pid_of(db), pid);
	db_free(db);
}

static void
a_server_that_is_not_there_is_unavailable_at_once(void **state)
{
	struct db_settings settings = { .conninfo =
					    "host=/nowhere dbname=nothing",
		.role = "nobody",
		.schema = "nothing" };
	struct db *db = db_new(&settings);
	struct err err = { 0 };
	int64_t start = clock_ticks();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_false(db_connect(db, &err));
		assert_int_equal(err.code, ERR_UNAVAILABLE);
		assert_int_equal(err.retry_after, 1);
	}
	assert_false(db_is_connected(db));
	assert_true(clock_ticks() - start < 30 * SECOND_US);
	db_free(db);
}

/* A table under the policy of every table with tenants' data, and a role
 * that it holds for. */
static struct db *
open_notes(void)
{
	struct db *owner = database_open("test_tenant", NULL);
	struct db_result r;
	struct err err = { 0 };
	static const struct query query_role = { "role", QUERY_MANY,
		"SELECT 1 FROM pg_roles WHERE rolname = 'test_reader'", 0 };
	bool exists;

	assert_true(db_query(owner, &query_role, DB_NO_ARGS, &r, &err));
	exists = r.row_count == 1;
	db_result_close(&r);
	if (!exists)
		database_run(owner, "CREATE ROLE test_reader LOGIN");
	database_run(owner,
	    "CREATE TABLE note (tenant_id text NOT NULL, text text NOT NULL)");
	database_run(owner, "ALTER TABLE note ENABLE ROW LEVEL SECURITY");
	database_run(owner,
	    "CREATE POLICY tenant ON note USING (tenant_id = "
	    "nullif(current_setting('edupulse.tenant', true), ''))");
	database_run(owner, "GRANT USAGE ON SCHEMA test_tenant TO test_reader");
	database_run(owner, "GRANT SELECT, INSERT ON note TO test_reader");
	db_free(owner);
	return database_open("test_tenant", "test_reader");
}

/* The notes that are seen now, parted by blanks. */
static void
check_notes(struct db *db, const char *want)
{
	char seen[128] = "";
	struct db_result r;
	struct err err = { 0 };

	if (!db_query(db, &query_notes, DB_NO_ARGS, &r, &err))
		fail_msg("%s", err.detail);
	for (size_t i = 0; i < r.row_count; i++) {
		struct slice note = db_get_bytes(&r, i, 0);
		size_t used = strlen(seen);

		snprintf(seen + used, sizeof(seen) - used, "%.*s ",
		    (int)note.size, note.data);
	}
	db_result_close(&r);
	assert_string_equal(seen, want);
}

static void
a_tenant_sees_its_own_rows_and_only_in_its_transaction(void **state)
{
	struct db *db = open_notes();
	struct err err = { 0 };

	(void)state;
	check_notes(db, "");
	assert_true(db_begin(db, "north", &err));
	assert_true(db_exec(db, &query_note,
	    DB_ARGS(db_text("north"), db_text("a")), NULL, &err));
	assert_true(db_commit(db, &err));
	check_notes(db, "");
	assert_true(db_begin(db, "south", &err));
	assert_true(db_exec(db, &query_note,
	    DB_ARGS(db_text("south"), db_text("b")), NULL, &err));
	check_notes(db, "b ");
	assert_true(db_commit(db, &err));
	assert_true(db_begin(db, "north", &err));
	check_notes(db, "a ");
	db_rollback(db);
	assert_true(db_begin(db, NULL, &err));
	check_notes(db, "");
	assert_true(db_commit(db, &err));
	db_free(db);
}

static void
writing_for_another_tenant_is_forbidden(void **state)
{
	struct db *db = open_notes();
	struct err err = { 0 };

	(void)state;
	assert_true(db_begin(db, "north", &err));
	assert_false(db_exec(db, &query_note,
	    DB_ARGS(db_text("south"), db_text("b")), NULL, &err));
	assert_int_equal(err.code, ERR_FORBIDDEN);
	assert_string_equal(db_sqlstate(db), "42501");
	db_rollback(db);
	assert_string_equal(db_sqlstate(db), "42501");
	db_free(db);
}

RUN_TESTS(cmocka_unit_test(a_connection_lost_while_idle_is_made_anew),
    cmocka_unit_test(
	a_connection_lost_in_a_transaction_fails_it_and_the_next_one_runs),
    cmocka_unit_test(
	a_connection_lost_under_a_first_statement_is_made_anew_once),
    cmocka_unit_test(a_transaction_in_which_nothing_is_said_is_ended),
    cmocka_unit_test(a_database_that_is_known_to_be_away_is_not_asked),
    cmocka_unit_test(a_frozen_server_is_given_up_soon_after_the_deadline),
    cmocka_unit_test(a_server_that_is_not_there_is_unavailable_at_once),
    cmocka_unit_test(a_tenant_sees_its_own_rows_and_only_in_its_transaction),
    cmocka_unit_test(writing_for_another_tenant_is_forbidden))
