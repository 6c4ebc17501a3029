/*
 * main.c - gateway: the only public door.  Who are you, may you; forwards to
 * the others.
 */
#include "service/service.h"
#include "services/gateway/gateway.h"
#include "services/gateway/migrations.h"

static const struct route routes[] = {
#define PROTO_DEF "proto/gateway.def"
#include "proto/as_routes.h"
};

static const struct job_kind jobs[] = {
	{ .name = "first_key", .period = 2, .run = make_first_key },
};

static const struct service_kind kind = {
	.name = "gateway",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.migrations = &gateway_migrations,
	.settings = &gateway_settings_table,
	.metrics = &gateway_metric_table,
	.jobs = jobs,
	.job_count = ARRAY_SIZE(jobs),
	.start = gateway_start,
	.stop = gateway_stop,
	.on_loop = gateway_open,
	.on_drain = gateway_drain,
};

int
main(int argc, char **argv)
{
	return service_main(argc, argv, &kind);
}
