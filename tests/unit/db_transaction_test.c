/*
 * db_transaction_test.c - transactions, deadlines, and what a connection
 * remembers, against a real PostgreSQL.
 */
#include "base/clock.h"
#include "tests/support/database.h"
#include "tests/support/test.h"

static const struct query query_insert = { "insert", QUERY_EXEC,
	"INSERT INTO item (id) VALUES ($1)", 1 };
static const struct query query_items = { "items", QUERY_MANY,
	"SELECT * FROM item ORDER BY id", 0 };
static const struct query query_wrong = { "wrong", QUERY_MANY,
	"SELECT no_such_column FROM item", 0 };
static const struct query query_sleep = { "sleep", QUERY_MANY,
	"SELECT pg_sleep($1)", 1 };

static struct db *
open_items(void)
{
	struct db *db = database_open("test_db", NULL);

	database_run(db, "CREATE TABLE item (id int PRIMARY KEY)");
	return db;
}

static size_t
count_items(struct db *db)
{
	struct db_result r;
	struct err err = { 0 };
	size_t count;

	if (!db_query(db, &query_items, DB_NO_ARGS, &r, &err))
		fail_msg("%s", err.detail);
	count = r.row_count;
	db_result_close(&r);
	return count;
}

static void
a_rolled_back_insert_is_not_there_and_a_committed_one_is(void **state)
{
	struct db *db = open_items();
	struct err err = { 0 };

	(void)state;
	assert_true(db_begin(db, NULL, &err));
	assert_true(
	    db_exec(db, &query_insert, DB_ARGS(db_integer(1)), NULL, &err));
	db_rollback(db);
	assert_int_equal(count_items(db), 0);
	assert_true(db_begin(db, NULL, &err));
	assert_true(db_in_transaction(db));
	assert_true(
	    db_exec(db, &query_insert, DB_ARGS(db_integer(1)), NULL, &err));
	assert_true(db_commit(db, &err));
	assert_false(db_in_transaction(db));
	db_rollback(db);
	assert_int_equal(count_items(db), 1);
	db_free(db);
}

static void
a_failed_transaction_cannot_be_committed(void **state)
{
	struct db *db = open_items();
	struct db_result r;
	struct err err = { 0 };

	(void)state;
	assert_true(db_begin(db, NULL, &err));
	assert_true(
	    db_exec(db, &query_insert, DB_ARGS(db_integer(1)), NULL, &err));
	assert_false(db_query(db, &query_wrong, DB_NO_ARGS, &r, &err));
	assert_false(db_commit(db, &err));
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_false(db_in_transaction(db));
	assert_int_equal(count_items(db), 0);
	db_free(db);
}

static void
a_table_altered_under_a_prepared_query_is_noticed(void **state)
{
	struct db *db = open_items();
	struct err err = { 0 };
	struct db_result r;

	(void)state;
	assert_int_equal(count_items(db), 0);
	database_run(db, "ALTER TABLE item ADD more int");
	assert_int_equal(count_items(db), 0);
	database_run(db, "ALTER TABLE item ADD yet_more int");
	assert_true(db_begin(db, NULL, &err));
	assert_false(db_query(db, &query_items, DB_NO_ARGS, &r, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	db_rollback(db);
	assert_true(db_begin(db, NULL, &err));
	assert_int_equal(count_items(db), 0);
	assert_true(db_commit(db, &err));
	database_run(db, "DEALLOCATE ALL");
	assert_int_equal(count_items(db), 0);
	db_free(db);
}

static void
a_statement_ends_by_its_deadline_and_the_next_runs(void **state)
{
	struct db *db = database_open("test_db", NULL);
	struct db_result r;
	struct err err = { 0 };

	(void)state;
	db_deadline(db, clock_ticks() + 50000);
	assert_false(
	    db_query(db, &query_sleep, DB_ARGS(db_real(30)), &r, &err));
	assert_int_equal(err.code, ERR_DEADLINE);
	assert_true(db_is_connected(db));
	/* passed: not even asked */
	assert_false(db_query(db, &query_sleep, DB_ARGS(db_real(0)), &r, &err));
	assert_int_equal(err.code, ERR_DEADLINE);
	db_deadline(db, 0);
	assert_true(
	    db_query(db, &query_sleep, DB_ARGS(db_real(0.2)), &r, &err));
	db_result_close(&r);
	db_free(db);
}

static void
the_deadline_holds_inside_a_transaction(void **state)
{
	struct db *db = database_open("test_db", NULL);
	struct db_result r;
	struct err err = { 0 };

	(void)state;
	db_deadline(db, clock_ticks() + 10 * SECOND_US);
	assert_true(db_begin(db, "north", &err));
	db_deadline(db, clock_ticks() + 50000);
	assert_false(
	    db_query(db, &query_sleep, DB_ARGS(db_real(30)), &r, &err));
	assert_int_equal(err.code, ERR_DEADLINE);
	assert_string_equal(db_sqlstate(db), "57014");
	assert_true(db_is_connected(db));
	db_rollback(db);
	assert_true(db_is_connected(db));
	db_free(db);
}

/* The transaction's number, and whose rows it sees. */
static int64_t
transaction_of(struct db *db, bool is_alone)
{
	static const struct query query = { "transaction_of", QUERY_ONE,
		"SELECT pg_current_xact_id(), "
		"current_setting('edupulse.tenant', true)",
		0 };
	struct db_result row;
	struct err err = { 0 };
	struct arena arena;
	int64_t number;

	arena_init(&arena, 1024);
	if (!(is_alone ? db_query_alone : db_query)(db, &query, DB_NO_ARGS,
		&row, &err))
		fail_msg("%s", err.detail);
	number = db_get_integer(&row, 0, 0);
	assert_string_equal(db_get_text(&row, 0, 1, &arena), "north");
	db_result_close(&row);
	arena_close(&arena);
	return number;
}

static void
a_question_alone_leaves_the_transaction_to_begin(void **state)
{
	struct db *db = database_open("db_test", NULL);
	struct err err = { 0 };
	int64_t first, second, third;

	(void)state;
	assert_true(db_begin(db, "north", &err));
	first = transaction_of(db, true);
	second = transaction_of(db, true);
	assert_int_not_equal(first, second);
	third = transaction_of(db, false);
	assert_int_not_equal(second, third);
	/* Now that it has begun, every question is part of it. */
	assert_int_equal(transaction_of(db, true), third);
	assert_true(db_commit(db, &err));
	db_free(db);
}

RUN_TESTS(
    cmocka_unit_test(a_rolled_back_insert_is_not_there_and_a_committed_one_is),
    cmocka_unit_test(a_failed_transaction_cannot_be_committed),
    cmocka_unit_test(a_table_altered_under_a_prepared_query_is_noticed),
    cmocka_unit_test(a_statement_ends_by_its_deadline_and_the_next_runs),
    cmocka_unit_test(the_deadline_holds_inside_a_transaction),
    cmocka_unit_test(a_question_alone_leaves_the_transaction_to_begin))
