/*
 * as_routes.h - reads the ROUTE rows of PROTO_DEF as initialisers of struct
 * route.  In a service's main.c, where the handlers are declared:
 *
 *	static const struct route routes[] = {
 *	#define PROTO_DEF "proto/prediction.def"
 *	#include "proto/as_routes.h"
 *	};
 *
 * With ROUTES_WITHOUT_HANDLERS defined the rows only describe.
 */
#ifdef ROUTES_WITHOUT_HANDLERS
#define AS_HANDLER(handler) NULL
#else
#define AS_HANDLER(handler) handler
#endif
#define ROUTE(handler, method, path, roles, body, body_most, deadline,   \
    request, reply, help)                                                \
	{ #handler, #method, path, roles, body, body_most, deadline,     \
		&request##_message, &reply##_message, help, AS_HANDLER(handler) },
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
#undef AS_HANDLER
#undef PROTO_DEF
