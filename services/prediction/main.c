/*
 * main.c - prediction: turns records into weekly features and features into
 * risk.
 */
#include "proto/prediction.h"
#include "services/prediction/aliases.h"
#include "services/prediction/basis.h"
#include "services/prediction/migrations.h"
#include "services/prediction/project.h"
#include "services/prediction/ranking.h"
#include "services/prediction/shadow.h"

static const struct route routes[] = {
#define PROTO_DEF "proto/prediction.def"
#include "proto/as_routes.h"
};

static const struct reader_kind readers[] = {
	{ .name = "ingestion.records",
	    .publisher = "ingestion",
	    .target = "/internal/records",
	    .limit = 20000,
	    .apply = project_page },
};

static const struct hearing hearings[] = {
#define PROTO_DEF "proto/prediction.def"
#include "proto/as_hearings.h"
};

static const struct job_kind jobs[] = {
	{ .name = "aliases", .period = 5, .run = follow_aliases },
	{ .name = "rankings", .period = 2, .run = refresh_rankings },
};

static void
stop(void *state)
{
	models_free(state);
}

static const struct service_kind kind = {
	.name = "prediction",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.migrations = &prediction_migrations,
	.settings = &prediction_settings_table,
	.metrics = &prediction_metric_table,
	.readers = readers,
	.reader_count = ARRAY_SIZE(readers),
	.hearings = hearings,
	.hearing_count = ARRAY_SIZE(hearings),
	.jobs = jobs,
	.job_count = ARRAY_SIZE(jobs),
	.side = &shadow_side,
	.start = models_open,
	.stop = stop,
	.scratch_new = tools_new,
	.scratch_free = tools_free,
};

int
main(int argc, char **argv)
{
	return service_main(argc, argv, &kind);
}
