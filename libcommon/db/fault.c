/*
 * fault.c - what the server refused, as an error of ours.
 *
 * The server's own message is shown for class 42 only (syntax, unknown names,
 * permissions): there it quotes the query and no value.
 */
#include "db/link.h"

#include <stdio.h>
#include <string.h>

struct mapping {
	const char *sqlstate; /* or the beginning of one */
	enum err_code code;
	int retry_after;
};

static const struct mapping mappings[] = {
	{ "57014", ERR_DEADLINE, 0 },
	{ "57P", ERR_UNAVAILABLE, 1 },
	{ "08", ERR_UNAVAILABLE, 1 },
	{ "25P03", ERR_UNAVAILABLE, 1 }, /* idle too long (LINK_IDLE_S) */
	{ "53100", ERR_NO_ROOM, 5 },
	{ "53", ERR_UNAVAILABLE, 5 },
	{ "23505", ERR_CONFLICT, 0 },
	{ "23503", ERR_CONFLICT, 0 },
	{ "23P01", ERR_CONFLICT, 0 },
	{ "40", ERR_CONFLICT, 1 },
	{ "42501", ERR_FORBIDDEN, 0 },
};

static const struct mapping *
find_mapping(const char *sqlstate)
{
	static const struct mapping rest = { "", ERR_INTERNAL, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(mappings); i++) {
		const char *start = mappings[i].sqlstate;

		if (strncmp(sqlstate, start, strlen(start)) == 0)
			return &mappings[i];
	}
	return &rest;
}

bool
fault_set(struct db *db, const char *query, const PGresult *result,
    struct err *err)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message =
	    PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const struct mapping *mapping;

	/* Without a SQLSTATE it is libpq that speaks: the socket is gone. */
	if (sqlstate == NULL) {
		link_lost(db, err);
		return err_in(err, "query %s", query);
	}
	snprintf(db->sqlstate, SQLSTATE_SIZE, "%s", sqlstate);
	mapping = find_mapping(sqlstate);
	if (strncmp(sqlstate, "42", 2) == 0 && message != NULL)
		err_set(err, mapping->code, "query %s failed: %s: %s", query,
		    sqlstate, message);
	else if (mapping->code == ERR_NO_ROOM)
		err_set(err, mapping->code, "the database's disk is full");
	else
		err_set(err, mapping->code, "query %s failed: %s", query,
		    sqlstate);
	err->retry_after = mapping->retry_after;
	return false;
}
