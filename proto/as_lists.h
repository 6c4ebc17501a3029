/*
 * as_lists.h - gathers all that PROTO_DEF declares in one `const struct proto
 * NAME_proto` (registry.h); NAME is PROTO_NAME.  Included once a .def, in
 * proto/<service>.c, behind registry.h and the readings that define the parts.
 */
#define AS_PASTE(left, right) left##right
#define AS_JOIN(left, right)  AS_PASTE(left, right)
#define AS_TEXT(text)	      #text
#define AS_NAME(name)	      AS_TEXT(name)

#define MESSAGE(name, help) &name##_message,
static const struct message *const AS_JOIN(PROTO_NAME, _messages)[] = {
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
	NULL
};

#define ROUTE(handler, method, path, roles, body, body_most, deadline, \
    request, reply, help)                                              \
	{ #handler, #method, path, roles, body, body_most, deadline,   \
		&request##_message, &reply##_message, help, NULL },
static const struct route AS_JOIN(PROTO_NAME, _routes)[] = {
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
	{ .operation = NULL }
};

#define SAYS(topic, data, help) { topic, &data##_message, help },
static const struct topic AS_JOIN(PROTO_NAME, _topics)[] = {
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
	{ .name = NULL }
};

#define HEARS(publisher, topic, handler, help) { publisher, topic, NULL, help },
static const struct hearing AS_JOIN(PROTO_NAME, _hearings)[] = {
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
	{ .topic = NULL }
};

const struct proto AS_JOIN(PROTO_NAME, _proto) = { AS_NAME(PROTO_NAME),
	AS_JOIN(PROTO_NAME, _messages),
	{ AS_JOIN(PROTO_NAME, _routes),
	    sizeof(AS_JOIN(PROTO_NAME, _routes)) / sizeof(struct route) - 1 },
	AS_JOIN(PROTO_NAME, _topics), AS_JOIN(PROTO_NAME, _hearings),
	&AS_JOIN(PROTO_NAME, _settings_table),
	&AS_JOIN(PROTO_NAME, _metric_table) };

#undef AS_PASTE
#undef AS_JOIN
#undef AS_TEXT
#undef AS_NAME
#undef PROTO_NAME
#undef PROTO_DEF
