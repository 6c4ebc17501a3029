/* example_kinds.c - the services alpha and beta of example.h. */
#include <stdlib.h>
#include <time.h>

#include "service/call.h"
#include "service/service.h"
#include "tests/support/example.h"
#include "tests/support/example_kinds.h"
#include "wire/json.h"

#define PROTO_DEF "tests/support/example.def"
#include "proto/as_messages.h"

static const struct query insert_note = { "insert_note", QUERY_ONE,
	"INSERT INTO note (text) VALUES ($1::text) RETURNING id", 1 };
static const struct query note_by_id = { "note_by_id", QUERY_ONE,
	"SELECT id, text FROM note WHERE id = $1::bigint", 1 };
static const struct query wait_for_lock = { "wait_for_lock", QUERY_ONE,
	"SELECT pg_advisory_xact_lock($1::bigint) IS NULL", 1 };
static const struct query insert_heard = { "insert_heard", QUERY_EXEC,
	"INSERT INTO heard (text) VALUES ($1::text)", 1 };
static const struct query all_heard = { "all_heard", QUERY_ONE,
	"SELECT string_agg(text, ' ' ORDER BY id), "
	"(SELECT value FROM job_run) FROM heard",
	0 };
static const struct query job_runs = { "job_runs", QUERY_ONE,
	"SELECT value FROM job_run", 0 };
static const struct query count_job = { "count_job", QUERY_EXEC,
	"UPDATE job_run SET value = value + 1", 0 };

static bool
store_note(struct worker *w, const char *text, struct example_stored *stored,
    struct err *err)
{
	struct db_result result;

	if (!db_query(w->db, &insert_note, DB_ARGS(db_text(text)), &result,
		err))
		return false;
	stored->id = db_get_integer(&result, 0, 0);
	stored->text = text;
	db_result_close(&result);
	return true;
}

static bool
add_note(struct worker *w, struct call *call, struct err *err)
{
	struct example_note note;
	struct example_stored stored;

	if (!call_read(call, &note, err) ||
	    !store_note(w, note.text, &stored, err) ||
	    !say(w, "note.added", call->head->tenant, NULL,
		&example_stored_message, &stored, err))
		return false;
	return reply(call, 201, &example_stored_message, &stored);
}

static bool
get_note(struct worker *w, struct call *call, struct err *err)
{
	struct example_stored stored;
	struct db_result result;
	long id = strtol(call_path(call, "id"), NULL, 10);

	if (!db_query(w->db, &note_by_id, DB_ARGS(db_integer(id)), &result,
		err))
		return false;
	stored.id = db_get_integer(&result, 0, 0);
	stored.text = db_get_text(&result, 0, 1, call->arena);
	db_result_close(&result);
	return reply(call, 200, &example_stored_message, &stored);
}

static bool
wait_and_add(struct worker *w, struct call *call, struct err *err)
{
	struct db_result result;

	if (!db_query(w->db, &wait_for_lock, DB_ARGS(db_integer(EXAMPLE_LOCK)),
		&result, err))
		return false;
	db_result_close(&result);
	return add_note(w, call, err);
}

/* A note in a transaction of its own before the one that waits. */
static bool
add_twice(struct worker *w, struct call *call, struct err *err)
{
	struct example_stored stored;

	return store_note(w, "first", &stored, err) && work_commit(w, err) &&
	    work_begin(w, call->head->tenant, err) &&
	    wait_and_add(w, call, err);
}

static bool
add_and_fail(struct worker *w, struct call *call, struct err *err)
{
	struct example_note note;
	struct example_stored stored;

	return call_read(call, &note, err) &&
	    store_note(w, note.text, &stored, err) &&
	    err_set(err, ERR_INTERNAL, "secret detail of the inside");
}

static bool
get_heard(struct worker *w, struct call *call, struct err *err)
{
	struct example_heard heard = { 0 };
	struct db_result result;

	if (!db_query(w->db, &all_heard, DB_NO_ARGS, &result, err))
		return false;
	heard.texts = db_get_text(&result, 0, 0, call->arena);
	heard.jobs = db_get_integer(&result, 0, 1);
	db_result_close(&result);
	return reply(call, 200, &example_heard_message, &heard);
}

static bool
add_heard(struct worker *w, struct call *call, struct err *err)
{
	struct example_note note;

	return call_read(call, &note, err) &&
	    db_exec(w->db, &insert_heard, DB_ARGS(db_text(note.text)), NULL,
		err) &&
	    reply(call, 201, &example_note_message, &note);
}

static bool
hear_note(struct worker *w, const struct event *event, struct err *err)
{
	struct example_stored stored;

	return json_decode(&example_stored_message, event->data, JSON_LENIENT,
		   &w->arena, &stored, err) &&
	    db_exec(w->db, &insert_heard, DB_ARGS(db_text(stored.text)), NULL,
		err);
}

static bool
run_job(struct worker *w, bool *again, struct err *err)
{
	*again = false;
	return work_begin(w, NULL, err) &&
	    db_exec(w->db, &count_job, DB_NO_ARGS, NULL, err) &&
	    work_commit(w, err);
}

/* Until the other job has run, which it must not keep waiting. */
static bool
wait_for_count(struct worker *w, bool *again, struct err *err)
{
	struct db_result result = { 0 };
	int64_t runs = 0;

	*again = false;
	while (runs == 0 && !service_is_stopping(w->service)) {
		if (!db_query(w->db, &job_runs, DB_NO_ARGS, &result, err))
			return false;
		runs = db_get_integer(&result, 0, 0);
		db_result_close(&result);
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
	return true;
}

#define NOTES MAY(ROLE_EDUCATOR), BODY_JSON, 200, 10

static const struct route alpha_routes[] = {
	{ "add_note", "POST", "/api/v1/notes", NOTES, &example_note_message,
	    &example_stored_message, "", add_note },
	{ "get_note", "GET", "/api/v1/notes/{id}", NOTES, &nothing_message,
	    &example_stored_message, "", get_note },
	{ "wait_and_add", "POST", "/api/v1/wait", NOTES, &example_note_message,
	    &example_stored_message, "", wait_and_add },
	{ "add_twice", "POST", "/api/v1/twice", NOTES, &example_note_message,
	    &example_stored_message, "", add_twice },
	{ "add_and_fail", "POST", "/api/v1/fail", NOTES, &example_note_message,
	    &example_stored_message, "", add_and_fail },
};

static const struct route beta_routes[] = {
	{ "get_heard", "GET", "/api/v1/heard", NOTES, &nothing_message,
	    &example_heard_message, "", get_heard },
	{ "add_heard", "POST", "/api/v1/heard", NOTES, &example_note_message,
	    &example_note_message, "", add_heard },
};

static const char alpha_tables[] =
    "CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " text text NOT NULL)";
static const char beta_tables[] =
    "CREATE TABLE heard (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " text text NOT NULL);"
    "CREATE TABLE job_run (value bigint NOT NULL);"
    "INSERT INTO job_run VALUES (0)";

static const struct migration alpha_rows[] = { { "0001_note", alpha_tables,
    sizeof(alpha_tables) - 1 } };
static const struct migration beta_rows[] = { { "0001_heard", beta_tables,
    sizeof(beta_tables) - 1 } };
static const struct migrations alpha_migrations = { "alpha", alpha_rows, 1 };
static const struct migrations beta_migrations = { "beta", beta_rows, 1 };

static const struct hearing beta_hearings[] = { { "alpha", "note.added",
    hear_note, "" } };
static const struct job_kind beta_jobs[] = {
	{ .name = "wait",
	    .period = 3600,
	    .run = wait_for_count,
	    .is_apart = true },
	{ .name = "count", .period = 3600, .run = run_job },
};

const struct service_kind example_kinds[2] = {
	{ .name = "alpha",
	    .routes = alpha_routes,
	    .route_count = ARRAY_SIZE(alpha_routes),
	    .migrations = &alpha_migrations },
	{ .name = "beta",
	    .routes = beta_routes,
	    .route_count = ARRAY_SIZE(beta_routes),
	    .migrations = &beta_migrations,
	    .hearings = beta_hearings,
	    .hearing_count = ARRAY_SIZE(beta_hearings),
	    .jobs = beta_jobs,
	    .job_count = ARRAY_SIZE(beta_jobs) },
};
