/*
 * main.c - drift-monitor: compares what the model sees now with what it
 * learned from.
 */
#include "services/drift-monitor/drift.h"
#include "services/drift-monitor/migrations.h"

static const struct route routes[] = {
#define PROTO_DEF "proto/drift.def"
#include "proto/as_routes.h"
};

static const struct hearing hearings[] = {
#define PROTO_DEF "proto/drift.def"
#include "proto/as_hearings.h"
};

static const struct job_kind jobs[] = {
	{ .name = "checks", .period = 10, .run = check_due },
};

static const struct service_kind kind = {
	.name = "drift-monitor",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.migrations = &drift_monitor_migrations,
	.settings = &drift_settings_table,
	.hearings = hearings,
	.hearing_count = ARRAY_SIZE(hearings),
	.jobs = jobs,
	.job_count = ARRAY_SIZE(jobs),
};

int
main(int argc, char **argv)
{
	return service_main(argc, argv, &kind);
}
