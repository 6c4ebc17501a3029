/*
 * main.c - training: builds data sets, trains, evaluates, keeps the registry
 * of models, decides promotions.
 */
#include "service/service.h"
#include "services/training/learn.h"
#include "services/training/migrations.h"
#include "services/training/signing.h"
#include "services/training/training.h"

static const struct route routes[] = {
#define PROTO_DEF "proto/training.def"
#include "proto/as_routes.h"
};

static const struct job_kind jobs[] = {
	{ .name = "training", .period = 2, .run = run_jobs },
	{ .name = "signing", .period = 60, .run = signing_catch_up },
};

static const struct service_kind kind = {
	.name = "training",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.migrations = &training_migrations,
	.settings = &training_settings_table,
	.metrics = &training_metric_table,
	.jobs = jobs,
	.job_count = ARRAY_SIZE(jobs),
	.start = signing_open,
	.stop = signing_close,
	.work = learn_work,
};

int
main(int argc, char **argv)
{
	return service_main(argc, argv, &kind);
}
