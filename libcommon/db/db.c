/*
 * db.c - running queries and transactions on a connection.
 *
 * Values of a deadline reach the server as its statement timeout, in the same
 * flight as the query, and only when the one in force is too far off.
 */
#include "db/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db/flight.h"
#include "db/link.h"

enum { SCRATCH_KEPT = 1 << 20 }; /* bytes */

static const struct query begin = { "begin", QUERY_COMMAND, "BEGIN", 0 };
static const struct query commit = { "commit", QUERY_COMMAND, "COMMIT", 0 };
static const struct query rollback = { "rollback", QUERY_COMMAND, "ROLLBACK",
	0 };
static const struct query set_timeout = { "set_timeout", QUERY_ONE,
	"SELECT set_config('statement_timeout', $1, $2)", 2 };
static const struct query set_tenant = { "set_tenant", QUERY_ONE,
	"SELECT set_config('edupulse.tenant', $1, true),"
	" set_config('statement_timeout', $2, true)",
	2 };

struct db *
db_new(const struct db_settings *settings)
{
	struct db *db = mem_alloc(1, sizeof(*db));
	const char *schema = settings->schema != NULL ? settings->schema : "";

	must(strspn(schema, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
	    strlen(schema));
	db->conninfo = mem_text(settings->conninfo);
	db->role = mem_text(settings->role != NULL ? settings->role : "");
	db->password_file = mem_text(
	    settings->password_file != NULL ? settings->password_file : "");
	db->schema = mem_text(schema);
	db->is_away = settings->is_away;
	return db;
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	link_drop(db);
	free(db->conninfo);
	free(db->role);
	free(db->password_file);
	free(db->schema);
	free(db->prepared);
	free(db->tenant);
	buf_close(&db->scratch);
	free(db);
}

bool
db_connect(struct db *db, struct err *err)
{
	return link_ready(db, err);
}

bool
db_is_connected(const struct db *db)
{
	return db->conn != NULL && PQstatus(db->conn) == CONNECTION_OK;
}

void
db_drop(struct db *db)
{
	must(!db->in_transaction);
	link_drop(db);
}

void
db_deadline(struct db *db, int64_t deadline_ticks)
{
	db->deadline = deadline_ticks;
}

const char *
db_sqlstate(const struct db *db)
{
	return db->sqlstate;
}

bool
db_in_transaction(const struct db *db)
{
	return db->in_transaction;
}

/* Milliseconds left until the deadline, at least 1; 0: there is none. */
static int64_t
milliseconds_left(const struct db *db)
{
	int64_t left = db->deadline - clock_ticks();

	if (db->deadline == 0)
		return 0;
	return left <= 0 ? 1 : (left + 999) / 1000;
}

/* A timeout that is a little too long does no harm: the client waits no
 * longer than the deadline allows. */
static bool
is_timeout_due(int64_t set_ms, int64_t wanted_ms)
{
	if (wanted_ms == 0 || set_ms == 0)
		return wanted_ms != set_ms;
	return set_ms < wanted_ms || set_ms > wanted_ms + wanted_ms / 4 + 50;
}

/* The statement timeout as a step of the flight, when it must change. */
struct timeout {
	int64_t ms;
	char text[24];
	struct parameters parameters;
};

static bool
plan_timeout(struct db *db, struct timeout *timeout)
{
	int64_t set_ms =
	    db->in_transaction ? db->timeout_local_ms : db->timeout_ms;

	timeout->ms = milliseconds_left(db);
	if (!is_timeout_due(set_ms, timeout->ms) ||
	    PQtransactionStatus(db->conn) == PQTRANS_INERROR)
		return false;
	snprintf(timeout->text, sizeof(timeout->text), "%" PRId64, timeout->ms);
	timeout->parameters = (struct parameters){ .count = 2,
		.values = { timeout->text, db->in_transaction ? "t" : "f" } };
	return true;
}

static void
note_timeout(struct db *db, const struct step *step, int64_t ms)
{
	if (step->result == NULL || flight_has_failed(step))
		return;
	if (db->in_transaction)
		db->timeout_local_ms = ms;
	else
		db->timeout_ms = ms;
}

/* A plan that an altered table made useless, or a statement that something
 * else deallocated: preparing it again cures both. */
static bool
is_stale(const struct db *db, const PGresult *result)
{
	const char *function =
	    PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

	if (strcmp(db->sqlstate, "26000") == 0)
		return true;
	return strcmp(db->sqlstate, "0A000") == 0 && function != NULL &&
	    strcmp(function, "RevalidateCachedQuery") == 0;
}

/* BEGIN and the tenant as steps of the flight, when they are still due. */
struct beginning {
	int64_t timeout_ms;
	char timeout[24];
	struct parameters parameters;
};

static size_t
plan_begin(struct db *db, struct beginning *beginning, struct step *steps)
{
	static const struct parameters none = { 0 };

	if (!db->in_transaction || db->is_begun)
		return 0;
	beginning->timeout_ms = milliseconds_left(db);
	snprintf(beginning->timeout, sizeof(beginning->timeout), "%" PRId64,
	    beginning->timeout_ms);
	beginning->parameters = (struct parameters){ .count = 2,
		.values = { db->tenant, beginning->timeout } };
	steps[0] = (struct step){ .query = &begin, .parameters = &none };
	steps[1] = (struct step){ .query = &set_tenant,
		.parameters = &beginning->parameters };
	db->is_begun = true;
	db->timeout_local_ms = beginning->timeout_ms;
	return 2;
}

bool
begin_now(struct db *db, struct err *err)
{
	struct beginning beginning;
	struct step steps[2] = { 0 };
	PGresult *result = NULL;
	size_t count = plan_begin(db, &beginning, steps);
	bool ok = count == 0 || flight_run(db, steps, count, &result, err);

	PQclear(result);
	flight_close(steps, count);
	return ok;
}

/* `is_alone`: the transaction that begins here ends in the same flight, and
 * the one in hand has still to begin. */
static bool
run_once(struct db *db, const struct query *query,
    const struct parameters *parameters, bool is_alone, PGresult **result,
    struct err *err)
{
	static const struct parameters none = { 0 };
	struct timeout timeout;
	struct beginning beginning;
	struct step steps[4] = { 0 }, *asked;
	PGresult *last = NULL;
	size_t count = plan_begin(db, &beginning, steps);
	bool sets_timeout = count == 0 && plan_timeout(db, &timeout);
	bool ok;

	if (sets_timeout)
		steps[count++] = (struct step){ .query = &set_timeout,
			.parameters = &timeout.parameters };
	asked = &steps[count++];
	*asked = (struct step){ .query = query, .parameters = parameters };
	if (is_alone)
		steps[count++] =
		    (struct step){ .query = &commit, .parameters = &none };
	ok = flight_run(db, steps, count, &last, err);
	if (is_alone)
		db->is_begun = false;
	if (sets_timeout)
		note_timeout(db, &steps[0], timeout.ms);
	if (!ok && db->conn != NULL && is_stale(db, asked->result)) {
		flight_forget(db, query);
		err->code = ERR_UNAVAILABLE;
		err->retry_after = 1;
	}
	if (ok) {
		*result = is_alone ? asked->result : last;
		PQclear(is_alone ? last : NULL);
		asked->result = NULL;
	}
	flight_close(steps, count);
	return ok;
}

/* The connection broke under the first statement of a transaction: whatever
 * the server did of it was undone, so it may begin anew elsewhere. */
static bool
may_begin_anew(const struct db *db, bool was_begun, bool is_alone,
    const struct err *err)
{
	return db->conn == NULL && db->in_transaction && !was_begun &&
	    !is_alone && err->code == ERR_UNAVAILABLE;
}

static bool
run(struct db *db, const struct query *query, struct db_args args,
    bool is_alone, PGresult **result, struct err *err)
{
	struct parameters parameters;
	bool was_begun = db->is_begun;

	must((int)args.count == query->parameter_count);
	must(query->kind != QUERY_COPY);
	db->sqlstate[0] = '\0';
	if (db->scratch.room > SCRATCH_KEPT)
		buf_close(&db->scratch);
	if (!parameters_fill(&parameters, &db->scratch, args, err) ||
	    !link_ready(db, err))
		return false;
	if (run_once(db, query, &parameters, is_alone, result, err))
		return true;
	if (may_begin_anew(db, was_begun, is_alone, err)) {
		db->is_begun = false;
		err_clear(err);
		return link_ready(db, err) &&
		    run_once(db, query, &parameters, is_alone, result, err);
	}
	/* Inside a transaction the error has ended it: the caller repeats. */
	if (db->conn == NULL || db->in_transaction ||
	    query->kind == QUERY_COMMAND || flight_knows(db, query) ||
	    err->code != ERR_UNAVAILABLE)
		return false;
	err_clear(err);
	return run_once(db, query, &parameters, is_alone, result, err);
}

static bool
read_rows(struct db *db, const struct query *query, struct db_args args,
    bool is_alone, struct db_result *result, struct err *err)
{
	PGresult *rows;

	*result = (struct db_result){ 0 };
	must(query->kind == QUERY_ONE || query->kind == QUERY_MANY);
	if (!run(db, query, args, is_alone, &rows, err))
		return false;
	*result = (struct db_result){ rows, (size_t)PQntuples(rows) };
	if (query->kind == QUERY_MANY || result->row_count == 1)
		return true;
	must(result->row_count == 0);
	db_result_close(result);
	return err_set(err, ERR_NOT_FOUND, "%s: there is none", query->name);
}

bool
db_query(struct db *db, const struct query *query, struct db_args args,
    struct db_result *result, struct err *err)
{
	return read_rows(db, query, args, false, result, err);
}

bool
db_query_alone(struct db *db, const struct query *query, struct db_args args,
    struct db_result *result, struct err *err)
{
	return read_rows(db, query, args, db->in_transaction && !db->is_begun,
	    result, err);
}

bool
db_exec(struct db *db, const struct query *query, struct db_args args,
    size_t *affected, struct err *err)
{
	PGresult *result;

	must(query->kind == QUERY_EXEC || query->kind == QUERY_COMMAND);
	if (!run(db, query, args, false, &result, err))
		return false;
	if (affected != NULL)
		*affected = strtoul(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return true;
}

bool
db_begin(struct db *db, const char *tenant, struct err *err)
{
	(void)err;
	must(!db->in_transaction);
	free(db->tenant);
	db->tenant = mem_text(tenant != NULL ? tenant : "");
	db->sqlstate[0] = '\0';
	db->in_transaction = true;
	db->is_begun = false;
	return true;
}

/* COMMIT or ROLLBACK, without another word. */
static bool
end_transaction(struct db *db, const struct query *query, struct err *err)
{
	static const struct parameters none = { 0 };
	struct step step = { .query = query, .parameters = &none };
	PGresult *result = NULL;
	bool ok = flight_run(db, &step, 1, &result, err);

	/* The server answers a commit of what has failed with ROLLBACK. */
	if (ok && strcmp(PQcmdStatus(result), query->text) != 0)
		ok = err_set(err, ERR_INTERNAL,
		    "a transaction that had failed was committed");
	PQclear(result);
	flight_close(&step, 1);
	return ok;
}

bool
db_commit(struct db *db, struct err *err)
{
	bool ok;

	must(db->in_transaction);
	if (!db->is_begun) {
		db->in_transaction = false;
		return true;
	}
	if (!link_ready(db, err)) {
		db_rollback(db);
		return false;
	}
	db->sqlstate[0] = '\0';
	ok = end_transaction(db, &commit, err);
	db->in_transaction = db->is_begun = false;
	return ok;
}

void
db_rollback(struct db *db)
{
	char sqlstate[SQLSTATE_SIZE];
	int64_t deadline = db->deadline;
	struct err err = { 0 };
	bool was_begun;

	if (!db->in_transaction)
		return;
	was_begun = db->is_begun;
	db->in_transaction = db->is_begun = false;
	if (db->conn == NULL || !was_begun)
		return;
	/* What went wrong before is what callers ask for. */
	memcpy(sqlstate, db->sqlstate, sizeof(sqlstate));
	db->deadline = clock_ticks();
	if (!end_transaction(db, &rollback, &err))
		link_drop(db);
	db->deadline = deadline;
	memcpy(db->sqlstate, sqlstate, sizeof(sqlstate));
}
