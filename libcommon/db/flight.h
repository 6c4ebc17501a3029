/*
 * flight.h - inside the database layer: queries in one round trip.
 */
#ifndef DB_FLIGHT_H
#define DB_FLIGHT_H

#include "db/link.h"

/* One query of a flight, and what came of it.  Callers fill the first two. */
struct step {
	const struct query *query;
	const struct parameters *parameters;
	unsigned int new_number; /* of its PREPARE; 0: known, or none needed */
	bool is_prepared;        /* the PREPARE succeeded */
	PGresult *result;        /* owned; the error if there was one */
};

/* Run the steps in order and give the last one's result (the caller clears
 * it); an error of any step fails the whole, the first is reported.  Call
 * flight_close afterwards in either case. */
MUST_CHECK bool flight_run(struct db *db, struct step *steps, size_t count,
    PGresult **result, struct err *err);
bool flight_has_failed(const struct step *step);
void flight_close(struct step *steps, size_t count);

/* Is the query prepared here?  Forgotten, it is prepared anew when next run. */
bool flight_knows(const struct db *db, const struct query *query);
void flight_forget(struct db *db, const struct query *query);

/* Run a text of one statement or several, without parameters, outside of
 * pipeline mode; `wanted` is how it must end (PGRES_COMMAND_OK, or
 * PGRES_COPY_IN after which the connection takes rows). */
MUST_CHECK bool flight_script(struct db *db, const char *name,
    const char *text, ExecStatusType wanted, struct err *err);

/* Take what is left of the answer; fails with the first error in it. */
MUST_CHECK bool flight_finish(struct db *db, const char *name,
    struct err *err);

#endif
