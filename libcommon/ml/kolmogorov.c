/* kolmogorov.c - D is counted in whole steps of 1 / (n m), so that no
 * comparison hangs on rounding. */
#include "ml/kolmogorov.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"

enum { STREAM = 5, TERMS = 100 };

const char *
ks_method_name(enum ks_method method)
{
	switch (method) {
	case KS_EXACT:
		return "exact";
	case KS_ASYMPTOTIC:
		return "asymptotic";
	case KS_PERMUTATION:
		return "permutation";
	}
	return "";
}

/* Both samples in one order, as runs of equal values. */
struct runs {
	uint32_t *size; /* owned, (count) */
	size_t count;
	int64_t furthest; /* D n m */
	bool has_ties;
};

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static struct runs
make_runs(const struct ks_pair *pair)
{
	struct runs runs = { .size = mem_alloc(pair->n + pair->m,
				 sizeof(uint32_t)) };
	int64_t n = (int64_t)pair->n, m = (int64_t)pair->m;
	size_t i = 0, j = 0;

	while (i < pair->n || j < pair->m) {
		bool is_x =
		    j == pair->m || (i < pair->n && pair->x[i] <= pair->y[j]);
		float value = is_x ? pair->x[i] : pair->y[j];
		size_t before = i + j;

		while (i < pair->n && pair->x[i] == value)
			i++;
		while (j < pair->m && pair->y[j] == value)
			j++;
		runs.has_ties = runs.has_ties || i + j - before > 1;
		runs.size[runs.count++] = (uint32_t)(i + j - before);
		runs.furthest = larger(runs.furthest,
		    llabs((int64_t)i * m - (int64_t)j * n));
	}
	return runs;
}

static double
statistic_of(const struct runs *runs, size_t n, size_t m)
{
	return (double)runs->furthest / ((double)n * (double)m);
}

double
ks_statistic(const struct ks_pair *pair)
{
	struct runs runs = make_runs(pair);
	double d = statistic_of(&runs, pair->n, pair->m);

	free(runs.size);
	return d;
}

/* left[j]: the chance that a path through (i, j) has left the band by then.
 * Its last step came from (i - 1, j) with the chance i / (i + j). */
double
ks_exact_p(double d, size_t n, size_t m)
{
	int64_t width = (int64_t)llround(d * (double)n * (double)m);
	double *left = mem_alloc(m + 1, sizeof(*left));
	double p;

	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			double from_x = i > 0 ? left[j] : 0;
			double from_y = j > 0 ? left[j - 1] : 0;
			double steps = (double)(i + j);

			if (llabs((int64_t)(i * m) - (int64_t)(j * n)) >= width)
				left[j] = 1;
			else if (i + j > 0)
				left[j] =
				    (from_x * (double)i + from_y * (double)j) /
				    steps;
		}
	p = left[m];
	free(left);
	return p;
}

double
ks_asymptotic_p(double d, size_t n, size_t m)
{
	double l = d * sqrt((double)n * (double)m / (double)(n + m));
	double sum = 0;

	/* Below, p is 1 to sixteen digits and the sum is slow. */
	if (l < .2)
		return 1;
	for (int k = 1; k <= TERMS; k++)
		sum += (k % 2 == 1 ? 2 : -2) * exp(-2. * k * k * l * l);
	return sum < 0 ? 0 : sum > 1 ? 1 : sum;
}

/* Deal the values anew: does D reach what was found? */
static bool
deal_reaches(const struct runs *runs, size_t n, size_t m, struct random *random)
{
	uint32_t left = (uint32_t)(n + m), left_x = (uint32_t)n;
	int64_t apart = 0;

	for (size_t run = 0; run < runs->count; run++) {
		for (uint32_t i = 0; i < runs->size[run]; i++, left--)
			if (random_below(random, left) < left_x) {
				left_x--;
				apart += (int64_t)m;
			} else {
				apart -= (int64_t)n;
			}
		if (llabs(apart) >= runs->furthest)
			return true;
	}
	return false;
}

static double
permutation_p(const struct runs *runs, size_t n, size_t m, uint64_t seed)
{
	struct random random;
	int reached = 0;

	random_init(&random, seed, STREAM);
	for (int deal = 1; deal <= KS_DEALS; deal++) {
		reached += deal_reaches(runs, n, m, &random);
		if (reached == KS_ENOUGH)
			return (double)reached / deal;
	}
	return (reached + 1.) / (KS_DEALS + 1.);
}

double
ks_permutation_p(const struct ks_pair *pair, uint64_t seed)
{
	struct runs runs = make_runs(pair);
	double p = permutation_p(&runs, pair->n, pair->m, seed);

	free(runs.size);
	return p;
}

struct ks_result
ks_test(const struct ks_pair *pair, uint64_t seed)
{
	size_t n = pair->n, m = pair->m;
	struct runs runs = make_runs(pair);
	struct ks_result result = { .d = statistic_of(&runs, n, m) };

	if (runs.has_ties || n < KS_FEW || m < KS_FEW) {
		result.method = KS_PERMUTATION;
		result.p = permutation_p(&runs, n, m, seed);
	} else if ((double)n * (double)m <= KS_EXACT_MOST) {
		result.method = KS_EXACT;
		result.p = ks_exact_p(result.d, n, m);
	} else {
		result.method = KS_ASYMPTOTIC;
		result.p = ks_asymptotic_p(result.d, n, m);
	}
	free(runs.size);
	return result;
}
