/*
 * call.h - the question in hand, as a handler sees it.
 *
 *	bool
 *	get_course(struct worker *w, struct call *call, struct err *err)
 *	{
 *		struct course course;
 *
 *		if (!store_course(w, call_path(call, "course_id"), &course, err))
 *			return false;
 *		return reply(call, 200, &course_message, &course);
 *	}
 *
 * The skeleton has checked the head, the roles of the route, and the deadline,
 * has opened the transaction (with the call's tenant; it costs nothing until
 * the first query) and commits it after a handler that returned true with a
 * status under 400; else it rolls back.  A handler never begins or commits.
 * With an Idempotency-Key on anything but GET, the answer is stored in the same
 * transaction and given again when the call is repeated.  A handler that
 * returns false becomes a problem.
 */
#ifndef SERVICE_CALL_H
#define SERVICE_CALL_H

#include "service/service.h"

struct call {
	const struct bus_head *head; /* who, whose, until when */
	const struct route *route;
	struct route_parameters parameters;
	struct slice path;  /* without query */
	struct slice query; /* what stands behind ? */
	struct slice body;
	struct arena *arena; /* the worker's: lives until the answer is sent */
	int64_t deadline;    /* clock_ticks */

	struct bus_answer answer; /* filled by reply */
	struct buf *answer_body;
	/* Called after the commit, when set by the handler; not on failure. */
	void (*after)(struct worker *w, struct call *call);
	void *after_user;
};

/* A `{name}` of the path, percent-decoded; it is a bug to ask for one that the
 * route does not have. */
const char *call_path(const struct call *call, const char *name);

/* Fill the route's request message: from the query of a GET or DELETE, from
 * the JSON body of the others. */
MUST_CHECK bool call_read(struct call *call, void *value, struct err *err);

/* The one answer.  Always returns true. */
bool reply(struct call *call, int status, const struct message *message,
    const void *value);
bool reply_bytes(struct call *call, int status, const char *content_type,
    struct slice body);
bool reply_nothing(struct call *call, int status); /* 204 and the like */

/* Entity tags.  call_tag: the answer's, without quotes.  call_holds: is what
 * call_tag has set held by the caller (If-None-Match)?  Then the handler
 * answers 304.  call_if_match: the tag that a change is based on, without its
 * quotes; ERR_PRECONDITION_MISSING names `what` is to be changed,
 * ERR_MALFORMED is no tag, ERR_PRECONDITION a weak one or `*`. */
void call_tag(struct call *call, const char *tag);
bool call_holds(const struct call *call);
MUST_CHECK bool call_if_match(const struct call *call, const char *what,
    const char **tag, struct err *err);

/* Ask another service on behalf of the call in hand (its principal, tenant,
 * deadline, request id), or in a job or page as service:NAME.  A status of 400
 * or more becomes `err` (code by the problem's type). */
struct ask {
	const char *peer;
	const char *method;
	const char *target;	  /* path and query, already encoded */
	const char *tenant;	  /* NULL: the call's, or the default one */
	const char *content_type; /* NULL: application/json */
	struct slice body;
	int seconds; /* deadline outside of a call; 0: 10 s */
};
MUST_CHECK bool ask(struct worker *w, const struct ask *ask,
    struct answer *answer, struct err *err);
/* The same, decoding a JSON answer into `*value` in the worker's arena. */
MUST_CHECK bool ask_message(struct worker *w, const struct ask *ask,
    const struct message *message, void *value, struct err *err);

/* Put an event into the outbox, in the transaction in hand.  The bell rings
 * after the commit. */
MUST_CHECK bool say(struct worker *w, const char *topic, const char *tenant,
    const char *subject, const struct message *message, const void *data,
    struct err *err);

/* For jobs and readers: a transaction with rollback on every early way out is
 *	if (!work_begin(w, tenant, err)) return false;
 *	...
 *	return work_commit(w, err);   -- rings the bell when something was said
 * and db_rollback(w->db) on failure; the skeleton rolls back what is left open
 * after a job, page or call. */
MUST_CHECK bool work_begin(struct worker *w, const char *tenant,
    struct err *err);
MUST_CHECK bool work_commit(struct worker *w, struct err *err);
/* Within a transaction: whose rows row-level security shows from now on.  The
 * skeleton sets it to the event's tenant before each `hear`. */
MUST_CHECK bool work_tenant(struct worker *w, const char *tenant,
    struct err *err);

#endif
