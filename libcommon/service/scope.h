/*
 * scope.h - which students of its tenant a caller may see: the one rule, as
 * parameters of a query.
 *
 *	AND ($3::text[] IS NULL OR school = ANY ($3))
 *	AND ($4::text[] IS NULL OR section = ANY ($4))
 *
 * An educator sees its sections and a counselor its schools: one who was given
 * none sees nothing.  A student would see itself alone; a head names no
 * student, so it sees nothing.  Admin, operator, analyst, service and the
 * services themselves see every row.  Schools or sections in the head narrow
 * any role further.
 */
#ifndef SERVICE_SCOPE_H
#define SERVICE_SCOPE_H

#include "db/db.h"
#include "proto/common.h"

/* Texts are borrowed from the head. */
struct scope {
	struct db_value schools;  /* text[]; null: every school */
	struct db_value sections; /* text[]; null: every section */
};

struct scope scope_of(const struct bus_head *head);

/* What a role sees nothing without: "schools", "sections", or NULL. */
const char *scope_wants(enum role role);

#endif
