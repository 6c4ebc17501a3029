/*
 * visible.h - which rows a caller may see, as parameters of a query: null for
 * all, otherwise the schools or sections.
 *
 *	AND ($3::text[] IS NULL OR school = ANY ($3))
 *	AND ($4::text[] IS NULL OR section = ANY ($4))
 *
 * This is the one rule.  An educator sees its sections and a counselor its
 * schools: one who was given none sees nothing.  A student would see itself
 * alone; a head names no student, so it sees nothing.  Admin, operator,
 * analyst, service and the services themselves see every row of the tenant.
 * Schools or sections in the head narrow any role further.
 */
#ifndef SERVICE_VISIBLE_H
#define SERVICE_VISIBLE_H

#include "db/db.h"
#include "proto/common.h"

/* Texts are borrowed from the head. */
struct db_value visible_schools(const struct bus_head *head);
struct db_value visible_sections(const struct bus_head *head);

/* What the role sees nothing without: "schools", "sections" or NULL. */
const char *visible_need(enum role role);

#endif
