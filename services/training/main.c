/*
 * main.c - training: builds data sets, trains, evaluates, keeps the registry
 * of models, decides promotions.
 */
#include "io/transfer.h"
#include "service/service.h"
#include "services/training/learn.h"
#include "services/training/migrations.h"
#include "services/training/mlflow.h"
#include "services/training/signing.h"
#include "services/training/tracking.h"
#include "services/training/training.h"

static const struct route routes[] = {
#define PROTO_DEF "proto/training.def"
#include "proto/as_routes.h"
};

static const struct job_kind jobs[] = {
	{ .name = "training", .period = 2, .run = run_jobs },
	{ .name = "signing", .period = 60, .run = signing_catch_up },
	{ .name = "tracking",
	    .period = 1,
	    .run = tracking_tell,
	    .is_apart = true },
};

static bool
start(struct worker *w, void **state, struct err *err)
{
	return transfers_start(err) && mlflow_check(w->settings, err) &&
	    signing_open(w, state, err);
}

static void
stop(void *state)
{
	signing_close(state);
	transfers_stop();
}

static const struct service_kind kind = {
	.name = "training",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.migrations = &training_migrations,
	.settings = &training_settings_table,
	.metrics = &training_metric_table,
	.jobs = jobs,
	.job_count = ARRAY_SIZE(jobs),
	.start = start,
	.stop = stop,
	.work = learn_work,
};

int
main(int argc, char **argv)
{
	return service_main(argc, argv, &kind);
}
