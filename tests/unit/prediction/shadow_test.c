/*
 * shadow_test.c - the shadow beside the champion: the same inputs, nobody
 * waits, each scoring is counted, and what the report says of both.
 *
 * The side thread runs where a test says so and not before, so an answer that
 * waited for it would never come.  What the shadow has to say is held against
 * its own answers once it is the champion; losses are sums by hand.
 */
#include <math.h>
#include <string.h>

#include "services/prediction/shadow.h"
#include "services/prediction/shadow_queue.h"
#include "tests/unit/prediction/school.h"

/* Students of the school who have a score: those of math, and one of art who
 * is also in math (tests/unit/prediction/school.h). */
enum { SEED = 9, COURSE = STUDENTS };

static struct shadow_queue *
queue_of(struct rig *rig)
{
	return models_shadows(rig->w.state);
}

static void
open_shadowed(struct rig *rig)
{
	open_school(rig);
	rig_alias(rig, "north", "shadow", sample_network_model(SEED));
}

/* One turn of the side thread. */
static bool
run_once(struct rig *rig)
{
	bool is_good;

	err_clear(&rig->err);
	is_good = shadow_side.run(&rig->w, &rig->err);
	db_rollback(rig->w.db);
	return is_good;
}

static void
run_all(struct rig *rig)
{
	while (shadow_queue_bytes(queue_of(rig)) > 0)
		if (!run_once(rig))
			fail_msg("%s", rig->err.detail);
}

/* An answer of the champion: score in parts. */
static int
ask_score(struct rig *rig, const char *student)
{
	struct prediction prediction;
	char body[100];

	snprintf(body, sizeof(body), "{\"student_id\": \"%s\"}", student);
	ask_for(rig, body, &prediction);
	return look_parts(prediction.risk_score);
}

/* Scores of the course by student's number, in [0, 1]; how many there are. */
static size_t
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

static struct shadow_report
read_report(struct rig *rig, const char *version)
{
	struct shadow_report report;

	if (!rig_call(rig, route_of("get_shadow_report"), "north", version,
		NULL))
		fail_msg("%s", rig->err.detail);
	rig_read(rig, &shadow_report_message, &report);
	return report;
}

static int64_t
dropped(const struct shadow_report *report)
{
	return report->dropped_full + report->dropped_no_model +
	    report->dropped_not_stored + report->dropped_stopped;
}

static void
both_score_the_very_same_input(void **state)
{
	static const char *const students[] = { "s1", "s2", "s3", "s17" };
	int champion[4], shadow[4];
	char text[200];
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(students); i++)
		champion[i] = ask_score(&rig, students[i]);
	run_all(&rig);
	/* The shadow's own answers, once it serves. */
	rig_model(&rig, "north", sample_network_model(SEED));
	for (size_t i = 0; i < ARRAY_SIZE(students); i++) {
		shadow[i] = ask_score(&rig, students[i]);
		assert_true(shadow[i] != champion[i]);
		snprintf(text, sizeof(text),
		    "SELECT count(*) FROM shadow_pair WHERE champion_score = "
		    "%d AND shadow_score = %d AND enrollment_id = %s AND week "
		    "= 15 AND champion_us > 0 AND shadow_us > 0",
		    champion[i], shadow[i], students[i] + 1);
		assert_int_equal(database_count(rig.owner, text), 1);
	}
	assert_int_equal(
	    database_count(rig.owner, "SELECT count(*) FROM shadow_pair"), 4);
	rig_close(&rig);
}

/* Nobody takes anything out: answers come all the same, and the same ones. */
static void
answers_come_while_the_shadow_stands_still(void **state)
{
	struct prediction_settings little = { .kernels = "",
		.shadow_share = 1,
		.shadow_queue_bytes = 65536 };
	double scores[STUDENTS + 1], again[STUDENTS + 1];
	struct shadow_report report;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	rig.w.settings = &little;
	ask_score(&rig, "s1"); /* finds room */
	ask_score(&rig, "s2");
	assert_int_equal(list_scores(&rig, scores), STUDENTS);
	assert_true(shadow_queue_bytes(queue_of(&rig)) <= 65536);
	run_all(&rig);
	report = read_report(&rig, "shadow");
	assert_true(report.scored >= 1);
	assert_true(report.dropped_full >= STUDENTS);
	assert_int_equal(report.scored + dropped(&report),
	    database_count(rig.owner,
		"SELECT 2 + count(score) + (SELECT count(*) "
		"FROM prediction WHERE is_full AND "
		"enrollment_id > 2) FROM score"));
	/* What was answered is what is answered without a shadow. */
	database_run(rig.owner,
	    "DELETE FROM model_alias WHERE alias = 'shadow'");
	database_run(rig.owner, "TRUNCATE prediction, score");
	list_scores(&rig, again);
	for (size_t i = 1; i <= STUDENTS; i++)
		assert_near(scores[i], again[i], 0);
	rig_close(&rig);
}

static void
each_scoring_of_the_own_day_is_counted_once(void **state)
{
	struct prediction_settings none = { .kernels = "",
		.shadow_share = 0,
		.shadow_queue_bytes = 16 * 1024 * 1024 };
	const void *usual;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	usual = rig.w.settings;
	/* Not chosen; a look back; a question that has its answer already; a
	 * shadow that is the champion itself. */
	rig.w.settings = &none;
	ask_score(&rig, "s1");
	rig.w.settings = usual;
	ask_score(&rig, "s1");
	assert_true(rig_call(&rig, route_of("predict"), "north",
	    "{\"student_id\": \"s2\", \"reference_date\": \"2026-01-10\"}",
	    NULL));
	rig_alias(&rig, "north", "shadow", sample_network_model(3));
	ask_score(&rig, "s4");
	assert_int_equal(shadow_queue_bytes(queue_of(&rig)), 0);
	/* In a batch by score alone, and in one with reasons. */
	rig_alias(&rig, "north", "shadow", sample_trees_model(SEED));
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"items\": [{\"student_id\": \"s5\"}, {\"student_id\": \"s6\"},"
	    " {\"student_id\": \"nobody\"}]}",
	    NULL));
	assert_true(rig_call(&rig, route_of("predict_batch"), "north",
	    "{\"items\": [{\"student_id\": \"s7\"}, {\"student_id\": \"new\"},"
	    " {\"student_id\": \"s8\"}], \"include_explanations\": true}",
	    NULL));
	run_all(&rig);
	assert_int_equal(
	    database_count(rig.owner,
		"SELECT sum(scored)::bigint FROM shadow_comparison"),
	    4);
	assert_int_equal(database_count(rig.owner,
			     "SELECT count(*) FROM shadow_pair "
			     "WHERE enrollment_id BETWEEN 5 AND 8"),
	    4);
	rig_close(&rig);
}

/* Of 40 enrollments the same half every time, and more of a larger share. */
static void
a_share_is_always_of_the_same_enrollments(void **state)
{
	struct prediction_settings some = { .kernels = "",
		.shadow_share = 0.5,
		.shadow_queue_bytes = 16 * 1024 * 1024 };
	double scores[STUDENTS + 1];
	int64_t half;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	rig.w.settings = &some;
	list_scores(&rig, scores);
	run_all(&rig);
	half = database_count(rig.owner, "SELECT count(*) FROM shadow_pair");
	assert_in_range(half, COURSE / 4, COURSE * 3 / 4);
	database_run(rig.owner,
	    "CREATE TABLE before AS SELECT enrollment_id "
	    "FROM shadow_pair");
	database_run(rig.owner, "TRUNCATE prediction, score");
	list_scores(&rig, scores);
	run_all(&rig);
	assert_int_equal(
	    database_count(rig.owner, "SELECT count(*) FROM shadow_pair"),
	    half);
	some.shadow_share = 0.8;
	database_run(rig.owner, "TRUNCATE prediction, score, shadow_pair");
	list_scores(&rig, scores);
	run_all(&rig);
	assert_true(database_count(rig.owner,
			"SELECT count(*) FROM shadow_pair") > half);
	assert_int_equal(database_count(rig.owner,
			     "SELECT count(*) FROM before WHERE "
			     "enrollment_id NOT IN (SELECT enrollment_id "
			     "FROM shadow_pair)"),
	    0);
	rig_close(&rig);
}

/* Let counts be told at once. */
static void
do_not_pause(struct rig *rig)
{
	((struct tools *)rig->w.scratch)->tell_after = 0;
}

static void
what_cannot_be_made_or_kept_is_dropped_and_counted(void **state)
{
	struct shadow_report report;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	/* A file that nobody would serve. */
	ask_score(&rig, "s1");
	database_run(rig.owner,
	    "UPDATE model_file SET file = 'x' FROM "
	    "model_alias a WHERE a.version = "
	    "model_file.version AND a.alias = 'shadow'");
	assert_false(run_once(&rig));
	do_not_pause(&rig);
	assert_true(run_once(&rig));
	rig_alias(&rig, "north", "shadow", sample_network_model(SEED));
	/* A database that does not take pairs. */
	ask_score(&rig, "s2");
	database_run(rig.owner,
	    "REVOKE INSERT ON shadow_pair FROM edupulse_prediction");
	assert_false(run_once(&rig));
	database_run(rig.owner,
	    "GRANT INSERT ON shadow_pair TO edupulse_prediction");
	/* Stopping. */
	ask_score(&rig, "s3");
	run_all(&rig);
	ask_score(&rig, "s4");
	ask_score(&rig, "s5");
	shadow_side.wake(rig.w.state);
	assert_true(run_once(&rig));
	report = read_report(&rig, "shadow");
	assert_int_equal(report.dropped_no_model, 1);
	assert_int_equal(report.dropped_not_stored, 1);
	assert_int_equal(report.dropped_stopped, 2);
	assert_int_equal(report.dropped_full, 0);
	assert_int_equal(report.scored, 1);
	assert_int_equal(report.pairs, 1);
	assert_int_equal(shadow_queue_bytes(queue_of(&rig)), 0);
	rig_close(&rig);
}

/* What was scored for an answer that failed is not handed on. */
static void
what_was_not_answered_is_forgotten(void **state)
{
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	database_run(rig.owner,
	    "REVOKE INSERT ON prediction FROM edupulse_prediction");
	assert_false(rig_call(&rig, route_of("predict"), "north",
	    "{\"student_id\": \"s1\"}", NULL));
	database_run(rig.owner,
	    "GRANT INSERT ON prediction TO edupulse_prediction");
	ask_score(&rig, "s2");
	run_all(&rig);
	assert_int_equal(
	    database_count(rig.owner,
		"SELECT sum(enrollment_id)::bigint FROM shadow_pair"),
	    2);
	rig_close(&rig);
}

static const struct shadow_slice *
slice_of_report(const struct shadow_report *report, const char *by,
    const char *value)
{
	for (size_t i = 0; i < report->items_count; i++) {
		const struct shadow_slice *slice = &report->items[i];

		if (strcmp(slice->by, by) == 0 &&
		    (value == NULL ? slice->value == NULL
				   : slice->value != NULL &&
				strcmp(slice->value, value) == 0))
			return slice;
	}
	fail_msg("no slice by %s", by);
	return NULL;
}

static const struct shadow_measure *
measure_named(const struct shadow_slice *slice, const char *name)
{
	for (size_t i = 0; i < slice->measures_count; i++)
		if (strcmp(slice->measures[i].name, name) == 0)
			return &slice->measures[i];
	fail_msg("no measure %s", name);
	return NULL;
}

/* Students s1 to s24 end, every third of them badly. */
static double
log_loss(const double scores[STUDENTS + 1])
{
	double loss = 0;

	for (int i = 1; i <= 24; i++)
		loss -= log(i % 3 == 0 ? scores[i] : 1 - scores[i]) / 24;
	return loss;
}

static void
check_differences(const struct shadow_slice *all, const double *champion,
    const double *shadow)
{
	double sum = 0;
	int64_t cells = 0;

	for (int i = 1; i <= STUDENTS; i++)
		sum += shadow[i] - champion[i];
	assert_int_equal(all->n, COURSE);
	assert_int_equal(all->students, COURSE);
	assert_near(all->mean_difference, sum / STUDENTS, 1e-9);
	assert_true(all->low_difference <= all->median_difference &&
	    all->median_difference <= all->high_difference);
	assert_true(all->has_rank_correlation && all->has_top_10_in_common);
	assert_true(all->has_more_microseconds && all->shadow_microseconds > 0);
	for (size_t i = 0; i < all->categories_count; i++)
		cells += all->categories[i].n;
	assert_int_equal(cells, COURSE);
}

static void
the_report_holds_both_against_outcomes(void **state)
{
	double champion[STUDENTS + 1] = { 0 }, shadow[STUDENTS + 1] = { 0 };
	const struct shadow_measure *loss;
	const struct shadow_slice *slice;
	struct shadow_report report;
	char version[80];
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	list_scores(&rig, champion);
	run_all(&rig);
	report = read_report(&rig, "shadow?course_id=math");
	assert_int_equal(slice_of_report(&report, "all", NULL)->known, 0);
	snprintf(version, sizeof(version), "%.10s?champion=%.8s&course_id=math",
	    report.shadow_version, report.champion_version);
	/* The shadow's own scores of the day; then how it ended. */
	rig_model(&rig, "north", sample_network_model(SEED));
	assert_int_equal(list_scores(&rig, shadow), STUDENTS);
	rig_rules(&rig, "north", TODAY + 30);
	for (int64_t id = 1; id <= 24; id++)
		add_outcome(&rig, id, TODAY + 20,
		    id % 3 == 0 ? RESULT_FAIL : RESULT_PASS);
	rig_apply(&rig);
	report = read_report(&rig, version);
	slice = slice_of_report(&report, "all", NULL);
	check_differences(slice, champion, shadow);
	assert_int_equal(slice->known, 24);
	assert_near(slice->base_rate, 8 / 24.0, 1e-12);
	loss = measure_named(slice, "log_loss");
	assert_near(loss->champion, log_loss(champion), 1e-9);
	assert_near(loss->shadow, log_loss(shadow), 1e-9);
	assert_true(loss->low <= loss->shadow - loss->champion &&
	    loss->shadow - loss->champion <= loss->high);
	slice = slice_of_report(&report, "week", "15");
	assert_int_equal(slice->n, COURSE);
	/* 20 students in each school: enough for scores, 12 with an outcome:
	 * too few for those. */
	slice = slice_of_report(&report, "school", "even");
	assert_int_equal(slice->students, 20);
	assert_true(slice->has_mean_difference);
	assert_int_equal(slice->known, 12);
	assert_int_equal(slice->measures_count, 0);
	assert_false(slice->has_base_rate);
	rig_close(&rig);
}

static void
a_report_is_of_one_shadow_and_one_tenant(void **state)
{
	struct shadow_report report;
	struct rig rig;

	(void)state;
	database_or_skip();
	open_shadowed(&rig);
	assert_false(rig_call(&rig, route_of("get_shadow_report"), "north",
	    "shadow", NULL));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(rig.err.detail, "is the shadow now"));
	assert_false(rig_call(&rig, route_of("get_shadow_report"), "north",
	    "deadbeef", NULL));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(rig.err.detail, "no version that begins with "
					       "deadbeef was a shadow"));
	ask_score(&rig, "s1");
	run_all(&rig);
	report = read_report(&rig, "shadow");
	assert_int_equal(report.items[0].n, 1);
	assert_false(report.items[0].has_mean_difference);
	assert_false(rig_call(&rig, route_of("get_shadow_report"), "south",
	    "shadow", NULL));
	assert_non_null(strstr(rig.err.detail, "no version is the shadow"));
	assert_false(rig_call(&rig, route_of("get_shadow_report"), "north",
	    "shadow?champion=deadbeef", NULL));
	assert_non_null(strstr(rig.err.detail, "scored nobody together"));
	assert_false(rig_call(&rig, route_of("get_shadow_report"), "north",
	    "abc", NULL));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(both_score_the_very_same_input),
    cmocka_unit_test(answers_come_while_the_shadow_stands_still),
    cmocka_unit_test(each_scoring_of_the_own_day_is_counted_once),
    cmocka_unit_test(a_share_is_always_of_the_same_enrollments),
    cmocka_unit_test(what_cannot_be_made_or_kept_is_dropped_and_counted),
    cmocka_unit_test(what_was_not_answered_is_forgotten),
    cmocka_unit_test(the_report_holds_both_against_outcomes),
    cmocka_unit_test(a_report_is_of_one_shadow_and_one_tenant))
