/*
 * story.h - an enrollment's history, told fact by fact, for feature tests.
 *
 * A story begins on Monday 2024-01-01, its day 0; days of a story are counted
 * from there.  School is Monday to Friday, day 22 is a holiday.  The subject
 * registered 10 days before and is at half load in a second attempt.
 */
#ifndef TESTS_STORY_H
#define TESTS_STORY_H

#include "ml/features.h"

struct story {
	struct arena arena;
	struct feature_subject subject;
	struct fact_list facts;
	struct feature_sequence sequence;
	uint64_t position;
	int32_t start;
};

/* Setup and teardown of a test; the state is the story. */
int story_begin(void **state);
int story_end(void **state);
#define STORY(test) \
	cmocka_unit_test_setup_teardown(test, story_begin, story_end)

/* A fact known on the day it happened; may be changed where it stands until
 * the next one is added. */
struct fact *story_add(struct story *story, enum fact_kind kind, int day,
    int detail, float value);
/* One row a letter from a day on: P present, T tardy, A absent, E excused,
 * a blank for a day without rows. */
void story_roll_call(struct story *story, int day, const char *rows);
void story_incident(struct story *story, int day, float severity,
    uint16_t type);

/* Build story->sequence as of a day; the last step's values, or NULL. */
const float *story_build(struct story *story, int day);

/* `count` values from index `from` on are those wanted, to 1e-5; NaN is
 * NaN. */
void check_values(const float *got, size_t from, const double *want,
    size_t count);

#endif
