/*
 * condition.c - entity tags: what a caller holds already, and which state a
 * change is based on (RFC 9110, 8.8.3 and 13.1).
 */
#include <string.h>

#include "service/call.h"

void
call_tag(struct call *call, const char *tag)
{
	call->answer.etag = arena_printf(call->arena, "\"%s\"", tag);
}

/* One tag of a list begins at `*at`: the next comma outside of quotes. */
static struct slice
next_tag(const char **at)
{
	const char *from = *at + strspn(*at, " \t,");
	const char *end = from;
	bool is_quoted = false;

	for (; *end != '\0' && (is_quoted || *end != ','); end++)
		is_quoted = is_quoted != (*end == '"');
	*at = end;
	while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct slice){ from, (size_t)(end - from) };
}

bool
call_holds(const struct call *call)
{
	const char *at = call->head->if_none_match;
	const char *tag = call->answer.etag;

	while (at != NULL && *at != '\0') {
		struct slice held = next_tag(&at);

		/* The comparison is a weak one. */
		if (held.size > 2 && memcmp(held.data, "W/", 2) == 0)
			held = (struct slice){ held.data + 2, held.size - 2 };
		if (slice_is(held, "*") || (tag != NULL && slice_is(held, tag)))
			return true;
	}
	return false;
}

/* Well said, and never true: what we change is compared strongly, with the tag
 * that it was read with. */
static bool
names_no_strong_tag(const char *given)
{
	size_t size = strlen(given);

	return strcmp(given, "*") == 0 ||
	    (size >= 4 && memcmp(given, "W/\"", 3) == 0 &&
		given[size - 1] == '"');
}

bool
call_if_match(const struct call *call, const char *what, const char **tag,
    struct err *err)
{
	const char *given = call->head->if_match;
	size_t size;

	if (given == NULL)
		return err_set(err, ERR_PRECONDITION_MISSING,
		    "%s needs If-Match with its entity tag", what);
	if (names_no_strong_tag(given))
		return err_set(err, ERR_PRECONDITION,
		    "If-Match is %s: only the very ETag that it was read with "
		    "is taken",
		    given);
	size = strlen(given);
	if (size < 2 || given[0] != '"' || given[size - 1] != '"')
		return err_set(err, ERR_MALFORMED,
		    "If-Match is no entity tag in quotes: send the ETag that "
		    "it was read with");
	*tag = arena_text(call->arena, given + 1, size - 2);
	return true;
}
