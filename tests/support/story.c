/*
 * story.c - an enrollment's history, told fact by fact.
 */
#include "tests/support/story.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "tests/support/test.h"

static const struct day_range holiday = { 19723 + 22, 19723 + 22 };

int
story_begin(void **state)
{
	static struct story story;

	memset(&story, 0, sizeof(story));
	arena_init(&story.arena, 1 << 16);
	story.facts.arena = &story.arena;
	story.start = day_from_civil(2024, 1, 1);
	story.subject = (struct feature_subject){
		.course_start_day = story.start,
		.course_end_day = INT32_MAX,
		.registered_day = story.start - 10,
		.withdrawn_day = INT32_MAX,
		.attendance_from = FROM_ROLL_CALL,
		.tracked_from = 1,
		.tracked_until = 0,
		.calendar = { CALENDAR_MONDAY_TO_FRIDAY, &holiday, 1 },
		.pass_mark = 60,
		.previous_attempts = 1,
		.credits = 60,
		.full_load = 120,
	};
	*state = &story;
	return 0;
}

int
story_end(void **state)
{
	struct story *story = *state;

	arena_close(&story->arena);
	return 0;
}

struct fact *
story_add(struct story *story, enum fact_kind kind, int day, int detail,
    float value)
{
	struct fact fact = {
		.position = ++story->position,
		.occurred_day = story->start + day,
		.known_day = story->start + day,
		.superseded_day = FACT_DAY_NEVER,
		.value = value,
		.kind = (uint8_t)kind,
		.detail = (uint8_t)detail,
	};

	assert_true(facts_insert(&story->facts, &fact));
	return &story->facts.facts[story->facts.count - 1];
}

void
story_roll_call(struct story *story, int day, const char *rows)
{
	for (; *rows; rows++, day++)
		if (*rows != ' ')
			story_add(story, FACT_ATTENDANCE, day,
			    (int)(strchr("PTAE", *rows) - "PTAE"), 0);
}

void
story_incident(struct story *story, int day, float severity, uint16_t type)
{
	story_add(story, FACT_INCIDENT, day, 0, severity)->code = type;
}

const float *
story_build(struct story *story, int day)
{
	struct feature_sequence *out = &story->sequence;

	features_build(&story->subject, story->facts.facts, story->facts.count,
	    story->start + day, &story->arena, out);
	if (out->step_count == 0)
		return NULL;
	return out->steps + (out->step_count - 1) * FEATURE_COUNT;
}

void
check_values(const float *got, size_t from, const double *want, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (isnan(want[i]) != isnan(got[from + i]))
			fail_msg("feature %zu is %g", from + i,
			    (double)got[from + i]);
		if (!isnan(want[i]))
			assert_near(got[from + i], want[i], 1e-5);
	}
}
