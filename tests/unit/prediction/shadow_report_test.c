/*
 * shadow_report_test.c - what the report says of champion and shadow.  Scores
 * are held against the shadow's own answers once it is the champion; losses
 * are sums by hand.
 */
#include <math.h>
#include <string.h>

#include "tests/unit/prediction/shadowed.h"

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
	assert_non_null(
	    strstr(rig.err.detail, "by both the champion and the shadow"));
	assert_false(rig_call(&rig, route_of("get_shadow_report"), "north",
	    "deadbeef", NULL));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(rig.err.detail,
	    "no version that begins with "
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

RUN_TESTS(cmocka_unit_test(the_report_holds_both_against_outcomes),
    cmocka_unit_test(a_report_is_of_one_shadow_and_one_tenant))
