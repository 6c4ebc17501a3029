/* made.c - one event for the scores of one transaction. */
#include "services/prediction/made.h"

#include <string.h>

#include "services/prediction/answer.h"

static struct slice
copy_values(const struct look *look, struct arena *arena)
{
	float *values = arena_array(arena, ANSWER_VALUES, sizeof(*values));

	answer_values(look, values);
	return (struct slice){ (const char *)values,
		ANSWER_VALUES * sizeof(*values) };
}

static void
fill_item(const struct look *look, const struct past *past, struct arena *arena,
    struct scored_enrollment *item)
{
	const struct subject *subject = look->subject;

	*item = (struct scored_enrollment){
		.enrollment_id = subject->enrollment_id,
		.student_id = subject->student_id,
		.course_id = subject->course_id,
		.term = subject->term,
		.school = subject->school,
		.section = subject->section,
		.risk_score = look->score,
		.risk_category = (int)look->category,
		.has_category_before = past->has_level,
		.category_before = past->level,
		.week = look_week(look),
		.features = copy_values(look, arena),
	};
}

bool
made_say(struct worker *w, const char *tenant, const struct made *made,
    struct arena *arena, struct err *err)
{
	struct prediction_made event = { .model_version =
					     made->serving->version };

	event.items = arena_array(arena, made->count, sizeof(*event.items));
	for (size_t i = 0; i < made->count; i++) {
		const struct look *look = &made->looks[i];

		if (look->sequence.status != FEATURES_READY ||
		    !made->pasts[i].is_another)
			continue;
		event.reference_date = look->day;
		fill_item(look, &made->pasts[i], arena,
		    &event.items[event.items_count++]);
	}
	return event.items_count == 0 ||
	    say(w, "prediction.made", tenant, NULL, &prediction_made_message,
		&event, err);
}
