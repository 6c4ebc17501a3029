/* lists.h - what all lists share: one item more than wanted is read, to know
 * whether there is a next part. */
#ifndef SERVICE_LISTS_H
#define SERVICE_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LIST_USUAL = 50, PAGE_USUAL = 5000 };

/* Cut `*count` to `limit`; true: there was more. */
static inline bool
list_cut(size_t *count, int64_t limit)
{
	if (*count <= (size_t)limit)
		return false;
	*count = (size_t)limit;
	return true;
}

#endif
