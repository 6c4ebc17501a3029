/*
 * resource.h - what single rules and recipients have in common: ids, and the
 * revision that is their entity tag.
 */
#ifndef NOTIFICATION_RESOURCE_H
#define NOTIFICATION_RESOURCE_H

#include "service/call.h"

/* ERR_NOT_FOUND when it cannot be the id of any; `what` is "rule" or such. */
MUST_CHECK bool resource_id(const char *what, const char *id, struct err *err);

/* The cursor of a list is the id of its last item. */
MUST_CHECK bool resource_cursor(const char *cursor, struct err *err);

/* The revision that a change is based on, by If-Match; -1 when the tag was
 * never one of ours. */
MUST_CHECK bool resource_revision(const struct call *call, int64_t *revision,
    struct err *err);

/* After a change of what is there: ERR_PRECONDITION when no row had the
 * revision. */
MUST_CHECK bool resource_changed(size_t touched, struct err *err);

/* Answer with an entity tag; 304 to a GET of what the caller holds. */
bool resource_reply(struct call *call, int status, const char *tag,
    const struct message *message, const void *value);
bool resource_reply_revision(struct call *call, int status, int64_t revision,
    const struct message *message, const void *value);

#endif
