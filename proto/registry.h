/*
 * registry.h - everything that was declared, by service: what the gateway
 * forwards, what the printed documents and the golden test go through.
 */
#ifndef PROTO_REGISTRY_H
#define PROTO_REGISTRY_H

#include "observe/metrics.h"
#include "wire/message.h"
#include "wire/route.h"
#include "wire/setting.h"
#include "wire/topic.h"

struct proto {
	const char *symbol; /* "common", or a service's in services.def */
	const struct message *const *messages; /* the last one is NULL */
	struct routes routes;		       /* without handlers */
	const struct topic *says;     /* the last one has no name */
	const struct hearing *hears; /* the last one has no topic */
	const struct setting_table *settings;
	const struct metric_table *metrics;
};

struct proto_service {
	const char *name; /* as on the bus; "common" */
	const struct proto *proto;
};

/* "common", then the services in the order of services.def. */
const struct proto_service *proto_services(size_t *count);

#endif
