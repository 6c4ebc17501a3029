/*
 * main.c - ingestion: takes everything in, refuses what is wrong, never loses
 * what it acknowledged; keeps the record log and the registers.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/uuid.h"
#include "service/service.h"
#include "services/ingestion/ingestion.h"
#include "services/ingestion/migrations.h"

static const struct route routes[] = {
#define PROTO_DEF "proto/ingestion.def"
#include "proto/as_routes.h"
};

static const struct job_kind jobs[] = {
	{ .name = "imports", .period = 5, .run = run_imports },
	{ .name = "upkeep", .period = 3600, .run = keep_house },
};

static void *
new_scratch(struct service *service)
{
	(void)service;
	return enrollment_cache_new();
}

static void
free_scratch(void *scratch)
{
	enrollment_cache_free(scratch);
}

/* The state is this run's id: who takes up an import (import_job.c). */
static bool
start(struct worker *w, void **state, struct err *err)
{
	char *id = mem_alloc(1, UUID_TEXT_SIZE);

	(void)w;
	(void)err;
	uuid_make(id);
	*state = id;
	return true;
}

static const struct service_kind kind = {
	.name = "ingestion",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.migrations = &ingestion_migrations,
	.jobs = jobs,
	.job_count = ARRAY_SIZE(jobs),
	.start = start,
	.stop = free,
	.scratch_new = new_scratch,
	.scratch_free = free_scratch,
};

int
main(int argc, char **argv)
{
	return service_main(argc, argv, &kind);
}
