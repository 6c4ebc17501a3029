/*
 * flight.c - several queries to the server and their answers back, in one go.
 *
 * In libpq's pipeline mode everything goes out before anything is awaited: a
 * query that is new to the connection is sent as PREPARE and EXECUTE.  Each
 * step ends with a sync of its own, so that outside of a transaction none
 * shares the fate of another.
 */
#include "db/flight.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

enum { NAME_SIZE = 64 };

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

bool
flight_has_failed(const struct step *step)
{
	ExecStatusType status = PQresultStatus(step->result);

	return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

void
flight_close(struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		PQclear(steps[i].result);
		steps[i].result = NULL;
	}
}

bool
flight_run(struct db *db, struct step *steps, size_t count, PGresult **result,
    struct err *err)
{
	bool ok = send_steps(db, steps, count) ? collect(db, steps, count, err)
					       : link_lost(db, err);

	for (size_t i = 0; i < count && db->conn != NULL; i++)
		if (steps[i].is_prepared)
			remember(db, steps[i].query, steps[i].new_number);
	for (size_t i = 0; i < count && ok; i++)
		if (flight_has_failed(&steps[i]))
			ok = fault_set(db, steps[i].query->name,
			    steps[i].result, err);
	if (ok) {
		*result = steps[count - 1].result;
		steps[count - 1].result = NULL;
	}
	return ok;
}

bool
flight_knows(const struct db *db, const struct query *query)
{
	return find_number(db, query) != 0;
}

void
flight_forget(struct db *db, const struct query *query)
{
	remember(db, query, 0);
}

bool
flight_finish(struct db *db, const char *name, struct err *err)
{
	bool ok = true;

	for (;;) {
		PGresult *result;
		ExecStatusType status;

		if (!link_await(db, err))
			return false;
		result = PQgetResult(db->conn);
		if (result == NULL)
			break;
		status = PQresultStatus(result);
		if (ok && status != PGRES_COMMAND_OK &&
		    status != PGRES_TUPLES_OK)
			ok = fault_set(db, name, result, err);
		PQclear(result);
		if (db->conn == NULL)
			return false;
	}
	return ok;
}

bool
flight_script(struct db *db, const char *name, const char *text,
    ExecStatusType wanted, struct err *err)
{
	PGresult *result;
	ExecStatusType status;

	db->sqlstate[0] = '\0';
	if (!link_ready(db, err) || !begin_now(db, err))
		return false;
	if (!PQsendQuery(db->conn, text))
		return link_lost(db, err);
	if (wanted != PGRES_COPY_IN)
		return flight_finish(db, name, err);
	if (!link_await(db, err))
		return false;
	result = PQgetResult(db->conn);
	status = PQresultStatus(result);
	if (status == wanted) {
		PQclear(result);
		return true;
	}
	fault_set(db, name, result, err);
	PQclear(result);
	/* Behind the error stands the end of the answer: no second error. */
	return db->conn != NULL && flight_finish(db, name, err) && false;
}
