/* mixture.c - weeks of a reference in the proportions of a window. */
#include "ml/mixture.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "ml/stability.h"

enum { STREAM = 22, NONE = -1 };

static bool
counts(const struct reference *r, int week)
{
	return r->rows[week] >= MIXTURE_LEAST;
}

/* The weeks on either side of one, itself on both where it is there; NONE
 * where there is none. */
static void
find_sides(const struct reference *r, double week, int *below, int *above)
{
	*below = *above = NONE;
	for (int i = 0; i < r->weeks; i++) {
		if (!counts(r, i))
			continue;
		if ((double)r->week[i] <= week)
			*below = i;
		if ((double)r->week[i] >= week && *above == NONE)
			*above = i;
	}
}

/* Outside of all weeks: the nearest two. */
static void
find_neighbours(const struct reference *r, int *below, int *above)
{
	bool is_behind = *above == NONE;
	int end = is_behind ? *below : *above;
	int step = is_behind ? -1 : 1, other = end + step;

	while (other >= 0 && other < r->weeks && !counts(r, other))
		other += step;
	*below = end;
	*above = other >= 0 && other < r->weeks ? other : end;
}

static double
effect_between(const struct reference *r, int column, int one, int other)
{
	double sides[2][REFERENCE_SLOTS];
	int weeks[] = { one, other };

	for (int side = 0; side < 2; side++)
		for (int slot = 0; slot < REFERENCE_SLOTS; slot++)
			sides[side][slot] =
			    (double)r->counts[(weeks[side] * REFERENCE_COLUMNS +
						  column) *
				    REFERENCE_SLOTS +
				slot];
	return stability_measure(
	    &(struct stability_side){ sides[0], (double)r->rows[one] },
	    &(struct stability_side){ sides[1], (double)r->rows[other] },
	    REFERENCE_SLOTS)
	    .effect;
}

static void
add_movement(struct mixture *mixture, double week, double share)
{
	const struct reference *r = mixture->reference;
	int below, above;

	find_sides(r, week, &below, &above);
	if (below == NONE && above == NONE)
		return;
	if (below == NONE || above == NONE)
		find_neighbours(r, &below, &above);
	if (below == above)
		return;
	for (int column = 0; column < REFERENCE_COLUMNS; column++)
		mixture->movement[column] +=
		    share * fmax(0, effect_between(r, column, below, above));
}

/* False: no reference week is near. */
static bool
add_nearest(struct mixture *mixture, double week, double share)
{
	const struct reference *r = mixture->reference;
	double nearest = MIXTURE_NEAR;
	int found = 0;

	for (int i = 0; i < r->weeks; i++)
		if (counts(r, i))
			nearest =
			    fmin(nearest, fabs((double)r->week[i] - week));
	for (int i = 0; i < r->weeks; i++)
		found +=
		    counts(r, i) && fabs((double)r->week[i] - week) == nearest;
	for (int i = 0; i < r->weeks; i++)
		if (counts(r, i) && fabs((double)r->week[i] - week) == nearest)
			mixture->weight[i] += share / found;
	return found > 0;
}

static void
add_all_weeks(struct mixture *mixture, double share)
{
	const struct reference *r = mixture->reference;
	double rows = 0;

	for (int i = 0; i < r->weeks; i++)
		rows += counts(r, i) ? (double)r->rows[i] : 0;
	for (int i = 0; i < r->weeks && rows > 0; i++)
		if (counts(r, i))
			mixture->weight[i] += share * (double)r->rows[i] / rows;
}

void
mixture_make(struct mixture *mixture, const struct reference *reference,
    const uint16_t *week, size_t count)
{
	static const size_t room = UINT16_MAX + 1;
	size_t *rows = mem_alloc(room, sizeof(*rows));
	double spread = 0;

	*mixture = (struct mixture){ .reference = reference };
	for (size_t i = 0; i < count; i++)
		rows[week[i]]++;
	for (size_t i = 0; i < room; i++) {
		double share = (double)rows[i] / (double)count;

		if (rows[i] == 0)
			continue;
		if (add_nearest(mixture, (double)i, share))
			mixture->matched += share;
		else
			add_all_weeks(mixture, share);
		add_movement(mixture, (double)i, share);
	}
	free(rows);
	for (int i = 0; i < reference->weeks; i++)
		if (mixture->weight[i] > 0)
			spread += mixture->weight[i] * mixture->weight[i] /
			    (double)reference->rows[i];
	mixture->rows = spread > 0 ? 1 / spread : 0;
}

void
mixture_counts(const struct mixture *mixture, int column,
    double slots[REFERENCE_SLOTS])
{
	const struct reference *r = mixture->reference;

	for (int slot = 0; slot < REFERENCE_SLOTS; slot++)
		slots[slot] = 0;
	for (int i = 0; i < r->weeks; i++) {
		const float *from =
		    &r->counts[(i * REFERENCE_COLUMNS + column) *
			REFERENCE_SLOTS];
		double factor =
		    mixture->weight[i] * mixture->rows / (double)r->rows[i];

		for (int slot = 0;
		     mixture->weight[i] > 0 && slot < REFERENCE_SLOTS; slot++)
			slots[slot] += factor * (double)from[slot];
	}
}

double
mixture_mean(const struct mixture *mixture, int column)
{
	const struct reference *r = mixture->reference;
	double sum = 0, present = 0;

	for (int i = 0; i < r->weeks; i++) {
		size_t cell = (size_t)(i * REFERENCE_COLUMNS + column);
		double mean =
		    (double)r->moments[cell * REFERENCE_MOMENTS + MOMENT_MEAN];
		double there = 1 -
		    (double)r->counts[cell * REFERENCE_SLOTS + SLOT_MISSING] /
			(double)r->rows[i];

		if (mixture->weight[i] > 0 && !isnan(mean)) {
			sum += mixture->weight[i] * there * mean;
			present += mixture->weight[i] * there;
		}
	}
	return present > 0 ? sum / present : (double)NAN;
}

/* The sample's size for each whole unit of weight. */
static double
sample_size(const struct mixture *mixture)
{
	double size = INFINITY;

	for (int i = 0; i < mixture->reference->weeks; i++)
		if (mixture->weight[i] > 0)
			size = fmin(size,
			    (double)reference_kept(mixture->reference, i) /
				mixture->weight[i]);
	return isinf(size) ? 0 : size;
}

size_t
mixture_sample(const struct mixture *mixture, int column, uint64_t seed,
    float *values)
{
	const struct reference *r = mixture->reference;
	double size = sample_size(mixture);
	struct random random;
	size_t count = 0;

	random_init(&random, random_at(seed, (uint64_t)column), STREAM);
	for (int week = 0; week < r->weeks; week++) {
		float *to = values + count;
		size_t kept = reference_kept(r, week);
		/* A whole share must not fall short by a rounding. */
		size_t wanted = (size_t)(size * mixture->weight[week] + 1e-6);

		memcpy(to,
		    &r->sample[(week * REFERENCE_COLUMNS + column) *
			REFERENCE_SAMPLE],
		    kept * sizeof(*to));
		for (size_t i = 0; i < wanted && wanted < kept; i++) {
			size_t other =
			    i + random_below(&random, (uint32_t)(kept - i));
			float value = to[other];

			to[other] = to[i];
			to[i] = value;
		}
		count += wanted;
	}
	for (size_t i = 0; i < count; i++)
		values[i] = isnan(values[i]) ? -INFINITY : values[i];
	qsort(values, count, sizeof(*values), reference_compare);
	return count;
}
