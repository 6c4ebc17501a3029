/*
 * experiment_report_test.c - an arm's scores held against what came, summed
 * once more by hand; and what is said where there is too little.
 */
#include "tests/unit/prediction/school.h"

static const char plan[] =
    "{\"name\": \"spring\", \"why\": \"x\", \"arms\": ["
    "{\"arm\": \"control\", \"model\": \"champion\", \"share\": 10000},"
    "{\"arm\": \"new\", \"model\": \"champion\", \"share\": 0}]}";

static void
call_for(struct rig *rig, const char *operation, const char *body)
{
	if (!rig_call(rig, route_of(operation), "north", body, NULL))
		fail_msg("%s: %s", operation, rig->err.detail);
}

static void
read_report(struct rig *rig, struct experiment_report *report)
{
	call_for(rig, "get_experiment_report", "spring");
	rig_read(rig, &experiment_report_message, report);
}

static bool
fails(int64_t id)
{
	return id % 3 == 0;
}

/* All are on the control arm and ranked; a month later it is known how it
 * ended. */
static void
open_ended(struct rig *rig, double scores[STUDENTS + 1])
{
	struct model *model = sample_network_model(3);
	struct risk_list list;

	open_school(rig);
	rig_training(rig);
	model->calibration = (struct calibration){ 8, 8 * 5.5 };
	rig_model(rig, "north", model);
	call_for(rig, "create_experiment", plan);
	assert_false(rig_call(rig, route_of("get_experiment_report"), "north",
	    "spring", NULL));
	assert_int_equal(rig->err.code, ERR_CONFLICT);
	call_for(rig, "start_experiment", "spring?{\"why\": \"x\"}");
	call_for(rig, "list_risk", "top=500");
	rig_read(rig, &risk_list_message, &list);
	assert_int_equal(list.items_count, STUDENTS);
	for (size_t i = 0; i < STUDENTS; i++)
		scores[student_number(list.items[i].student_id)] =
		    list.items[i].risk_score;
	for (int64_t id = 1; id <= STUDENTS; id++)
		add_outcome(rig, id, TODAY + 10,
		    fails(id) ? RESULT_FAIL : RESULT_PASS);
	look_from(rig, TODAY + 30);
}

static void
an_arms_scores_are_held_against_what_came(void **state)
{
	double scores[STUDENTS + 1], brier = 0, gap = 0;
	int alerts = 0;
	struct experiment_report report;
	const struct arm_report *control;
	struct rig rig;

	(void)state;
	open_ended(&rig, scores);
	for (int id = 1; id <= STUDENTS; id++) {
		double miss = scores[id] - (fails(id) ? 1 : 0);

		brier += miss * miss / STUDENTS;
		gap += miss / STUDENTS;
	}
	alerts = (int)database_count(rig.owner,
	    "SELECT count(*) FROM arm_score WHERE level >= 2");
	read_report(&rig, &report);
	assert_int_equal(report.arms_count, 2);
	control = &report.arms[0];
	assert_int_equal(control->enrollments, STUDENTS);
	assert_int_equal(control->known, STUDENTS);
	assert_int_equal(control->adverse_students, STUDENTS / 3);
	assert_true(control->predictions >= STUDENTS);
	assert_true(control->enough);
	assert_near(control->figures->brier->value, brier, 1e-9);
	assert_near(control->figures->calibration_gap->value, gap, 1e-9);
	assert_near(control->figures->alert_rate->value,
	    (double)alerts / STUDENTS, 1e-9);
	assert_true(control->figures->brier->low < brier &&
	    brier < control->figures->brier->high);
	assert_null(control->difference);
	rig_close(&rig);
}

static void
what_is_too_little_is_said(void **state)
{
	double scores[STUDENTS + 1];
	struct experiment_report report;
	const struct arm_report *arm;
	struct rig rig;

	(void)state;
	open_ended(&rig, scores);
	read_report(&rig, &report);
	assert_int_equal(report.least, 20);
	/* 13 students failed: too few for a rate of them. */
	assert_null(report.arms[0].figures->false_negative_rate);
	arm = &report.arms[1];
	assert_false(arm->enough);
	assert_int_equal(arm->enrollments, 0);
	assert_null(arm->figures->brier);
	assert_null(arm->figures->alert_rate);
	assert_null(arm->difference->brier);
	rig_close(&rig);
}

static void
each_look_is_counted(void **state)
{
	double scores[STUDENTS + 1];
	struct experiment_report report;
	struct rig rig;

	(void)state;
	open_ended(&rig, scores);
	read_report(&rig, &report);
	assert_int_equal(report.looks, 1);
	assert_null(strstr(report.caution, "by chance"));
	read_report(&rig, &report);
	assert_int_equal(report.looks, 2);
	assert_non_null(strstr(report.caution, "by chance"));
	call_for(&rig, "end_experiment", "spring?{\"why\": \"x\"}");
	read_report(&rig, &report);
	assert_int_equal(report.looks, 3);
	assert_int_equal(report.state, EXPERIMENT_ENDED);
	assert_true(report.arms[0].enough);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(an_arms_scores_are_held_against_what_came),
    cmocka_unit_test(what_is_too_little_is_said),
    cmocka_unit_test(each_look_is_counted))
