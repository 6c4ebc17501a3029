/*
 * school.h - a small school over rig.h: registers, records and the sample
 * network as champion, for the tests of prediction's handlers.
 */
#ifndef TESTS_PREDICTION_SCHOOL_H
#define TESTS_PREDICTION_SCHOOL_H

#include <stdio.h>

#include "services/prediction/prediction.h"
#include "tests/unit/prediction/rig.h"

enum { MONDAY = 20367, TODAY = MONDAY + 100, STUDENTS = 40 };

static const struct route routes[] = {
#define PROTO_DEF "proto/prediction.def"
#include "proto/as_routes.h"
};

static inline const struct route *
route_of(const char *operation)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (strcmp(routes[i].operation, operation) == 0)
			return &routes[i];
	fail_msg("no route %s", operation);
	return NULL;
}

/* Of s1 to sN; 0 of others. */
static inline int
student_number(const char *student_id)
{
	return student_id[0] == 's' ? (int)strtol(student_id + 1, NULL, 10)
				    : 0;
}

/* Weekly grades and daily roll-call, different for each student. */
static inline void
add_records(struct rig *rig, int64_t id, int32_t from)
{
	for (int32_t day = from; day <= TODAY; day += 7) {
		struct log_entry *grade =
		    rig_record(rig, "north", RECORD_GRADE, id, day);
		struct log_entry *roll =
		    rig_record(rig, "north", RECORD_ATTENDANCE, id, day);

		grade->value = (double)((id * 37 + day * 11) % 101);
		grade->has_value = true;
		grade->value_code = TYPE_QUIZ;
		grade->has_value_code = true;
		roll->value_code = (id + day) % 4;
		roll->has_value_code = true;
	}
}

static inline void
add_outcome(struct rig *rig, int64_t id, int32_t day, enum course_result result)
{
	struct log_entry *entry =
	    rig_record(rig, "north", RECORD_OUTCOME, id, day);

	entry->value_code = (int64_t)result;
	entry->has_value_code = true;
}

/* STUDENTS students s1 ... in math, and some of whom more is said. */
static inline void
open_school(struct rig *rig)
{
	char *name;

	rig_open(rig);
	rig_rules(rig, "north", TODAY);
	rig_course(rig, "north", "math", MONDAY, MONDAY + 200);
	rig_course(rig, "north", "art", MONDAY, MONDAY + 200);
	rig_course(rig, "north", "old", MONDAY - 300, MONDAY - 100);
	for (int64_t id = 1; id <= STUDENTS; id++) {
		struct enrollment *enrollment;

		name = arena_printf(&rig->w.arena, "s%d", (int)id);
		enrollment = rig_enrollment(rig, "north", id, name, "math");
		enrollment->school = id % 2 == 0 ? "even" : "odd";
		enrollment->section = id % 4 == 2 ? "blue" : "red";
		add_records(rig, id, MONDAY);
	}
	rig_enrollment(rig, "north", 101, "both", "math");
	rig_enrollment(rig, "north", 102, "both", "art");
	rig_enrollment(rig, "north", 103, "new", "art")->registered_on =
	    TODAY - 13;
	rig->entries[rig->count - 1].enrollment->has_registered_on = true;
	add_records(rig, 103, TODAY - 13);
	rig_enrollment(rig, "north", 104, "gone", "art")->withdrawn_on =
	    TODAY - 20;
	rig->entries[rig->count - 1].enrollment->has_withdrawn_on = true;
	rig_enrollment(rig, "north", 105, "former", "old");
	rig_apply(rig);
	rig_model(rig, "north", sample_network_model(3));
}

/* `day` becomes the tenant's day. */
static inline void
look_from(struct rig *rig, int32_t day)
{
	rig_rules(rig, "north", day);
	rig_apply(rig);
}

static inline void
ask_for(struct rig *rig, const char *body, struct prediction *prediction)
{
	if (!rig_call(rig, route_of("predict"), "north", body, NULL))
		fail_msg("%s", rig->err.detail);
	assert_int_equal(rig->status, 200);
	rig_read(rig, &prediction_message, prediction);
}

#endif
