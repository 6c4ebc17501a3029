/* resource.c - ids, cursors, entity tags. */
#include "services/notification/resource.h"

#include <inttypes.h>
#include <string.h>

#include "base/uuid.h"

bool
resource_id(const char *what, const char *id, struct err *err)
{
	return uuid_is_valid(id) ||
	    err_set(err, ERR_NOT_FOUND, "there is no %s %.40s", what, id);
}

bool
resource_cursor(const char *cursor, struct err *err)
{
	return cursor == NULL || uuid_is_valid(cursor) ||
	    err_at(err, "cursor", "is not one of ours");
}

bool
resource_revision(const struct call *call, int64_t *revision, struct err *err)
{
	const char *tag;
	int64_t number = 0;

	if (!call_if_match(call, "a change", &tag, err))
		return false;
	*revision = -1;
	if (*tag == '\0' || strlen(tag) > 15)
		return true;
	for (; *tag != '\0'; tag++) {
		if (*tag < '0' || *tag > '9')
			return true;
		number = 10 * number + (*tag - '0');
	}
	*revision = number;
	return true;
}

bool
resource_changed(size_t touched, struct err *err)
{
	return touched > 0 ||
	    err_set(err, ERR_PRECONDITION,
		"it has changed since it was read: read it again");
}

bool
resource_reply(struct call *call, int status, const char *tag,
    const struct message *message, const void *value)
{
	call_tag(call, tag);
	if (strcmp(call->route->method, "GET") == 0 && call_holds(call))
		return reply_nothing(call, 304);
	return reply(call, status, message, value);
}

bool
resource_reply_revision(struct call *call, int status, int64_t revision,
    const struct message *message, const void *value)
{
	return resource_reply(call, status,
	    arena_printf(call->arena, "%" PRId64, revision), message, value);
}
