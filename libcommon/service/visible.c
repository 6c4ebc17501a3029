/* visible.c - from who asks to which rows it may see. */
#include "service/visible.h"

const char *
visible_need(enum role role)
{
	switch (role) {
	case ROLE_EDUCATOR:
		return "sections";
	case ROLE_COUNSELOR:
		return "schools";
	case ROLE_ADMIN:
	case ROLE_OPERATOR:
	case ROLE_ANALYST:
	case ROLE_STUDENT:
	case ROLE_SERVICE:
	case ROLE_INTERNAL:
		return NULL;
	}
	return NULL;
}

/* Without a name, what a role is limited to is no row at all. */
static struct db_value
named(const char *const *names, size_t count, bool is_limited)
{
	return count > 0 || is_limited ? db_texts(names, count) : db_null();
}

struct db_value
visible_schools(const struct bus_head *head)
{
	if (head->role == ROLE_STUDENT)
		return db_texts(NULL, 0);
	return named(head->schools, head->schools_count,
	    head->role == ROLE_COUNSELOR);
}

struct db_value
visible_sections(const struct bus_head *head)
{
	if (head->role == ROLE_STUDENT)
		return db_texts(NULL, 0);
	return named(head->sections, head->sections_count,
	    head->role == ROLE_EDUCATOR);
}
