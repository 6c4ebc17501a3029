/*
 * shadowed.h - the school (school.h) with a shadow beside its champion.
 *
 * The side thread runs where a test says so and not before, so an answer that
 * waited for it would never come.
 */
#ifndef TESTS_PREDICTION_SHADOWED_H
#define TESTS_PREDICTION_SHADOWED_H

#include "services/prediction/shadow.h"
#include "services/prediction/shadow_queue.h"
#include "tests/unit/prediction/school.h"

/* Students of the school who have a score: those of math, and one of art who
 * is also in math (tests/unit/prediction/school.h). */
enum { SEED = 9, COURSE = STUDENTS };

static inline struct shadow_queue *
queue_of(struct rig *rig)
{
	return models_shadows(rig->w.state);
}

static inline void
open_shadowed(struct rig *rig)
{
	open_school(rig);
	rig_alias(rig, "north", "shadow", sample_network_model(SEED));
}

/* One turn of the side thread. */
static inline bool
run_once(struct rig *rig)
{
	bool is_good;

	err_clear(&rig->err);
	is_good = shadow_side.run(&rig->w, &rig->err);
	db_rollback(rig->w.db);
	return is_good;
}

static inline void
run_all(struct rig *rig)
{
	while (shadow_queue_bytes(queue_of(rig)) > 0)
		if (!run_once(rig))
			fail_msg("%s", rig->err.detail);
}

/* An answer of the champion: score in parts. */
static inline int
ask_score(struct rig *rig, const char *student)
{
	struct prediction prediction;
	char body[100];

	snprintf(body, sizeof(body), "{\"student_id\": \"%s\"}", student);
	ask_for(rig, body, &prediction);
	return look_parts(prediction.risk_score);
}

/* Scores of the course by student's number, in [0, 1]; how many there are. */
static inline size_t
list_scores(struct rig *rig, double scores[STUDENTS + 1])
{
	struct risk_list list;
	size_t count = 0;

	if (!rig_call(rig, route_of("list_risk"), "north",
		"course_id=math&limit=100", NULL))
		fail_msg("%s", rig->err.detail);
	rig_read(rig, &risk_list_message, &list);
	for (size_t i = 0; i < list.items_count; i++) {
		long number = strtol(list.items[i].student_id + 1, NULL, 10);

		if (number < 1 || number > STUDENTS)
			continue;
		scores[number] = list.items[i].risk_score;
		count++;
	}
	return count;
}

static inline struct shadow_report
read_report(struct rig *rig, const char *version)
{
	struct shadow_report report;

	if (!rig_call(rig, route_of("get_shadow_report"), "north", version,
		NULL))
		fail_msg("%s", rig->err.detail);
	rig_read(rig, &shadow_report_message, &report);
	return report;
}

#endif
