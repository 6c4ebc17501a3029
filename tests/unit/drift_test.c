/*
 * drift_test.c - references, mixtures of their weeks and the verdict, on made
 * up cohorts whose distributions are known.  Rates of false alarms are
 * measured by tests/bench/drift_alarms.c.
 */
#include "ml/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "tests/support/test.h"

enum { GROWS = 13, WEEKS = 5, EACH = 400 };

struct rows {
	float *values;
	uint16_t *week;
	size_t count;
};

/* Normal columns; GROWS is the week and a bit. */
static struct rows
make_rows(size_t count, const uint16_t *weeks, size_t week_count, uint64_t seed)
{
	struct rows rows = { mem_alloc(count * REFERENCE_COLUMNS,
				 sizeof(float)),
		mem_alloc(count, sizeof(uint16_t)), count };
	struct random random;

	random_init(&random, seed, 1);
	for (size_t i = 0; i < count; i++) {
		rows.week[i] = weeks[i % week_count];
		for (int k = 0; k < REFERENCE_COLUMNS; k++)
			rows.values[i * REFERENCE_COLUMNS + (size_t)k] =
			    (float)random_normal(&random) +
			    (k == GROWS ? 20.f * rows.week[i] : 0);
	}
	return rows;
}

static void
close_rows(struct rows *rows)
{
	free(rows->values);
	free(rows->week);
}

static const uint16_t known_weeks[WEEKS] = { 4, 8, 12, 16, 20 };

static struct reference *
make_reference(void)
{
	struct rows rows = make_rows(WEEKS * EACH, known_weeks, WEEKS, 1);
	struct reference *r = reference_make(
	    &(struct reference_source){ rows.values, rows.week, rows.count },
	    5);

	close_rows(&rows);
	return r;
}

static const struct drift_limits usual = { .02, .2, .2, 9 };

static void
check(const struct reference *r, const struct rows *rows,
    struct drift_finding *finding)
{
	drift_compare(r,
	    &(struct drift_window){ rows->values, rows->week, rows->count },
	    &usual, finding);
}

static void
a_reference_counts_by_quantile(void **state)
{
	struct reference *r = make_reference();
	double all[REFERENCE_SLOTS] = { 0 };

	(void)state;
	assert_int_equal(r->weeks, WEEKS);
	for (int week = 0; week < WEEKS; week++) {
		assert_near(r->week[week], known_weeks[week], 0);
		assert_near(r->rows[week], EACH, 0);
		assert_int_equal(reference_kept(r, week), REFERENCE_SAMPLE);
		for (int slot = 0; slot < REFERENCE_SLOTS; slot++)
			all[slot] += (double)r->counts[week *
				REFERENCE_COLUMNS * REFERENCE_SLOTS +
			    slot];
	}
	/* Bins of equal count over all weeks; nothing beyond, none missing. */
	for (int bin = 0; bin < REFERENCE_BINS; bin++)
		assert_near(all[bin], WEEKS * EACH / REFERENCE_BINS, 0);
	assert_near(all[SLOT_BELOW] + all[SLOT_ABOVE] + all[SLOT_MISSING], 0,
	    0);
	/* Standard normal: the fifth edge is near the median. */
	assert_near(r->edges[4], 0, .1);
	assert_near(r->moments[MOMENT_MEAN], 0, .2);
	assert_near(r->moments[MOMENT_DEVIATION], 1, .15);
	assert_int_equal(reference_slot(r, 0, NAN), SLOT_MISSING);
	assert_int_equal(reference_slot(r, 0, -99), SLOT_BELOW);
	assert_int_equal(reference_slot(r, 0, 99), SLOT_ABOVE);
	assert_int_equal(reference_slot(r, 0, r->edges[4]), 4);
	for (size_t i = 1; i < REFERENCE_SAMPLE; i++)
		assert_true(r->sample[i - 1] <= r->sample[i]);
	reference_free(r);
}

static void
the_same_samples_make_the_same_reference(void **state)
{
	struct reference *one = make_reference(), *other = make_reference();

	(void)state;
	assert_memory_equal(one->sample, other->sample,
	    WEEKS * REFERENCE_COLUMNS * REFERENCE_SAMPLE * sizeof(float));
	assert_memory_equal(one->counts, other->counts,
	    WEEKS * REFERENCE_COLUMNS * REFERENCE_SLOTS * sizeof(float));
	reference_free(one);
	reference_free(other);
}

static void
a_row_is_compared_with_the_nearest_week(void **state)
{
	struct reference *r = make_reference();
	const uint16_t week[] = { 12, 13, 14, 30 };
	struct mixture mixture;
	double counts[REFERENCE_SLOTS], sum = 0;

	(void)state;
	mixture_make(&mixture, r, week, 4);
	/* 12 and 13: to 12; 14: half to 12, half to 16; 30: to all alike. */
	assert_near(mixture.weight[0], .05, 1e-12);
	assert_near(mixture.weight[1], .05, 1e-12);
	assert_near(mixture.weight[2], .625 + .05, 1e-12);
	assert_near(mixture.weight[3], .125 + .05, 1e-12);
	assert_near(mixture.matched, .75, 1e-12);
	mixture_counts(&mixture, 0, counts);
	for (int slot = 0; slot < REFERENCE_SLOTS; slot++)
		sum += counts[slot];
	assert_near(sum, mixture.rows, 1e-9);
	/* 1 / (.05^2 + .05^2 + .675^2 + .175^2 + .05^2) weeks of EACH rows. */
	assert_near(mixture.rows, EACH / .49375, 1e-6);
	assert_near(mixture_mean(&mixture, GROWS),
	    20 * (.05 * 4 + .05 * 8 + .675 * 12 + .175 * 16 + .05 * 20), 2);
	reference_free(r);
}

static void
what_has_not_moved_is_stable(void **state)
{
	const uint16_t week[] = { 12 };
	struct rows rows = make_rows(600, week, 1, 77);
	struct reference *r = make_reference();
	struct drift_finding finding;

	(void)state;
	check(r, &rows, &finding);
	assert_int_equal(finding.verdict, DRIFT_STABLE);
	assert_int_equal(finding.drifted, 0);
	assert_int_equal(finding.judged, NETWORK_INPUTS);
	assert_int_equal(finding.reference_rows, REFERENCE_SAMPLE);
	assert_int_equal(finding.window_rows, 600);
	assert_near(finding.matched, 1, 0);
	for (int i = 0; i < REFERENCE_COLUMNS; i++) {
		assert_int_equal(finding.columns[i].verdict, DRIFT_STABLE);
		assert_near(finding.columns[i].effect, 0, .1);
	}
	close_rows(&rows);
	reference_free(r);
}

static void
what_has_moved_is_found(void **state)
{
	const uint16_t week[] = { 12 };
	struct rows rows = make_rows(600, week, 1, 78);
	struct reference *r = make_reference();
	struct drift_finding finding;

	(void)state;
	for (size_t i = 0; i < rows.count; i++) {
		float *row = rows.values + i * REFERENCE_COLUMNS;

		row[2] -= 1; /* everyone a deviation lower */
		if (i % 3 == 0)
			row[3] = NAN;  /* a third is missing */
		row[4] += i % 20 == 0; /* one in twenty: too little to count */
		row[REFERENCE_SCORE] += 2;
	}
	check(r, &rows, &finding);
	assert_int_equal(finding.drifted, 2);
	assert_int_equal(finding.verdict, DRIFT_STABLE); /* 2 of 42 */
	for (int i = 0; i < REFERENCE_COLUMNS; i++)
		assert_int_equal(finding.columns[i].verdict,
		    i == 2 || i == 3 || i == REFERENCE_SCORE ? DRIFT_DRIFTED
							     : DRIFT_STABLE);
	assert_near(finding.columns[2].window_mean -
		finding.columns[2].reference_mean,
	    -1, .2);
	/* Normals a deviation apart: the divergence is 1; bins lose a bit. */
	assert_near(finding.columns[2].index, 1, .35);
	assert_near(finding.columns[3].window_missing, 1. / 3, 1e-9);
	assert_near(finding.columns[3].reference_missing, 0, 0);
	close_rows(&rows);
	reference_free(r);
}

static void
the_data_set_drifts_when_more_than_a_fifth_of_the_features_do(void **state)
{
	const uint16_t week[] = { 16 };
	struct reference *r = make_reference();
	struct drift_finding finding;

	(void)state;
	/* 8 of 42 are 19 %, 9 are 21 %. */
	for (int moved = 8; moved <= 9; moved++) {
		struct rows rows = make_rows(500, week, 1, 79);

		for (size_t i = 0; i < rows.count; i++)
			for (int k = 0; k < moved; k++)
				rows.values[i * REFERENCE_COLUMNS +
				    (size_t)k]++;
		check(r, &rows, &finding);
		assert_int_equal(finding.drifted, moved);
		assert_int_equal(finding.verdict,
		    moved == 8 ? DRIFT_STABLE : DRIFT_DRIFTED);
		close_rows(&rows);
	}
	reference_free(r);
}

/* In week 10 the growing feature is 200, in the weeks beside it 160 and 240. */
static void
the_calendar_is_no_drift(void **state)
{
	const uint16_t week[] = { 10 };
	struct rows rows = make_rows(500, week, 1, 80);
	struct reference *r = make_reference();
	struct drift_finding finding;

	(void)state;
	check(r, &rows, &finding);
	assert_true(finding.columns[GROWS].corrected < .02);
	assert_true(finding.columns[GROWS].limit > usual.feature + 1);
	assert_int_equal(finding.columns[GROWS].verdict, DRIFT_STABLE);
	assert_near(finding.columns[GROWS + 1].limit, usual.feature, .1);
	close_rows(&rows);
	reference_free(r);
}

static void
few_rows_are_not_enough_data(void **state)
{
	const uint16_t week[] = { 12 };
	struct reference *r = make_reference();
	struct drift_finding finding;

	(void)state;
	for (size_t count = 0; count <= DRIFT_LEAST; count += 10) {
		struct rows rows = make_rows(count, week, 1, 81);

		check(r, &rows, &finding);
		assert_int_equal(finding.verdict,
		    count < DRIFT_LEAST ? DRIFT_NOT_ENOUGH_DATA : DRIFT_STABLE);
		assert_int_equal(finding.columns[7].verdict, finding.verdict);
		close_rows(&rows);
	}
	reference_free(r);
}

static void
what_is_always_missing_has_not_moved(void **state)
{
	const uint16_t week[] = { 12 };
	struct rows rows = make_rows(WEEKS * EACH, known_weeks, WEEKS, 1);
	struct rows seen = make_rows(300, week, 1, 82);
	struct drift_finding finding;
	struct reference *r;

	(void)state;
	for (size_t i = 0; i < rows.count; i++)
		rows.values[i * REFERENCE_COLUMNS + 5] = NAN;
	for (size_t i = 0; i < seen.count; i++)
		seen.values[i * REFERENCE_COLUMNS + 5] = NAN;
	r = reference_make(
	    &(struct reference_source){ rows.values, rows.week, rows.count },
	    5);
	check(r, &seen, &finding);
	assert_int_equal(finding.columns[5].verdict, DRIFT_STABLE);
	assert_true(isnan(finding.columns[5].reference_mean));
	/* It appears: everything lies outside of what was known. */
	for (size_t i = 0; i < seen.count; i++)
		seen.values[i * REFERENCE_COLUMNS + 5] = 1;
	check(r, &seen, &finding);
	assert_int_equal(finding.columns[5].verdict, DRIFT_DRIFTED);
	close_rows(&rows);
	close_rows(&seen);
	reference_free(r);
}

RUN_TESTS(cmocka_unit_test(a_reference_counts_by_quantile),
    cmocka_unit_test(the_same_samples_make_the_same_reference),
    cmocka_unit_test(a_row_is_compared_with_the_nearest_week),
    cmocka_unit_test(what_has_not_moved_is_stable),
    cmocka_unit_test(what_has_moved_is_found),
    cmocka_unit_test(
	the_data_set_drifts_when_more_than_a_fifth_of_the_features_do),
    cmocka_unit_test(the_calendar_is_no_drift),
    cmocka_unit_test(few_rows_are_not_enough_data),
    cmocka_unit_test(what_is_always_missing_has_not_moved))
