/* registry.c - the services of services.def with all they declare. */
#include "proto/registry.h"

extern const struct proto common_proto;
#define SERVICE(symbol, name) extern const struct proto symbol##_proto;
#include "proto/services.def"
#undef SERVICE

static const struct proto_service services[] = {
	{ "common", &common_proto },
#define SERVICE(symbol, name) { name, &symbol##_proto },
#include "proto/services.def"
#undef SERVICE
};

const struct proto_service *
proto_services(size_t *count)
{
	*count = ARRAY_SIZE(services);
	return services;
}
