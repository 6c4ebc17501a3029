/* resample.c - draw students, average by week. */
#include "ml/resample.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"

#define TWO_SIDED 0.025

enum { RESAMPLES_MIN = 40, WEEKS_MAX = UINT16_MAX + 1 };

void
draw_init(struct draw *draw, const struct bootstrap_plan *plan, size_t students)
{
	must(plan->resamples >= RESAMPLES_MIN);
	random_init(&draw->random, plan->seed, 0);
	draw->students = students;
	draw->times = mem_alloc(students, sizeof(*draw->times));
}

void
draw_again(struct draw *draw)
{
	uint32_t n = (uint32_t)draw->students;

	for (size_t i = 0; i < draw->students; i++)
		draw->times[i] = 0;
	for (size_t i = 0; i < draw->students; i++)
		draw->times[random_below(&draw->random, n)]++;
}

void
draw_close(struct draw *draw)
{
	free(draw->times);
}

static int
compare_numbers(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

size_t
resample_sort(double *value, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (isfinite(value[i]))
			value[kept++] = value[i];
	qsort(value, kept, sizeof(*value), compare_numbers);
	return kept;
}

double
resample_quantile(const double *sorted, size_t count, double share)
{
	double place = share * (double)(count - 1);
	size_t below = (size_t)place;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] +
	    (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

struct resampled_interval
resample_interval(double *value, size_t count)
{
	size_t kept = resample_sort(value, count);

	if (kept == 0)
		return (struct resampled_interval){ NAN, NAN, 0 };
	return (struct resampled_interval){ resample_quantile(value, kept,
						TWO_SIDED),
		resample_quantile(value, kept, 1 - TWO_SIDED), kept };
}

double
resample_deviation(const double *value, size_t count)
{
	double mean = 0, squares = 0;

	if (count < 2)
		return NAN;
	for (size_t i = 0; i < count; i++)
		mean += value[i] / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (value[i] - mean) * (value[i] - mean);
	return sqrt(squares / (double)(count - 1));
}

static bool
check_paired(const struct paired *paired, struct err *err)
{
	for (size_t i = 0; i < paired->count; i++) {
		double a = paired->champion[i], b = paired->challenger[i];

		if (!(a >= 0 && a <= 1 && b >= 0 && b <= 1))
			return err_set(err, ERR_INVALID,
			    "scores %zu are %g and %g, no probabilities", i, a,
			    b);
		if (paired->adverse[i] > 1)
			return err_set(err, ERR_INVALID,
			    "outcome %zu is neither 0 nor 1", i);
	}
	return true;
}

static void
number_weeks(struct panel *panel)
{
	const struct paired *paired = panel->paired;
	uint16_t *number = mem_alloc(WEEKS_MAX, sizeof(*number));
	bool *seen = mem_alloc(WEEKS_MAX, sizeof(*seen));

	panel->weeks = 0;
	panel->week = mem_alloc(paired->count, sizeof(*panel->week));
	for (size_t i = 0; i < paired->count; i++)
		seen[paired->week[i]] = true;
	for (size_t i = 0; i < WEEKS_MAX; i++)
		if (seen[i])
			number[i] = (uint16_t)panel->weeks++;
	for (size_t i = 0; i < paired->count; i++)
		panel->week[i] = number[paired->week[i]];
	free(seen);
	free(number);
}

void
panel_close(struct panel *panel)
{
	students_close(&panel->students);
	free(panel->week);
}

bool
panel_init(struct panel *panel, const struct paired *paired, struct err *err)
{
	if (!check_paired(paired, err))
		return false;
	panel->paired = paired;
	students_init(&panel->students, paired->student, paired->count);
	number_weeks(panel);
	if (panel->students.count >= 2)
		return true;
	panel_close(panel);
	return err_set(err, ERR_INVALID, "there are fewer than two students");
}

void
series_init(struct series *series, const struct panel *panel)
{
	size_t room = panel->paired->count;

	series->count = 0;
	series->weeks = panel->weeks;
	series->student = mem_alloc(room, sizeof(*series->student));
	series->week = mem_alloc(room, sizeof(*series->week));
	series->value = mem_alloc(room, sizeof(*series->value));
	series->sum = mem_alloc(panel->weeks, sizeof(*series->sum));
	series->weight = mem_alloc(panel->weeks, sizeof(*series->weight));
}

void
series_close(struct series *series)
{
	free(series->student);
	free(series->week);
	free(series->value);
	free(series->sum);
	free(series->weight);
}

void
series_add(struct series *series, const struct panel *panel, size_t row,
    double value)
{
	series->student[series->count] = panel->students.of[row];
	series->week[series->count] = panel->week[row];
	series->value[series->count++] = value;
}

double
series_mean(struct series *series, const uint32_t *times)
{
	double sum = 0, weeks = 0;

	for (size_t i = 0; i < series->weeks; i++)
		series->sum[i] = series->weight[i] = 0;
	for (size_t i = 0; i < series->count; i++) {
		size_t week = series->week[i];
		double w = times != NULL ? times[series->student[i]] : 1;

		series->sum[week] += w * series->value[i];
		series->weight[week] += w;
	}
	for (size_t i = 0; i < series->weeks; i++) {
		if (series->weight[i] <= 0)
			continue;
		sum += series->sum[i] / series->weight[i];
		weeks++;
	}
	return weeks > 0 ? sum / weeks : (double)NAN;
}

double *
resample_series(struct series *series, size_t students,
    const struct bootstrap_plan *plan, size_t *kept)
{
	double *means = mem_alloc(plan->resamples, sizeof(*means));
	struct draw draw;

	draw_init(&draw, plan, students);
	for (size_t b = 0; b < plan->resamples; b++) {
		draw_again(&draw);
		means[b] = series_mean(series, draw.times);
	}
	draw_close(&draw);
	*kept = resample_sort(means, plan->resamples);
	return means;
}
