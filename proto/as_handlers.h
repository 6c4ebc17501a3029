/*
 * as_handlers.h - reads the ROUTE and HEARS rows of PROTO_DEF as prototypes of
 * their handlers; in a service's own header.
 */
#include <stdbool.h>

struct worker;
struct call;
struct event;
struct err;

#define ROUTE(handler, method, path, roles, body, body_most, deadline, \
    request, reply, help)                                              \
	bool handler(struct worker *w, struct call *call, struct err *err);
#define HEARS(publisher, topic, handler, help)                     \
	bool handler(struct worker *w, const struct event *event, \
	    struct err *err);
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
#undef PROTO_DEF
