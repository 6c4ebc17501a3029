/*
 * facts_fuzz.c - any bytes as packed facts: refused, or the same bytes again.
 *
 * What is accepted must also build features on any day.
 */
#include <string.h>

#include "base/must.h"
#include "ml/facts.h"
#include "ml/features.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
build(struct fact_list *list)
{
	struct feature_subject subject = {
		.course_start_day = list->facts[0].occurred_day,
		.course_end_day = INT32_MAX,
		.registered_day = INT32_MIN,
		.withdrawn_day = INT32_MAX,
		.calendar = { .weekdays = CALENDAR_MONDAY_TO_FRIDAY },
		.pass_mark = 60,
	};
	struct feature_sequence sequence;

	features_build(&subject, list->facts, list->count,
	    list->facts[list->count - 1].known_day, list->arena, &sequence);
	must(sequence.step_count <= FEATURE_STEPS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct fact_list list = { .arena = &arena };
	struct buf again = { 0 };
	struct err err = { 0 };

	arena_init(&arena, 4096);
	if (facts_unpack((struct slice){ (const char *)data, size }, &list,
		&err)) {
		facts_pack(&list, &again);
		must(again.size == size);
		must(size == 0 || memcmp(again.data, data, size) == 0);
		if (list.count > 0)
			build(&list);
	}
	buf_close(&again);
	arena_close(&arena);
	return 0;
}
