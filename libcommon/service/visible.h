/*
 * visible.h - which rows a caller may see, as parameters of a query: null for
 * all, otherwise the schools or sections.  An educator sees sections and a
 * counselor schools: one who was given none sees nothing.
 */
#ifndef SERVICE_VISIBLE_H
#define SERVICE_VISIBLE_H

#include "db/db.h"
#include "proto/common.h"

static inline struct db_value
visible_schools(const struct bus_head *head)
{
	if (head->schools_count > 0 || head->role == ROLE_COUNSELOR)
		return db_texts(head->schools, head->schools_count);
	return db_null();
}

static inline struct db_value
visible_sections(const struct bus_head *head)
{
	if (head->sections_count > 0 || head->role == ROLE_EDUCATOR)
		return db_texts(head->sections, head->sections_count);
	return db_null();
}

#endif
