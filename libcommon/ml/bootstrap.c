/* bootstrap.c - draw students again and again, and measure each time. */
#include "ml/bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ml/resample.h"
#include "ml/students.h"

#define ONE_SIDED 0.05

/* The measures of a ranking, each sample as often as its student was drawn;
 * weight: (count), scratch. */
static void
measure_draw(const struct ranking *ranking, const struct students *students,
    const struct draw *draw, uint32_t *weight, struct measures *measures)
{
	for (size_t i = 0; i < ranking->count; i++)
		weight[i] = draw->times[students->of[ranking->row[i]]];
	measures_take(ranking, weight, measures);
}

/* Of one ranking its measures; of two, under the same draws, the second's less
 * the first's.  values: (MEASURE_COUNT, resamples). */
static void
resample_measures(const struct ranking *rankings, size_t count,
    const struct students *students, const struct bootstrap_plan *plan,
    double *values)
{
	uint32_t *weight = mem_alloc(rankings[0].count, sizeof(*weight));
	struct measures measures[2] = { 0 };
	struct draw draw;

	draw_init(&draw, plan, students->count);
	for (size_t b = 0; b < plan->resamples; b++) {
		draw_again(&draw);
		for (size_t i = 0; i < count; i++)
			measure_draw(&rankings[i], students, &draw, weight,
			    &measures[i]);
		for (size_t m = 0; m < MEASURE_COUNT; m++)
			values[m * plan->resamples + b] = count == 1
			    ? measures[0].value[m]
			    : measures[1].value[m] - measures[0].value[m];
	}
	draw_close(&draw);
	free(weight);
}

/* intervals: (MEASURE_COUNT). */
static void
take_intervals(const struct ranking *rankings, size_t count,
    const struct students *students, const struct bootstrap_plan *plan,
    struct resampled_interval *intervals)
{
	double *values =
	    mem_alloc(MEASURE_COUNT * plan->resamples, sizeof(*values));

	resample_measures(rankings, count, students, plan, values);
	for (size_t m = 0; m < MEASURE_COUNT; m++)
		intervals[m] = resample_interval(values + m * plan->resamples,
		    plan->resamples);
	free(values);
}

bool
bootstrap_measures(const struct scored *samples,
    const struct bootstrap_plan *plan, struct measures_report *report,
    struct err *err)
{
	struct students students;
	struct ranking ranking;

	if (samples->count == 0)
		return err_set(err, ERR_INVALID, "there are no samples");
	if (!ranking_init(&ranking, samples, err))
		return false;
	students_init(&students, samples->student, samples->count);
	report->students = students.count;
	measures_take(&ranking, NULL, &report->measures);
	take_intervals(&ranking, 1, &students, plan, report->interval);
	students_close(&students);
	ranking_close(&ranking);
	return true;
}

bool
bootstrap_measures_twice(const struct paired *paired,
    const struct bootstrap_plan *plan, struct measures_twice *report,
    struct err *err)
{
	struct scored samples = { paired->count, paired->champion,
		paired->adverse, paired->student };
	struct students students;
	struct ranking rankings[2];

	if (paired->count == 0)
		return err_set(err, ERR_INVALID, "there are no samples");
	if (!ranking_init(&rankings[0], &samples, err))
		return false;
	samples.score = paired->challenger;
	if (!ranking_init(&rankings[1], &samples, err)) {
		ranking_close(&rankings[0]);
		return false;
	}
	students_init(&students, paired->student, paired->count);
	report->students = students.count;
	measures_take(&rankings[0], NULL, &report->champion);
	measures_take(&rankings[1], NULL, &report->challenger);
	take_intervals(rankings, 2, &students, plan, report->difference);
	students_close(&students);
	ranking_close(&rankings[1]);
	ranking_close(&rankings[0]);
	return true;
}

bool
bootstrap_log_loss_difference(const struct paired *paired,
    const struct bootstrap_plan *plan, struct difference *difference,
    struct err *err)
{
	struct series series;
	struct panel panel;
	double *means;
	size_t kept;

	if (!panel_init(&panel, paired, err))
		return false;
	series_init(&series, &panel);
	for (size_t i = 0; i < paired->count; i++) {
		bool adverse = paired->adverse[i] != 0;

		series_add(&series, &panel, i,
		    measure_log_loss(paired->challenger[i], adverse) -
			measure_log_loss(paired->champion[i], adverse));
	}
	means = resample_series(&series, panel.students.count, plan, &kept);
	difference->students = panel.students.count;
	difference->weeks = panel.weeks;
	difference->mean = series_mean(&series, NULL);
	difference->standard_error = resample_deviation(means, kept);
	difference->upper = resample_quantile(means, kept, 1 - ONE_SIDED);
	free(means);
	series_close(&series);
	panel_close(&panel);
	return true;
}
