/*
 * isotonic.c - pool, smooth, clip; then a line from knot to knot.
 */
#include "ml/isotonic.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ml/logistic.h"

enum { LEAST_OF_STEP = 50 };

struct outcome {
	double logit;
	uint8_t adverse;
};

/* Samples that share a rate: their sums. */
struct step {
	double count, adverse, logit;
};

static int
compare(const void *left, const void *right)
{
	const struct outcome *a = left, *b = right;

	return (a->logit > b->logit) - (a->logit < b->logit);
}

size_t
isotonic_pool(double *value, double *weight, size_t count)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		value[left] = value[i];
		weight[left] = weight[i];
		for (left++; left > 1 && value[left - 2] >= value[left - 1];
		     left--) {
			double sum = weight[left - 2] + weight[left - 1];

			value[left - 2] =
			    (value[left - 2] * weight[left - 2] +
				value[left - 1] * weight[left - 1]) /
			    sum;
			weight[left - 2] = sum;
		}
	}
	return left;
}

/* Equal logits are one place: what is there has one rate. */
static size_t
gather_places(const struct outcome *sorted, size_t count, double *value,
    double *weight)
{
	size_t places = 0;

	for (size_t i = 0, next; i < count; i = next) {
		double adverse = 0;

		for (next = i;
		     next < count && sorted[next].logit == sorted[i].logit;
		     next++)
			adverse += sorted[next].adverse;
		weight[places] = (double)(next - i);
		value[places++] = adverse / (double)(next - i);
	}
	return places;
}

static struct step
add_steps(struct step a, struct step b)
{
	return (struct step){ a.count + b.count, a.adverse + b.adverse,
		a.logit + b.logit };
}

/* The samples of pooled places, side by side until they are enough; what is
 * left at the end joins the last.  How many steps that makes. */
static size_t
smooth(const struct outcome *sorted, size_t count, const double *weight,
    struct step *steps)
{
	double least = fmax(LEAST_OF_STEP, (double)count / ISOTONIC_KNOTS);
	struct step open = { 0 };
	size_t made = 0, at = 0;

	for (size_t i = 0; at < count; i++) {
		for (size_t until = at + (size_t)(weight[i] + .5); at < until;
		     at++)
			open = add_steps(open,
			    (struct step){ 1, sorted[at].adverse,
				sorted[at].logit });
		if (open.count >= least) {
			steps[made++] = open;
			open = (struct step){ 0 };
		}
	}
	if (open.count > 0 && made > 0)
		steps[made - 1] = add_steps(steps[made - 1], open);
	return made;
}

/* Clipped rates that are equal are one knot, the first. */
static void
make_knots(struct isotonic *to, const struct step *steps, size_t made)
{
	struct step all = { 0 };
	double low, high;

	for (size_t i = 0; i < made; i++)
		all = add_steps(all, steps[i]);
	low = 1 / (all.count - all.adverse + 2);
	high = (all.adverse + 1) / (all.adverse + 2);
	to->count = 0;
	for (size_t i = 0; i < made; i++) {
		double rate = steps[i].adverse / steps[i].count;
		int n = to->count;

		to->at[n] = (float)(steps[i].logit / steps[i].count);
		to->value[n] =
		    (float)logistic_logit_of(fmin(fmax(rate, low), high));
		if (n == 0 ||
		    (to->at[n] > to->at[n - 1] &&
			to->value[n] > to->value[n - 1]))
			to->count++;
	}
}

bool
isotonic_fit(struct isotonic *isotonic, const double *logit,
    const uint8_t *adverse, size_t count, struct err *err)
{
	struct outcome *sorted = mem_alloc(count, sizeof(*sorted));
	double *value = mem_alloc(count, sizeof(double));
	double *weight = mem_alloc(count, sizeof(double));
	struct step *steps = mem_alloc(ISOTONIC_KNOTS + 1, sizeof(*steps));
	size_t places;
	bool is_finite = true;

	for (size_t i = 0; i < count; i++) {
		sorted[i] = (struct outcome){ logit[i], adverse[i] };
		is_finite &= isfinite(logit[i]) != 0;
	}
	if (is_finite) {
		qsort(sorted, count, sizeof(*sorted), compare);
		places = gather_places(sorted, count, value, weight);
		isotonic_pool(value, weight, places);
		make_knots(isotonic, steps,
		    smooth(sorted, count, weight, steps));
	}
	free(sorted);
	free(value);
	free(weight);
	free(steps);
	if (!is_finite)
		return err_set(err, ERR_INVALID, "a logit is not finite");
	return isotonic->count >= 2 ||
	    err_set(err, ERR_INVALID,
		"%zu samples make no isotonic calibration of two steps", count);
}

double
isotonic_apply(const struct isotonic *isotonic, double logit)
{
	const float *at = isotonic->at, *value = isotonic->value;
	int last = isotonic->count - 1, i = 0;
	double share;

	if (isotonic->count == 0)
		return logit;
	if (logit <= (double)at[0])
		return (double)value[0] + logit - (double)at[0];
	if (logit >= (double)at[last])
		return (double)value[last] + logit - (double)at[last];
	while (logit > (double)at[i + 1])
		i++;
	share = (logit - (double)at[i]) / ((double)at[i + 1] - (double)at[i]);
	return (double)value[i] +
	    share * ((double)value[i + 1] - (double)value[i]);
}

bool
isotonic_is_valid(const struct isotonic *isotonic)
{
	if (isotonic->count < 0 || isotonic->count == 1 ||
	    isotonic->count > ISOTONIC_KNOTS)
		return false;
	for (int i = 0; i < isotonic->count; i++)
		if (!isfinite(isotonic->at[i]) ||
		    !isfinite(isotonic->value[i]) ||
		    (i > 0 &&
			(isotonic->at[i] <= isotonic->at[i - 1] ||
			    isotonic->value[i] <= isotonic->value[i - 1])))
			return false;
	return true;
}
