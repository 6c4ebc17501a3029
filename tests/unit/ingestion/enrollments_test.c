/*
 * enrollments_test.c - what the cache of enrollments answers, against a real
 * database.
 */
#include "services/ingestion/enrollments.h"

#include "tests/unit/ingestion/schema.h"

static struct db *
open_register(void)
{
	struct db *owner = open_ingestion();

	database_run(owner,
	    "INSERT INTO course (tenant_id, course_id, start_date, end_date) "
	    "VALUES ('district', 'Calculus', '2026-01-01', '2026-06-30')");
	database_run(owner,
	    "INSERT INTO student (tenant_id, student_id) "
	    "VALUES ('district', 'Anderson00000001')");
	database_run(owner,
	    "INSERT INTO enrollment (enrollment_id, tenant_id, student_id, "
	    "course_id) VALUES (7, 'district', 'Anderson00000001', "
	    "'Calculus')");
	return owner;
}

/* 0: there is none. */
static int64_t
resolve(struct db *db, struct enrollment_cache *cache, const char *tenant,
    const char *student, const char *course)
{
	struct wanted wanted = { .student_id = student,
		.course_id = course,
		.day = 20500 };
	struct err err = { 0 };
	struct arena arena;

	arena_init(&arena, 4096);
	if (!enrollments_resolve(db, cache, tenant, &wanted, 1, &arena, &err))
		fail_msg("%s", err.detail);
	arena_close(&arena);
	return wanted.enrollment_id;
}

/* Ids that are the same bytes when their ends are forgotten, or the same words
 * when the first of each is only XORed with a length: 'A' and 'I', 'C' and 'K'
 * are apart by 8 as 16 and 24 are; likewise 'd' and '|', 'A' and 'Q', '0' and
 * '8' in the last. */
static void
the_cache_answers_for_the_very_ids_alone(void **state)
{
	static const struct {
		const char *tenant, *student, *course;
	} others[] = {
		{ "district", "Anderson00000001Calculus", NULL },
		{ "district", "Anderson", "00000001Calculus" },
		{ "district", "Inderson00000001Kalculus", NULL },
		{ "districtAnderson", "00000001", "Calculus" },
		{ "|istrictQnderson", "80000001", "Calculus" },
	};
	struct enrollment_cache *cache;
	struct db *db;

	(void)state;
	database_or_skip();
	db = open_register();
	cache = enrollment_cache_new();
	assert_int_equal(
	    resolve(db, cache, "district", "Anderson00000001", "Calculus"), 7);
	database_run(db, "DELETE FROM enrollment");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(resolve(db, cache, others[i].tenant,
				     others[i].student, others[i].course),
		    0);
	assert_int_equal(
	    resolve(db, cache, "district", "Anderson00000001", "Calculus"), 7);
	enrollment_cache_free(cache);
	db_free(db);
}

RUN_TESTS(cmocka_unit_test(the_cache_answers_for_the_very_ids_alone))
