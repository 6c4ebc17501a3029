/*
 * topic.h - what a service tells and what it hears, as values: the SAYS and
 * HEARS rows of its .def.
 *
 * A topic is named by what happened (model.promoted); its events are pages of
 * the publisher's outbox (service/call.h: say).
 */
#ifndef WIRE_TOPIC_H
#define WIRE_TOPIC_H

#include <stdbool.h>

#include "proto/common.h"
#include "wire/message.h"

struct worker;
struct err;

struct topic {
	const char *name;
	const struct message *data; /* what an event's `data` holds */
	const char *help;
};

/* One topic of one publisher, whose events stand in its outbox, and what is
 * done about each: inside a transaction with the event's tenant that also
 * stores the reader's cursor. */
struct hearing {
	const char *publisher;
	const char *topic;
	/* NULL in tables that only describe. */
	bool (*hear)(struct worker *w, const struct event *event,
	    struct err *err);
	const char *help;
};

#endif
