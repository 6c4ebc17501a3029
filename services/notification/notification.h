/*
 * notification.h - what the files of notification share.
 *
 * Journey of an event: hear.c (what has happened, in words) > decide.c (who
 * hears it) > tell.c (into inboxes, and into the queue of mails) > deliver.c
 * (a mail for each recipient, until it is delivered or set aside).
 */
#ifndef NOTIFICATION_NOTIFICATION_H
#define NOTIFICATION_NOTIFICATION_H

#include "io/smtp.h"
#include "proto/notification.h"
#include "service/call.h"

#define PROTO_DEF "proto/notification.def"
#include "proto/as_handlers.h"

/* A tenant's rules and recipients, RULES_MOST and RECIPIENTS_MOST of them:
 * each event is held against all of both. */
enum { RULES_MOST = 100, RECIPIENTS_MOST = 2000 };

/* rules.c: the tenant's rules that count, in the arena; a new tenant gets the
 * first ones. */
MUST_CHECK bool rules_active(struct worker *w, const char *tenant,
    struct arena *arena, struct rule **rules, size_t *count, struct err *err);

/* recipients.c: those who are told anything, in the arena. */
MUST_CHECK bool recipients_active(struct worker *w, const char *tenant,
    struct arena *arena, struct recipient **recipients, size_t *count,
    struct err *err);
MUST_CHECK bool recipient_find(struct worker *w, const char *tenant,
    const char *recipient_id, struct recipient *recipient, struct err *err);

/* deliver.c: job_kind.run.  Is mail on: is a server named? */
bool deliver_mails(struct worker *w, bool *again, struct err *err);
bool is_mail_on(const struct worker *w);
/* The mail server as the settings name it. */
struct smtp smtp_of(const struct worker *w);

/* inbox.c: job_kind.run. */
bool forget_old_messages(struct worker *w, bool *again, struct err *err);

#endif
