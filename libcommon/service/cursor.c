/* cursor.c - cursors as text. */
#include "service/cursor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Digits up to `end`, which is skipped. */
static bool
read_number(const char **at, char end, uint64_t *number)
{
	char *behind;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*number = strtoull(*at, &behind, 10);
	if (errno != 0 || *number > INT64_MAX || *behind != end)
		return false;
	*at = behind + 1;
	return true;
}

bool
cursor_parse(const char *text, struct cursor *cursor, struct err *err)
{
	uint64_t epoch, id;

	*cursor = (struct cursor){ 0 };
	if (text == NULL || text[0] == '\0')
		return true;
	if (!read_number(&text, '.', &epoch) ||
	    !read_number(&text, '.', &cursor->xid) ||
	    !read_number(&text, '\0', &id))
		return err_at(err, "after", "is no cursor");
	cursor->epoch = (int64_t)epoch;
	cursor->id = (int64_t)id;
	return true;
}

void
cursor_print(const struct cursor *cursor, char text[CURSOR_TEXT_SIZE])
{
	snprintf(text, CURSOR_TEXT_SIZE, "%" PRId64 ".%" PRIu64 ".%" PRId64,
	    cursor->epoch, cursor->xid, cursor->id);
}
