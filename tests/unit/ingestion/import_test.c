/*
 * import_test.c - an import that is only being read hears a cancel and the
 * service's stop; which attempts at one count; what refused rows cost.
 * Against a real database.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "service/inside.h"
#include "services/ingestion/import_run.h"
#include "services/ingestion/ingestion.h"
#include "tests/support/open_bus.h"
#include "tests/unit/ingestion/schema.h"

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

/* `user` is a struct slice. */
static bool
read_memory(void *user, uint64_t offset, void *to, size_t size, size_t *got)
{
	const struct slice *text = user;
	size_t left = text->size - (size_t)offset;

	*got = left < size ? left : size;
	memcpy(to, text->data + offset, *got);
	return true;
}

static void
open_file(struct bundle *bundle, const char *name, struct slice *text)
{
	static const struct bundle_limits limits = { 1 << 30, 250 };
	static const struct err no_fault;
	struct err err = { 0 };

	if (!bundle_open(bundle,
		(struct byte_source){ read_memory, text, text->size,
		    &no_fault },
		name, &limits, &err))
		fail_msg("%s", err.detail);
}

static struct db *
open_owner(void)
{
	struct db *owner = open_ingestion();

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
	struct reading reading = { owner, service, statement, 0 };
	struct worker w = { .service = service,
		.db = database_open("ingestion", "edupulse_ingestion") };
	struct import_run run = { .w = &w, .id = id, .tenant = "school" };
	char *text = malloc(ROWS * ROW_SIZE + 1);
	struct err err = { 0 };

	for (size_t i = 0; i < ROWS; i++)
		memcpy(text + i * ROW_SIZE, "abc,def\n", ROW_SIZE);
	open_file(&run.bundle, "a.csv",
	    &(struct slice){ text, ROWS * ROW_SIZE });
	if (!import_scan(&run, &step, &reading, &err))
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

/* The file `courses.csv` of `rows` rows, all of them without a good day. */
static void
import_bad_courses(struct db *owner, size_t rows)
{
	struct service service = { .arena = { 0 } };
	struct worker w = { .service = &service,
		.db = database_open("ingestion", "edupulse_ingestion"),
		.bus = open_bus("/nowhere", "ingestion",
		    "a key of the tests, 32 bytes long"),
		.scratch = enrollment_cache_new() };
	struct import_run run = { .w = &w, .id = "one", .tenant = "school" };
	struct buf text = { 0 };
	struct slice file;
	struct err err = { 0 };

	database_run(owner,
	    "INSERT INTO import_task (import_id, tenant_id, upload_id, parts,"
	    " size) VALUES ('one', 'school', 'none', 1, 1)");
	buf_text(&text, "course_id,start_date,end_date\n");
	for (size_t i = 0; i < rows; i++)
		buf_printf(&text, "c%zu,never,never\n", i);
	file = buf_slice(&text);
	arena_init(&run.arena, 65536);
	occurrences_init(&run.seen);
	open_file(&run.bundle, "courses.csv", &file);
	if (!import_own_form(&run, &err))
		fail_msg("%s", err.detail);
	bundle_close(&run.bundle);
	occurrences_close(&run.seen);
	arena_close(&run.arena);
	enrollment_cache_free(w.scratch);
	db_free(w.db);
	bus_free(w.bus);
	buf_close(&text);
}

static long
peak_kilobytes(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

static void
rows_that_are_refused_take_no_room_of_rows_that_are_kept(void **state)
{
	static const struct query refused = { "refused", QUERY_ONE,
		"SELECT refused FROM import WHERE id = 'one'", 0 };
	struct db_result result;
	struct err err = { 0 };
	struct db *owner;
	long before;

	(void)state;
	database_or_skip();
	owner = open_owner();
	before = peak_kilobytes();
	import_bad_courses(owner, 2000);
	assert_in_range(peak_kilobytes() - before, 0, 100000);
	assert_true(db_query(owner, &refused, DB_NO_ARGS, &result, &err));
	assert_int_equal(db_get_integer(&result, 0, 0), 2000);
	db_result_close(&result);
	db_free(owner);
}

RUN_TESTS(
    cmocka_unit_test(rows_that_are_refused_take_no_room_of_rows_that_are_kept),
    cmocka_unit_test(an_attempt_counts_when_another_run_takes_the_import_up),
    cmocka_unit_test(a_scan_hears_a_cancel_and_a_stop_and_nothing_else))
