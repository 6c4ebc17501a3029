/* agreement.c - differences, ranks and tops of two scores. */
#include "ml/agreement.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"
#include "ml/resample.h"

#define TOP    0.10
#define TAIL   0.05
#define MEDIAN 0.50

/* A sample's place, for sorting. */
struct seat {
	double score;
	size_t row;
};

static int
from_highest(const void *left, const void *right)
{
	const struct seat *a = left, *b = right;

	return (a->score < b->score) - (a->score > b->score);
}

/* The seats of a model's scores, highest first; free() them. */
static struct seat *
take_seats(const double *score, size_t count)
{
	struct seat *seats = mem_alloc(count, sizeof(*seats));

	for (size_t i = 0; i < count; i++)
		seats[i] = (struct seat){ score[i], i };
	qsort(seats, count, sizeof(*seats), from_highest);
	return seats;
}

/* How many seats from `first` on have its score. */
static size_t
tie_of(const struct seat *seats, size_t count, size_t first)
{
	size_t end = first + 1;

	while (end < count && seats[end].score == seats[first].score)
		end++;
	return end - first;
}

/* rank: (count), 1 is the highest score's. */
static void
fill_ranks(const struct seat *seats, size_t count, double *rank)
{
	for (size_t first = 0, size; first < count; first += size) {
		size = tie_of(seats, count, first);
		for (size_t i = 0; i < size; i++)
			rank[seats[first + i].row] =
			    (double)first + (double)(size + 1) / 2;
	}
}

/* part: (count), how far each sample belongs to the top. */
static void
fill_top(const struct seat *seats, size_t count, double *part)
{
	double left = ceil(TOP * (double)count);

	for (size_t first = 0, size; first < count; first += size) {
		double share;

		size = tie_of(seats, count, first);
		share = fmin(left / (double)size, 1);
		for (size_t i = 0; i < size; i++)
			part[seats[first + i].row] = share;
		left -= share * (double)size;
	}
}

/* Pearson's, of ranks: their mean is (count + 1) / 2. */
static double
correlate(const double *a, const double *b, size_t count)
{
	double mean = (double)(count + 1) / 2, ab = 0, aa = 0, bb = 0;

	for (size_t i = 0; i < count; i++) {
		ab += (a[i] - mean) * (b[i] - mean);
		aa += (a[i] - mean) * (a[i] - mean);
		bb += (b[i] - mean) * (b[i] - mean);
	}
	return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : (double)NAN;
}

static double
share_in_common(const double *a, const double *b, size_t count)
{
	double common = 0;

	for (size_t i = 0; i < count; i++)
		common += fmin(a[i], b[i]);
	/* Shares of tied seats add up to a little more than their sum. */
	return fmin(common / ceil(TOP * (double)count), 1);
}

static void
compare_orders(const struct scored_twice *samples, struct agreement *agreement)
{
	size_t count = samples->count;
	struct seat *champion = take_seats(samples->champion, count);
	struct seat *challenger = take_seats(samples->challenger, count);
	double *values = mem_alloc(2 * count, sizeof(*values));

	fill_ranks(champion, count, values);
	fill_ranks(challenger, count, values + count);
	agreement->rank = correlate(values, values + count, count);
	fill_top(champion, count, values);
	fill_top(challenger, count, values + count);
	agreement->top = share_in_common(values, values + count, count);
	free(values);
	free(challenger);
	free(champion);
}

static void
compare_scores(const struct scored_twice *samples, struct agreement *agreement)
{
	size_t count = samples->count;
	double *values = mem_alloc(count, sizeof(*values));
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		values[i] = samples->challenger[i] - samples->champion[i];
		sum += values[i];
	}
	must(resample_sort(values, count) == count);
	agreement->mean = sum / (double)count;
	agreement->low = resample_quantile(values, count, TAIL);
	agreement->median = resample_quantile(values, count, MEDIAN);
	agreement->high = resample_quantile(values, count, 1 - TAIL);
	free(values);
}

static void
compare_categories(const struct scored_twice *samples,
    struct agreement *agreement)
{
	size_t same = 0;

	for (size_t i = 0; i < samples->count; i++) {
		uint8_t a = samples->champion_category[i];
		uint8_t b = samples->challenger_category[i];

		must(a < AGREEMENT_CATEGORIES && b < AGREEMENT_CATEGORIES);
		agreement->categories[a][b]++;
		same += a == b;
	}
	agreement->same = (double)same / (double)samples->count;
}

void
agreement_of(const struct scored_twice *samples, struct agreement *agreement)
{
	*agreement = (struct agreement){ .count = samples->count,
		.mean = NAN,
		.low = NAN,
		.median = NAN,
		.high = NAN,
		.rank = NAN,
		.top = NAN,
		.same = NAN };
	if (samples->count == 0)
		return;
	compare_scores(samples, agreement);
	compare_categories(samples, agreement);
	compare_orders(samples, agreement);
}

double
agreement_median(double *values, size_t count)
{
	must(resample_sort(values, count) == count);
	return resample_quantile(values, count, MEDIAN);
}
