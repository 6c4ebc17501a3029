/*
 * spring.h - the school (school.h) with an experiment named spring: control and
 * new, each with 40 % of the enrollments.
 */
#ifndef TESTS_PREDICTION_SPRING_H
#define TESTS_PREDICTION_SPRING_H

#include "services/prediction/serving.h"
#include "tests/unit/prediction/school.h"

static const char plan[] =
    "{\"name\": \"spring\", \"why\": \"is it better?\", \"arms\": ["
    "{\"arm\": \"control\", \"model\": \"champion\", \"share\": 4000},"
    "{\"arm\": \"new\", \"model\": \"challenger\", \"share\": 4000}]}";

/* A school with champion, challenger and shadow, all of different scores. */
static inline void
open_arms(struct rig *rig)
{
	struct model *model = sample_network_model(3);

	open_school(rig);
	rig_training(rig);
	model->calibration = (struct calibration){ 8, 8 * 5.5 };
	rig_model(rig, "north", model);
	model = sample_network_model(3);
	model->calibration = (struct calibration){ 7, 7 * 5.5 };
	rig_alias(rig, "north", "challenger", model);
}

static inline void
call_for(struct rig *rig, const char *operation, const char *body,
    const char *if_match)
{
	struct bus_head who = { .tenant = "north",
		.principal = "key:tests",
		.role = ROLE_OPERATOR,
		.request_id = "a test's",
		.deadline = clock_now() + 60 * SECOND_US,
		.if_match = if_match };

	if (!rig_call_as(rig, route_of(operation), &who, body))
		fail_msg("%s: %s", operation, rig->err.detail);
}

static inline void
fails(struct rig *rig, const char *operation, const char *body,
    const char *if_match, enum err_code code, const char *words)
{
	struct bus_head who = { .tenant = "north",
		.principal = "key:tests",
		.role = ROLE_OPERATOR,
		.request_id = "a test's",
		.deadline = clock_now() + 60 * SECOND_US,
		.if_match = if_match };

	assert_false(rig_call_as(rig, route_of(operation), &who, body));
	assert_int_equal(rig->err.code, code);
	if (strstr(rig->err.detail, words) == NULL)
		fail_msg("%s", rig->err.detail);
}

static inline void
start(struct rig *rig)
{
	call_for(rig, "create_experiment", plan, NULL);
	assert_int_equal(rig->status, 201);
	call_for(rig, "start_experiment", "spring?{\"why\": \"go\"}", NULL);
}

static inline void
end(struct rig *rig)
{
	call_for(rig, "end_experiment", "spring?{\"why\": \"done\"}", NULL);
}

#endif
