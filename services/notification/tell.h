/*
 * tell.h - alerts of one event into the inboxes of those who hear them, in the
 * transaction in hand, which is the event's.
 */
#ifndef NOTIFICATION_TELL_H
#define NOTIFICATION_TELL_H

#include "service/service.h"
#include "services/notification/decide.h"

/* All alerts are of one kind.  The same event told again adds nothing. */
MUST_CHECK bool tell(struct worker *w, const struct event *event,
    const struct alert *alerts, size_t count, struct err *err);

#endif
