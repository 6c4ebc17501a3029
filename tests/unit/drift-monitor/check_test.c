/*
 * check_test.c - from scores that are heard to reports and what is told, over a
 * real database and a real bus; a training of the test's own answers.
 */
#include "services/drift-monitor/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "libcommon/service/migrations.h"
#include "ml/drift.h"
#include "ml/features.h"
#include "ml/model_file.h"
#include "proto/prediction.h"
#include "service/inside.h"
#include "services/drift-monitor/migrations.h"
#include "tests/support/database.h"
#include "tests/support/played_training.h"
#include "tests/support/sample_model.h"
#include "tests/support/test.h"
#include "wire/json.h"

enum { TODAY = 20467, WEEK = 12, STUDENTS = 200, VALUES = 46, MOVED = 3 };

static const char KEY[] = "a key of the tests, 32 bytes long";

static const struct drift_settings usual = { .checks_per_false_alarm = 50,
	.feature_effect_limit = .2,
	.score_effect_limit = .2,
	.check_hours = 24,
	.window_days = 7,
	.kept_days = 35 };

struct rig {
	struct worker w;
	struct db *owner;
	struct service service;
	struct training training;
	char folder[32];
};

/* Normal columns; the score is uniform. */
static void
fill_row(struct random *random, float *row)
{
	for (int i = 0; i < REFERENCE_COLUMNS; i++)
		row[i] = i == REFERENCE_SCORE ? (float)random_unit(random)
					      : (float)random_normal(random);
}

/* Training's champion from now on. */
static void
promote(struct rig *rig, unsigned seed, bool has_reference)
{
	enum { SEEN = 500 };
	struct model *model = sample_network_model(seed);
	float *values = mem_alloc(SEEN * REFERENCE_COLUMNS, sizeof(float));
	uint16_t week[SEEN];
	struct random random;

	random_init(&random, seed, 1);
	for (size_t i = 0; i < SEEN; i++) {
		fill_row(&random, values + i * REFERENCE_COLUMNS);
		week[i] = WEEK;
	}
	reference_free(model->reference);
	model->reference = has_reference
	    ? reference_make(&(struct reference_source){ values, week, SEEN },
		  1)
	    : NULL;
	training_move(&rig->training, PLAYED_CHAMPION, model);
	free(values);
}

static void
open_schema(struct rig *rig)
{
	struct migrations sets[] = { service_migrations,
		drift_monitor_migrations };
	struct err err = { 0 };
	size_t applied;

	rig->owner = database_open("drift_test", NULL);
	database_run(rig->owner,
	    "DO $$ BEGIN CREATE ROLE edupulse_drift LOGIN; "
	    "EXCEPTION WHEN duplicate_object THEN NULL; END $$");
	database_run(rig->owner,
	    "GRANT CONNECT ON DATABASE edupulse TO edupulse_drift");
	database_run(rig->owner,
	    "GRANT USAGE ON SCHEMA drift_test TO edupulse_drift");
	if (!migrate(rig->owner, sets, ARRAY_SIZE(sets), &applied, &err))
		fail_msg("%s", err.detail);
	database_run(rig->owner,
	    "GRANT SELECT, INSERT ON outbox, epoch TO edupulse_drift");
	rig->w.db = database_open("drift_test", "edupulse_drift");
}

static void
open_rig(struct rig *rig)
{
	static const struct service_kind kind = { .name = "drift-monitor" };
	static const struct common_settings common = { .tenant = "north" };

	memset(rig, 0, sizeof(*rig));
	open_schema(rig);
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/epd.XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	training_open(&rig->training, rig->folder, KEY);
	rig->service.kind = &kind;
	rig->service.common = &common;
	rig->service.bus = open_bus(rig->folder, "drift-monitor", KEY);
	rig->w.service = &rig->service;
	rig->w.bus = rig->service.bus;
	rig->w.settings = &usual;
	arena_init(&rig->w.arena, 65536);
}

static void
close_rig(struct rig *rig)
{
	char command[64];

	training_close(&rig->training);
	bus_free(rig->service.bus);
	arena_close(&rig->w.arena);
	db_free(rig->w.db);
	db_free(rig->owner);
	snprintf(command, sizeof(command), "rm -rf %s", rig->folder);
	assert_int_equal(system(command), 0);
}

/* Every student's score on a day, by the champion: column MOVED is off by
 * `shift`. */
static void
tell_scores(struct rig *rig, const char *tenant, int32_t day, float shift)
{
	struct scored_enrollment *items = mem_alloc(STUDENTS, sizeof(*items));
	float(*values)[VALUES] = mem_alloc(STUDENTS, sizeof(*values));
	struct prediction_made made = {
		.model_version = rig->training.models[PLAYED_CHAMPION].version,
		.reference_date = day,
		.items = items,
		.items_count = STUDENTS,
	};
	struct event event = { .tenant = tenant };
	struct buf json = { 0 };
	struct random random;
	struct err err = { 0 };

	random_init(&random, 99, 1);
	for (int i = 0; i < STUDENTS; i++) {
		fill_row(&random, values[i]);
		values[i][MOVED] += shift;
		items[i] = (struct scored_enrollment){ .enrollment_id = i + 1,
			.student_id = "s",
			.course_id = "c",
			.risk_score = (double)values[i][REFERENCE_SCORE],
			.week = WEEK,
			.features = { (const char *)values[i],
			    sizeof(values[i]) } };
	}
	json_encode(&prediction_made_message, &made, &json);
	event.data = buf_slice(&json);
	if (!work_begin(&rig->w, tenant, &err) ||
	    !hear_scores(&rig->w, &event, &err) || !work_commit(&rig->w, &err))
		fail_msg("%s", err.detail);
	buf_close(&json);
	free(items);
	free(values);
}

static struct drift_report
check_as(struct rig *rig, struct check check)
{
	struct drift_report report;
	struct err err = { 0 };

	check.days = 7;
	if (!work_begin(&rig->w, check.tenant, &err) ||
	    !check_run(&rig->w, &check, &report, &err) ||
	    !work_commit(&rig->w, &err))
		fail_msg("%s", err.detail);
	return report;
}

static struct drift_report
check_now(struct rig *rig)
{
	return check_as(rig, (struct check){ .tenant = "north" });
}

static int64_t
count_of(struct rig *rig, const char *name, const char *statement)
{
	struct query query = { name, QUERY_ONE, statement, 0 };
	struct db_result result = { 0 };
	struct err err = { 0 };
	int64_t count;

	if (!db_query(rig->owner, &query, DB_NO_ARGS, &result, &err))
		fail_msg("%s", err.detail);
	count = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return count;
}

static int64_t
count_told(struct rig *rig)
{
	return count_of(rig, "told",
	    "SELECT count(*) FROM outbox WHERE topic = 'drift.detected'");
}

static void
what_cannot_be_compared_is_said_in_words(void **state)
{
	struct drift_report report;
	struct rig rig;

	(void)state;
	open_rig(&rig);
	report = check_now(&rig);
	assert_int_equal(report.verdict, DRIFT_STATE_NOT_ENOUGH_DATA);
	assert_string_equal(report.detail, "no scores have been made yet");
	promote(&rig, 1, false);
	tell_scores(&rig, "north", TODAY, 0);
	report = check_now(&rig);
	assert_int_equal(report.verdict, DRIFT_STATE_NO_REFERENCE);
	assert_non_null(strstr(report.detail, "no reference in this model"));
	assert_int_equal(report.rows, STUDENTS);
	rig.training.models[PLAYED_CHAMPION].version[0] = '\0';
	report = check_now(&rig);
	assert_int_equal(report.verdict, DRIFT_STATE_NO_MODEL);
	promote(&rig, 2, true);
	/* Its scores are still to come: those there are another model's. */
	report = check_now(&rig);
	assert_int_equal(report.verdict, DRIFT_STATE_NOT_ENOUGH_DATA);
	assert_int_equal(report.rows, 0);
	assert_int_equal(count_told(&rig), 0);
	assert_int_equal(count_of(&rig, "all", "SELECT count(*) FROM report"),
	    4);
	close_rig(&rig);
}

static void
scores_that_are_heard_twice_are_kept_once(void **state)
{
	struct drift_report report;
	struct rig rig;

	(void)state;
	open_rig(&rig);
	promote(&rig, 1, true);
	tell_scores(&rig, "north", TODAY - 6, 9);
	tell_scores(&rig, "north", TODAY, 9);
	tell_scores(&rig, "north", TODAY, 0);
	assert_int_equal(count_of(&rig, "rows", "SELECT count(*) FROM scored"),
	    2 * STUDENTS);
	/* The newest of each enrollment, in the words told last. */
	report = check_now(&rig);
	assert_int_equal(report.rows, STUDENTS);
	assert_int_equal(report.verdict, DRIFT_STATE_STABLE);
	assert_int_equal(report.drifted, 0);
	assert_int_equal(report.judged, NETWORK_INPUTS);
	assert_int_equal(report.features_count, REFERENCE_COLUMNS);
	assert_near(report.same_week, 1, 0);
	close_rig(&rig);
}

static void
a_finding_is_told_once_until_it_has_come_back(void **state)
{
	static const float shifts[] = { 0, 2, 2, 0, 2 };
	static const int64_t told[] = { 0, 1, 1, 1, 2 };
	struct drift_report report;
	struct rig rig;

	(void)state;
	open_rig(&rig);
	promote(&rig, 1, true);
	for (int day = 0; day < 5; day++) {
		tell_scores(&rig, "north", TODAY + day, shifts[day]);
		report = check_now(&rig);
		assert_int_equal(report.drifted, shifts[day] > 0);
		assert_int_equal(count_told(&rig), told[day]);
	}
	assert_int_equal(report.new_findings_count, 1);
	assert_string_equal(report.new_findings[0], feature_row(MOVED)->name);
	assert_string_equal(report.features[0].name, feature_row(MOVED)->name);
	assert_near(report.features[0].current_mean -
		report.features[0].reference_mean,
	    2, .3);
	/* Another model learned from other students: it is news again. */
	promote(&rig, 2, true);
	tell_scores(&rig, "north", TODAY + 5, 2);
	check_now(&rig);
	assert_int_equal(count_told(&rig), 3);
	close_rig(&rig);
}

static void
a_check_of_an_earlier_day_tells_nothing(void **state)
{
	struct drift_report report;
	struct rig rig;

	(void)state;
	open_rig(&rig);
	promote(&rig, 1, true);
	tell_scores(&rig, "north", TODAY - 10, 2);
	tell_scores(&rig, "north", TODAY, 0);
	report = check_as(&rig,
	    (struct check){ .tenant = "north",
		.has_as_of = true,
		.as_of = TODAY - 10 });
	assert_int_equal(report.drifted, 1);
	assert_int_equal(report.new_findings_count, 0);
	assert_int_equal(count_told(&rig), 0);
	assert_int_equal(check_now(&rig).drifted, 0);
	close_rig(&rig);
}

static void
tenants_are_apart(void **state)
{
	struct rig rig;

	(void)state;
	open_rig(&rig);
	promote(&rig, 1, true);
	tell_scores(&rig, "north", TODAY, 2);
	tell_scores(&rig, "south", TODAY, 0);
	assert_int_equal(check_now(&rig).drifted, 1);
	assert_int_equal(
	    check_as(&rig, (struct check){ .tenant = "south" }).drifted, 0);
	assert_int_equal(count_told(&rig), 1);
	close_rig(&rig);
}

static void
the_job_checks_what_is_due_and_forgets_what_is_old(void **state)
{
	struct err err = { 0 };
	struct rig rig;
	bool again = true;

	(void)state;
	open_rig(&rig);
	promote(&rig, 1, true);
	tell_scores(&rig, "north", TODAY - 36, 0);
	tell_scores(&rig, "north", TODAY, 2);
	/* It is not quiet yet. */
	assert_true(check_due(&rig.w, &again, &err));
	assert_false(again);
	database_run(rig.owner,
	    "UPDATE watched SET heard_at = now() - interval '30 seconds'");
	if (!check_due(&rig.w, &again, &err))
		fail_msg("%s", err.detail);
	assert_true(again);
	assert_int_equal(count_told(&rig), 1);
	assert_int_equal(count_of(&rig, "rows", "SELECT count(*) FROM scored"),
	    STUDENTS);
	assert_int_equal(count_of(&rig, "later",
			     "SELECT count(*) FROM watched WHERE next_check_at "
			     "> now() + interval '23 hours'"),
	    1);
	assert_true(check_due(&rig.w, &again, &err));
	assert_false(again);
	/* A day later, without anything new: there is nothing to compare. */
	database_run(rig.owner, "UPDATE watched SET next_check_at = now()");
	assert_true(check_due(&rig.w, &again, &err));
	assert_false(again);
	/* What came in counts, whatever the clock said then. */
	tell_scores(&rig, "north", TODAY, 0);
	database_run(rig.owner,
	    "UPDATE watched SET next_check_at = now(), heard_at = '2000-01-01'");
	assert_true(check_due(&rig.w, &again, &err));
	assert_true(again);
	close_rig(&rig);
}

static void
features_of_another_size_are_refused(void **state)
{
	struct scored_enrollment item = { .enrollment_id = 1,
		.student_id = "s",
		.course_id = "c",
		.week = 1,
		.features = { "1234", 4 } };
	struct prediction_made made = { .reference_date = TODAY,
		.items = &item,
		.items_count = 1 };
	struct event event = { .tenant = "north" };
	struct err err = { 0 };
	struct buf json = { 0 };
	struct rig rig;

	(void)state;
	open_rig(&rig);
	promote(&rig, 1, true);
	made.model_version = rig.training.models[PLAYED_CHAMPION].version;
	json_encode(&prediction_made_message, &made, &json);
	event.data = buf_slice(&json);
	assert_true(work_begin(&rig.w, "north", &err));
	assert_false(hear_scores(&rig.w, &event, &err));
	assert_non_null(strstr(err.detail, "4 bytes, not 184"));
	db_rollback(rig.w.db);
	buf_close(&json);
	close_rig(&rig);
}

RUN_TESTS(cmocka_unit_test(what_cannot_be_compared_is_said_in_words),
    cmocka_unit_test(scores_that_are_heard_twice_are_kept_once),
    cmocka_unit_test(a_finding_is_told_once_until_it_has_come_back),
    cmocka_unit_test(a_check_of_an_earlier_day_tells_nothing),
    cmocka_unit_test(tenants_are_apart),
    cmocka_unit_test(the_job_checks_what_is_due_and_forgets_what_is_old),
    cmocka_unit_test(features_of_another_size_are_refused))
