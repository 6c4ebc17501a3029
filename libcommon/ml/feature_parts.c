/*
 * feature_parts.c - windows and the arithmetic that the groups share.
 */
#include "ml/feature_parts.h"

#include <math.h>

struct day_range
window_of(const struct feature_task *task, size_t step)
{
	int32_t first = task->first_day + BLOCK_DAYS * (int32_t)step;

	return (struct day_range){ first, first + WINDOW_DAYS - 1 };
}

void
window_marks(const struct marks *all, struct day_range window, size_t *from,
    size_t *to)
{
	while (*from < all->count && all->marks[*from].day < window.first)
		(*from)++;
	while (*to < all->count && all->marks[*to].day <= window.last)
		(*to)++;
}

static double
mean_of(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return sum / (double)count;
}

struct spread
spread_of(const double *values, size_t count)
{
	struct spread spread = { NAN, NAN };
	double squares = 0;

	if (count == 0)
		return spread;
	spread.mean = mean_of(values, count);
	for (size_t i = 0; i < count; i++) {
		double off = values[i] - spread.mean;

		squares += off * off;
	}
	spread.std = sqrt(squares / (double)count);
	return spread;
}

double
slope_of(const double *x, const double *y, size_t count)
{
	double mean_x;
	double mean_y;
	double squares = 0;
	double products = 0;

	if (count < 2 || x[count - 1] <= x[0])
		return NAN;
	mean_x = mean_of(x, count);
	mean_y = mean_of(y, count);
	for (size_t i = 0; i < count; i++) {
		squares += (x[i] - mean_x) * (x[i] - mean_x);
		products += (x[i] - mean_x) * (y[i] - mean_y);
	}
	return products / squares;
}

float
ratio(double over, double under)
{
	return under > 0 ? (float)(over / under) : NAN;
}
