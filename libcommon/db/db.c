/*
 * db.c - running queries and transactions on a connection.
 *
 * What is to be said goes out in one flight, in libpq's pipeline mode: a new
 * statement timeout when the deadline asks for one, PREPARE when the query is
 * new to the connection, the query itself.  Each ends with a sync of its own,
 * so that outside of a transaction none shares the fate of another.
 */
#include "db/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db/link.h"

enum { NAME_SIZE = 64, SCRATCH_KEPT = 1 << 20 };

/* What one query of a flight says, and what came of it. */
struct step {
	const struct query *query;
	const struct parameters *parameters;
	unsigned int new_number; /* of its PREPARE; 0: known, or none needed */
	bool is_prepared;        /* the PREPARE succeeded */
	PGresult *result;        /* owned; the error if there was one */
};

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

/* Where the query stands in the table, or the free place for it. */
static struct prepared *
find_place(const struct db *db, const struct query *query)
{
	size_t mask = db->prepared_room - 1;
	size_t i = (size_t)((uintptr_t)query / sizeof(void *)) & mask;

	while (db->prepared[i].query != NULL && db->prepared[i].query != query)
		i = (i + 1) & mask;
	return &db->prepared[i];
}

static unsigned int
find_number(const struct db *db, const struct query *query)
{
	struct prepared *place;

	if (db->prepared_room == 0)
		return 0;
	place = find_place(db, query);
	return place->query == query ? place->number : 0;
}

static void
grow_prepared(struct db *db)
{
	struct prepared *old = db->prepared;
	size_t room = db->prepared_room;

	db->prepared_room = room == 0 ? 64 : 2 * room;
	db->prepared = mem_alloc(db->prepared_room, sizeof(*db->prepared));
	for (size_t i = 0; i < room; i++)
		if (old[i].query != NULL)
			*find_place(db, old[i].query) = old[i];
	free(old);
}

/* A number of 0 makes the query be prepared anew when it is next run. */
static void
remember(struct db *db, const struct query *query, unsigned int number)
{
	struct prepared *place;

	if (2 * (db->prepared_count + 1) > db->prepared_room)
		grow_prepared(db);
	place = find_place(db, query);
	if (place->query == NULL)
		db->prepared_count++;
	*place = (struct prepared){ query, number };
}

static bool
send_command(struct db *db, const struct step *step)
{
	const struct parameters *p = step->parameters;

	return PQsendQueryParams(db->conn, step->query->text, p->count, NULL,
		   p->values, p->sizes, p->formats, 1) == 1;
}

static bool
send_prepared(struct db *db, struct step *step)
{
	const struct query *query = step->query;
	const struct parameters *p = step->parameters;
	unsigned int number = find_number(db, query);
	char name[NAME_SIZE];

	if (number == 0)
		number = step->new_number = ++db->prepared_number;
	snprintf(name, sizeof(name), "%.40s_%u", query->name, number);
	if (step->new_number != 0 &&
	    !PQsendPrepare(db->conn, name, query->text, 0, NULL))
		return false;
	return PQsendQueryPrepared(db->conn, name, p->count, p->values,
		   p->sizes, p->formats, 1) == 1;
}

static bool
send_steps(struct db *db, struct step *steps, size_t count)
{
	if (!PQenterPipelineMode(db->conn))
		return false;
	for (size_t i = 0; i < count; i++) {
		bool is_sent = steps[i].query->kind == QUERY_COMMAND
		    ? send_command(db, &steps[i])
		    : send_prepared(db, &steps[i]);

		if (!is_sent || !PQpipelineSync(db->conn))
			return false;
	}
	return true;
}

/* Keep of a step's results the error, else the last. */
static void
keep(struct step *step, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	bool has_failed = step->result != NULL &&
	    PQresultStatus(step->result) == PGRES_FATAL_ERROR;

	if (status == PGRES_PIPELINE_ABORTED || has_failed) {
		PQclear(result);
		return;
	}
	if (step->new_number != 0 && status == PGRES_COMMAND_OK)
		step->is_prepared = true;
	PQclear(step->result);
	step->result = result;
}

static bool
collect(struct db *db, struct step *steps, size_t count, struct err *err)
{
	size_t done = 0;

	while (done < count) {
		PGresult *result;

		if (!link_await(db, err))
			return false;
		result = PQgetResult(db->conn);
		if (result == NULL) {
			if (PQstatus(db->conn) == CONNECTION_BAD)
				return link_lost(db, err);
			continue;
		}
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			done++;
		} else
			keep(&steps[done], result);
	}
	return PQexitPipelineMode(db->conn) == 1 || link_lost(db, err);
}

static bool
has_failed(const struct step *step)
{
	ExecStatusType status = PQresultStatus(step->result);

	return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

static void
drop_results(struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		PQclear(steps[i].result);
		steps[i].result = NULL;
	}
}

/* Send, wait, and give the last step's result; the first error counts. */
static bool
fly(struct db *db, struct step *steps, size_t count, PGresult **result,
    struct err *err)
{
	bool ok = send_steps(db, steps, count) ? collect(db, steps, count, err)
					       : link_lost(db, err);

	for (size_t i = 0; i < count && db->conn != NULL; i++)
		if (steps[i].is_prepared)
			remember(db, steps[i].query, steps[i].new_number);
	for (size_t i = 0; i < count && ok; i++)
		if (has_failed(&steps[i]))
			ok = fault_set(db, steps[i].query->name,
			    steps[i].result, err);
	if (ok) {
		*result = steps[count - 1].result;
		steps[count - 1].result = NULL;
	}
	return ok;
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
	if (step->result == NULL || has_failed(step))
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

static bool
run_once(struct db *db, const struct query *query,
    const struct parameters *parameters, PGresult **result, struct err *err)
{
	struct timeout timeout;
	struct step steps[2] = { 0 };
	size_t count = 0;
	bool sets_timeout = plan_timeout(db, &timeout);
	bool ok;

	if (sets_timeout)
		steps[count++] = (struct step){ .query = &set_timeout,
			.parameters = &timeout.parameters };
	steps[count++] =
	    (struct step){ .query = query, .parameters = parameters };
	ok = fly(db, steps, count, result, err);
	if (sets_timeout)
		note_timeout(db, &steps[0], timeout.ms);
	if (!ok && db->conn != NULL && is_stale(db, steps[count - 1].result)) {
		remember(db, query, 0);
		err->code = ERR_UNAVAILABLE;
		err->retry_after = 1;
	}
	drop_results(steps, count);
	return ok;
}

static bool
run(struct db *db, const struct query *query, struct db_args args,
    PGresult **result, struct err *err)
{
	struct parameters parameters;

	must((int)args.count == query->parameter_count);
	must(query->kind != QUERY_COPY);
	db->sqlstate[0] = '\0';
	if (db->scratch.room > SCRATCH_KEPT)
		buf_close(&db->scratch);
	if (!parameters_fill(&parameters, &db->scratch, args, err) ||
	    !link_ready(db, err))
		return false;
	if (run_once(db, query, &parameters, result, err))
		return true;
	/* Inside a transaction the error has ended it: the caller repeats. */
	if (db->conn == NULL || db->in_transaction ||
	    query->kind == QUERY_COMMAND || find_number(db, query) != 0 ||
	    err->code != ERR_UNAVAILABLE)
		return false;
	err_clear(err);
	return run_once(db, query, &parameters, result, err);
}

bool
db_query(struct db *db, const struct query *query, struct db_args args,
    struct db_result *result, struct err *err)
{
	PGresult *rows;

	*result = (struct db_result){ 0 };
	must(query->kind == QUERY_ONE || query->kind == QUERY_MANY);
	if (!run(db, query, args, &rows, err))
		return false;
	*result = (struct db_result){ rows, (size_t)PQntuples(rows) };
	if (query->kind == QUERY_MANY || result->row_count == 1)
		return true;
	must(result->row_count == 0);
	db_result_close(result);
	return err_set(err, ERR_NOT_FOUND, "%s: there is none", query->name);
}

bool
db_exec(struct db *db, const struct query *query, struct db_args args,
    size_t *affected, struct err *err)
{
	PGresult *result;

	must(query->kind == QUERY_EXEC || query->kind == QUERY_COMMAND);
	if (!run(db, query, args, &result, err))
		return false;
	if (affected != NULL)
		*affected = strtoul(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return true;
}

bool
db_begin(struct db *db, const char *tenant, struct err *err)
{
	static const struct parameters none = { 0 };
	char timeout[24];
	struct parameters parameters = { .count = 2,
		.values = { tenant != NULL ? tenant : "", timeout } };
	struct step steps[] = { { .query = &begin, .parameters = &none },
		{ .query = &set_tenant, .parameters = &parameters } };
	PGresult *result = NULL;
	int64_t timeout_ms;
	bool ok;

	must(!db->in_transaction);
	db->sqlstate[0] = '\0';
	if (!link_ready(db, err))
		return false;
	timeout_ms = milliseconds_left(db);
	snprintf(timeout, sizeof(timeout), "%" PRId64, timeout_ms);
	ok = fly(db, steps, ARRAY_SIZE(steps), &result, err);
	PQclear(result);
	drop_results(steps, ARRAY_SIZE(steps));
	db->in_transaction = true;
	db->timeout_local_ms = timeout_ms;
	if (!ok)
		db_rollback(db);
	return ok;
}

/* COMMIT or ROLLBACK, without another word. */
static bool
end_transaction(struct db *db, const struct query *query, struct err *err)
{
	static const struct parameters none = { 0 };
	struct step step = { .query = query, .parameters = &none };
	PGresult *result = NULL;
	bool ok = fly(db, &step, 1, &result, err);

	/* The server answers a commit of what has failed with ROLLBACK. */
	if (ok && strcmp(PQcmdStatus(result), query->text) != 0)
		ok = err_set(err, ERR_INTERNAL,
		    "a transaction that had failed was committed");
	PQclear(result);
	drop_results(&step, 1);
	return ok;
}

bool
db_commit(struct db *db, struct err *err)
{
	bool ok;

	must(db->in_transaction);
	if (!link_ready(db, err)) {
		db_rollback(db);
		return false;
	}
	db->sqlstate[0] = '\0';
	ok = end_transaction(db, &commit, err);
	db->in_transaction = false;
	return ok;
}

void
db_rollback(struct db *db)
{
	char sqlstate[SQLSTATE_SIZE];
	int64_t deadline = db->deadline;
	struct err err = { 0 };

	if (!db->in_transaction)
		return;
	db->in_transaction = false;
	if (db->conn == NULL)
		return;
	/* What went wrong before is what callers ask for. */
	memcpy(sqlstate, db->sqlstate, sizeof(sqlstate));
	db->deadline = clock_ticks();
	if (!end_transaction(db, &rollback, &err))
		link_drop(db);
	db->deadline = deadline;
	memcpy(db->sqlstate, sqlstate, sizeof(sqlstate));
}
