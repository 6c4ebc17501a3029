/*
 * enrollments.h - from student and course to the enrollment, for many records
 * at once: a bounded cache of the worker, and one query for what it misses.
 */
#ifndef INGESTION_ENROLLMENTS_H
#define INGESTION_ENROLLMENTS_H

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"

struct enrollment_cache; /* one a worker: 16,384 places, 1 MiB */
struct enrollment_cache *enrollment_cache_new(void);
void enrollment_cache_free(struct enrollment_cache *cache);

struct wanted {
	const char *student_id; /* borrowed */
	const char *course_id;  /* NULL: the school year that holds `day` */
	int32_t day;
	/* Filled: */
	int64_t enrollment_id; /* 0: there is none */
	bool is_student_known; /* says why, when there is none */
	bool has_core, core;   /* the course's flag */
};

/* Fills all of them.  What the cache says may be 30 s old; an enrollment keeps
 * its id for ever, so only the flag can be. */
MUST_CHECK bool enrollments_resolve(struct db *db,
    struct enrollment_cache *cache, const char *tenant, struct wanted *wanted,
    size_t count, struct arena *arena, struct err *err);

#endif
