/* enrollments.c - resolving enrollments through the cache. */
#include "services/ingestion/enrollments.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "secure/digest.h"
#include "services/ingestion/queries.h"
#include "services/ingestion/text_map.h"

enum { PLACES = 16384 };
#define KEEP_US (30 * SECOND_US)

/* Found by 128 bits that are made with a secret of the process: nobody can
 * choose ids that meet, and by chance it takes 2^64 of them. */
struct place {
	uint64_t key[2];
	int64_t enrollment_id; /* 0: empty */
	int64_t until;         /* clock_ticks */
	int32_t first, last;   /* days for which it is the answer */
	bool has_core, core;
};

struct enrollment_cache {
	uint64_t secret[2];
	struct place places[PLACES];
};

struct enrollment_cache *
enrollment_cache_new(void)
{
	struct enrollment_cache *cache = mem_alloc(1, sizeof(*cache));

	random_bytes(cache->secret, sizeof(cache->secret));
	return cache;
}

void
enrollment_cache_free(struct enrollment_cache *cache)
{
	free(cache);
}

/* The length goes in first and is mixed by itself: it says where the text ends,
 * so that no other ids are the same words. */
static uint64_t
add_text(uint64_t hash, const char *text)
{
	size_t size = strlen(text);

	return text_hash(random_at(hash ^ size, 1), text, size);
}

static void
make_key(const struct enrollment_cache *cache, const char *tenant,
    const struct wanted *wanted, uint64_t key[2])
{
	const char *course = wanted->course_id != NULL ? wanted->course_id : "";

	for (int i = 0; i < 2; i++) {
		key[i] = add_text(cache->secret[i], tenant);
		key[i] = add_text(key[i], wanted->student_id);
		key[i] = add_text(key[i], course);
	}
}

static bool
is_cached(struct enrollment_cache *cache, const char *tenant,
    struct wanted *wanted, int64_t now)
{
	uint64_t key[2];
	const struct place *place;

	make_key(cache, tenant, wanted, key);
	place = &cache->places[key[0] % PLACES];
	if (place->enrollment_id == 0 || place->key[0] != key[0] ||
	    place->key[1] != key[1] || place->until < now ||
	    wanted->day < place->first || wanted->day > place->last)
		return false;
	wanted->enrollment_id = place->enrollment_id;
	wanted->is_student_known = true;
	wanted->has_core = place->has_core;
	wanted->core = place->core;
	return true;
}

static void
keep(struct enrollment_cache *cache, const char *tenant,
    const struct wanted *wanted, int32_t first, int32_t last)
{
	struct place place = { .enrollment_id = wanted->enrollment_id,
		.until = clock_ticks() + KEEP_US,
		.first = first,
		.last = last,
		.has_core = wanted->has_core,
		.core = wanted->core };

	make_key(cache, tenant, wanted, place.key);
	cache->places[place.key[0] % PLACES] = place;
}

/* One row of resolve_enrollments. */
static void
take_row(struct enrollment_cache *cache, const char *tenant,
    const struct db_result *result, size_t row, struct wanted *wanted)
{
	int32_t first = INT32_MIN, last = INT32_MAX;

	wanted->is_student_known = db_get_flag(result, row, 1);
	wanted->enrollment_id = 0;
	if (db_is_null(result, row, 2))
		return;
	wanted->enrollment_id = db_get_integer(result, row, 2);
	wanted->has_core = !db_is_null(result, row, 3);
	wanted->core = wanted->has_core && db_get_flag(result, row, 3);
	if (!db_is_null(result, row, 4) && db_get_flag(result, row, 4)) {
		first = db_get_day(result, row, 5);
		last = db_get_day(result, row, 6);
	}
	keep(cache, tenant, wanted, first, last);
}

bool
enrollments_resolve(struct db *db, struct enrollment_cache *cache,
    const char *tenant, struct wanted *wanted, size_t count,
    struct arena *arena, struct err *err)
{
	struct wanted **missed = arena_array(arena, count, sizeof(*missed));
	const char **students = arena_array(arena, count, sizeof(*students));
	const char **courses = arena_array(arena, count, sizeof(*courses));
	int64_t *days = arena_array(arena, count, sizeof(*days));
	struct db_result result = { 0 };
	int64_t now = clock_ticks();
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (is_cached(cache, tenant, &wanted[i], now))
			continue;
		missed[n] = &wanted[i];
		students[n] = wanted[i].student_id;
		courses[n] =
		    wanted[i].course_id != NULL ? wanted[i].course_id : "";
		days[n++] = wanted[i].day;
	}
	if (n == 0)
		return true;
	if (!db_query(db, &query_resolve_enrollments,
		DB_ARGS(db_text(tenant), db_texts(students, n),
		    db_texts(courses, n), db_integers(days, n)),
		&result, err))
		return false;
	for (size_t i = 0; i < n; i++)
		take_row(cache, tenant, &result, i, missed[i]);
	db_result_close(&result);
	return true;
}
