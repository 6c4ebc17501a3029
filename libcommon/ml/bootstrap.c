/* bootstrap.c - draw students again and again, and measure each time. */
#include "ml/bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ml/resample.h"
#include "ml/students.h"

#define ONE_SIDED 0.05

/* values: (MEASURE_COUNT, resamples). */
static void
resample_measures(const struct ranking *ranking,
    const struct students *students, const struct bootstrap_plan *plan,
    double *values)
{
	uint32_t *weight = mem_alloc(ranking->count, sizeof(*weight));
	struct measures measures;
	struct draw draw;

	draw_init(&draw, plan, students->count);
	for (size_t b = 0; b < plan->resamples; b++) {
		draw_again(&draw);
		for (size_t i = 0; i < ranking->count; i++)
			weight[i] = draw.times[students->of[ranking->row[i]]];
		measures_take(ranking, weight, &measures);
		for (size_t m = 0; m < MEASURE_COUNT; m++)
			values[m * plan->resamples + b] = measures.value[m];
	}
	draw_close(&draw);
	free(weight);
}

bool
bootstrap_measures(const struct scored *samples,
    const struct bootstrap_plan *plan, struct measures_report *report,
    struct err *err)
{
	struct students students;
	struct ranking ranking;
	double *values;

	if (samples->count == 0)
		return err_set(err, ERR_INVALID, "there are no samples");
	if (!ranking_init(&ranking, samples, err))
		return false;
	students_init(&students, samples->student, samples->count);
	values = mem_alloc(MEASURE_COUNT * plan->resamples, sizeof(*values));
	resample_measures(&ranking, &students, plan, values);
	report->students = students.count;
	measures_take(&ranking, NULL, &report->measures);
	for (size_t m = 0; m < MEASURE_COUNT; m++)
		report->interval[m] = resample_interval(
		    values + m * plan->resamples, plan->resamples);
	free(values);
	students_close(&students);
	ranking_close(&ranking);
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
