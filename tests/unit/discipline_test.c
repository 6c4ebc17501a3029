/* discipline_test.c - features 29 to 41 against sums done by hand. */
#include "ml/features.h"

#include "tests/support/story.h"
#include "tests/support/test.h"

static void
discipline_is_as_computed_by_hand(void **state)
{
	static const double want[13] = { 4, 4.0 / 91 * 30, 3.5, 5, 1.1180340,
		0.8, 6, 2, 4, 0.75, 3, 4, 0.5 };
	struct story *story = *state;

	story_incident(story, 2, 2, 7);
	story_incident(story, 12, 4, 8);
	story_incident(story, 18, 3, 7);
	story_incident(story, 20, 5, 9);
	check_values(story_build(story, 34), 29, want, 13);
}

RUN_TESTS(STORY(discipline_is_as_computed_by_hand))
