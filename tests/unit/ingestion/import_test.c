/*
 * import_test.c - an import that is only being read hears a cancel and the
 * service's stop; which attempts at one count.  Against a real database.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/inside.h"
#include "services/ingestion/import_run.h"
#include "services/ingestion/ingestion.h"
#include "services/ingestion/migrations.h"
#include "tests/support/database.h"
#include "tests/support/test.h"

enum { ROWS = 2000000, ROW_SIZE = 8, CANCEL_AT = 1000 };

/* What a step of these tests does at its row CANCEL_AT, and how far it came. */
struct reading {
	struct db *owner;
	struct service *service;
	const char *statement; /* NULL: the service is told to stop */
	int64_t rows;
};

static bool
take_head(void *user, const struct csv_row *row, struct err *err)
{
	(void)user;
	(void)row;
	(void)err;
	return true;
}

static bool
take_row(void *user, const struct csv_row *row, bool is_done, struct err *err)
{
	struct reading *reading = user;

	(void)row;
	(void)err;
	assert_true(is_done);
	if (++reading->rows != CANCEL_AT)
		return true;
	if (reading->statement != NULL)
		database_run(reading->owner, reading->statement);
	else
		atomic_store(&reading->service->is_stopping, true);
	return true;
}

static const struct file_step step = { "a.csv", 5000, 0, take_head, take_row,
	NULL };

static bool
read_memory(void *user, uint64_t offset, void *to, size_t size, size_t *got)
{
	size_t left = ROWS * ROW_SIZE - (size_t)offset;

	*got = left < size ? left : size;
	memcpy(to, (const char *)user + offset, *got);
	return true;
}

static struct db *
open_owner(void)
{
	struct db *owner = database_open("ingestion", NULL);
	struct err err = { 0 };
	size_t applied;

	database_run(owner,
	    "DO $$ BEGIN CREATE ROLE edupulse_ingestion LOGIN; "
	    "EXCEPTION WHEN duplicate_object THEN NULL; END $$");
	/* Other tests of the run may have taken the right from everyone. */
	database_run(owner,
	    "GRANT CONNECT, TEMPORARY ON DATABASE edupulse "
	    "TO edupulse_ingestion");
	database_run(owner,
	    "GRANT USAGE ON SCHEMA ingestion TO edupulse_ingestion");
	database_run(owner,
	    "CREATE TABLE epoch (value bigint NOT NULL)"); /* the skeleton's */
	if (!migrate(owner, &ingestion_migrations, 1, &applied, &err))
		fail_msg("%s", err.detail);
	database_run(owner,
	    "INSERT INTO import (id, tenant_id, created_by) "
	    "VALUES ('one', 'school', 'key:1'), ('two', 'school', 'key:1')");
	return owner;
}

/* Scan 16 MB; returns the rows read. */
static int64_t
scan(struct db *owner, struct service *service, const char *id,
    const char *statement, bool *is_stopped)
{
	static const struct bundle_limits limits = { 1 << 30, 250 };
	static const struct err no_fault;
	struct reading reading = { owner, service, statement, 0 };
	struct worker w = { .service = service,
		.db = database_open("ingestion", "edupulse_ingestion") };
	struct import_run run = { .w = &w, .id = id, .tenant = "school" };
	char *text = malloc(ROWS * ROW_SIZE + 1);
	struct err err = { 0 };

	for (size_t i = 0; i < ROWS; i++)
		memcpy(text + i * ROW_SIZE, "abc,def\n", ROW_SIZE);
	if (!bundle_open(&run.bundle,
		(struct byte_source){ read_memory, text, ROWS * ROW_SIZE,
		    &no_fault },
		"a.csv", &limits, &err) ||
	    !import_scan(&run, &step, &reading, &err))
		fail_msg("%s", err.detail);
	bundle_close(&run.bundle);
	db_free(w.db);
	free(text);
	*is_stopped = run.is_stopped;
	return reading.rows;
}

static void
a_scan_hears_a_cancel_and_a_stop_and_nothing_else(void **state)
{
	struct service service = { .arena = { 0 } };
	struct db *owner;
	bool is_stopped;

	(void)state;
	database_or_skip();
	owner = open_owner();
	assert_int_equal(scan(owner, &service, "one",
			     "UPDATE import SET cancel_asked = true "
			     "WHERE id = 'two'",
			     &is_stopped),
	    ROWS - 1);
	assert_false(is_stopped);
	assert_in_range(scan(owner, &service, "one",
			    "UPDATE import SET cancel_asked = true "
			    "WHERE id = 'one'",
			    &is_stopped),
	    CANCEL_AT, ROWS / 2);
	assert_true(is_stopped);
	/* Within one piece of 64 KiB. */
	database_run(owner, "UPDATE import SET cancel_asked = false");
	assert_in_range(scan(owner, &service, "one", NULL, &is_stopped),
	    CANCEL_AT, CANCEL_AT + 65536 / ROW_SIZE);
	assert_true(is_stopped);
	db_free(owner);
}

static int64_t
attempts_after(struct db *owner, const char *run)
{
	static const struct query attempts = { "attempts", QUERY_ONE,
		"SELECT attempts FROM import_task", 0 };
	struct service service = { .arena = { 0 } };
	char id[16];
	struct worker w = { .service = &service,
		.state = id,
		.db = database_open("ingestion", "edupulse_ingestion") };
	struct db_result result;
	struct err err = { 0 };
	bool again;
	int64_t count;

	snprintf(id, sizeof(id), "%s", run);
	arena_init(&w.arena, 65536);
	assert_false(run_imports(&w, &again, &err));
	arena_close(&w.arena);
	db_free(w.db);
	assert_true(db_query(owner, &attempts, DB_NO_ARGS, &result, &err));
	count = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return count;
}

/* What is counted is what may have ended the daemon: an attempt that failed
 * before it could begin is none, nor one whose end the database never heard
 * of, as when it was away. */
static void
an_attempt_counts_when_another_run_takes_the_import_up(void **state)
{
	struct db *owner;

	(void)state;
	database_or_skip();
	owner = open_owner();
	database_run(owner,
	    "INSERT INTO import_task (import_id, tenant_id, upload_id, parts,"
	    " size) VALUES ('unknown', 'school', 'none', 1, 1)");
	for (int i = 0; i < 3; i++)
		assert_int_equal(attempts_after(owner, "first"), 0);
	/* As a run leaves it that ended, or could not excuse itself. */
	database_run(owner,
	    "CREATE FUNCTION unheard() RETURNS trigger LANGUAGE plpgsql AS"
	    " 'BEGIN RETURN NULL; END'");
	database_run(owner,
	    "CREATE TRIGGER unheard BEFORE UPDATE ON import_task FOR EACH ROW"
	    " WHEN (new.attempts < old.attempts) EXECUTE FUNCTION unheard()");
	for (int i = 0; i < 3; i++)
		assert_int_equal(attempts_after(owner, "first"), 1);
	assert_int_equal(attempts_after(owner, "second"), 2);
	db_free(owner);
}

RUN_TESTS(
    cmocka_unit_test(an_attempt_counts_when_another_run_takes_the_import_up),
    cmocka_unit_test(a_scan_hears_a_cancel_and_a_stop_and_nothing_else))
