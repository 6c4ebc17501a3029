/*
 * route.h - one row of a service's routes, as a value.
 *
 * Paths below /internal/ are asked by other services only; all others are
 * public and begin with /api/v1/ (or stand in spec'd places such as
 * /openapi.json and /v2).  `{name}` in a path matches one segment.
 */
#ifndef WIRE_ROUTE_H
#define WIRE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/common.h"
#include "wire/message.h"

/* What stands in the body of a request. */
enum route_body {
	BODY_NONE,
	BODY_JSON,   /* one message, JSON */
	BODY_BATCH,  /* JSON or NDJSON, passed on as it came */
	BODY_UPLOAD, /* of any length: crosses in parts */
	BODY_STREAM, /* NDJSON without end: in parts, answered in lines */
	BODY_BINARY, /* between services: the binary codec */
	BODY_TENSORS /* JSON, bytes of tensors behind it; passed on whole */
};

/* Sets of roles. */
#define MAY(role)    (1u << (role))
#define MAY_INTERNAL MAY(ROLE_INTERNAL)
#define MAY_STAFF                                                    \
	(MAY(ROLE_ADMIN) | MAY(ROLE_OPERATOR) | MAY(ROLE_EDUCATOR) | \
	    MAY(ROLE_COUNSELOR))
#define MAY_OPERATE (MAY(ROLE_ADMIN) | MAY(ROLE_OPERATOR))
#define MAY_FEED    (MAY(ROLE_ADMIN) | MAY(ROLE_OPERATOR) | MAY(ROLE_SERVICE))
#define MAY_ANYONE \
	(MAY_STAFF | MAY(ROLE_ANALYST) | MAY(ROLE_STUDENT) | MAY(ROLE_SERVICE))

struct worker;
struct call;
struct err;

struct route {
	const char *operation; /* the handler's name; OpenAPI's operationId */
	const char *method;
	const char *path;
	unsigned int roles; /* who may: MAY(...) | MAY(...) */
	enum route_body body;
	size_t body_most; /* bytes; an upload's is for its whole */
	int deadline;     /* seconds */
	const struct message *request;
	const struct message *reply;
	const char *help;
	/* NULL in tables that only describe (the gateway's). */
	bool (*handle)(struct worker *, struct call *, struct err *);
};

struct routes {
	const struct route *rows;
	size_t count;
};

enum { ROUTE_PARAMETERS = 6 };

/* What stood for `{name}` in a path, still percent-encoded. */
struct route_parameters {
	struct slice names[ROUTE_PARAMETERS];
	struct slice values[ROUTE_PARAMETERS];
	size_t count;
};

/* Is the path one of the Open Inference Protocol, /v2 and below?  Its callers
 * want errors in the protocol's form. */
bool route_is_inference(const char *path);

/* The row for a method and a path without query.  NULL when there is none;
 * `*path_known` then tells 405 from 404. */
const struct route *route_find(const struct routes *routes, struct slice method,
    struct slice path, struct route_parameters *parameters, bool *path_known);

#endif
