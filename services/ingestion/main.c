/*
 * main.c - ingestion: takes everything in, refuses what is wrong, never loses
 * what it acknowledged; keeps the record log and the registers.
 */
#include <malloc.h>

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

static const struct service_kind kind = {
	.name = "ingestion",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.migrations = &ingestion_migrations,
	.jobs = jobs,
	.job_count = ARRAY_SIZE(jobs),
	.scratch_new = new_scratch,
	.scratch_free = free_scratch,
};

/* A batch needs some megabytes for some milliseconds: what is freed goes back
 * to the system at once instead of staying with each thread. */
static void
return_memory(void)
{
	must(mallopt(M_MMAP_THRESHOLD, 65536) == 1);
	must(mallopt(M_TRIM_THRESHOLD, 262144) == 1);
	must(mallopt(M_ARENA_MAX, 2) == 1);
}

int
main(int argc, char **argv)
{
	return_memory();
	return service_main(argc, argv, &kind);
}
