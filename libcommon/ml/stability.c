/* stability.c - the population stability index; false discoveries. */
#include "ml/stability.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static double
share(const struct stability_side *side, int slot)
{
	double count = side->counts[slot];

	return (count > 0 ? count : .5) / side->total;
}

struct stability
stability_measure(const struct stability_side *reference,
    const struct stability_side *window, int slots)
{
	struct stability found = { 0 };
	int used = 0;

	for (int i = 0; i < slots; i++) {
		double p = share(reference, i), q = share(window, i);

		if (reference->counts[i] <= 0 && window->counts[i] <= 0)
			continue;
		found.index += (p - q) * log(p / q);
		used++;
	}
	found.effect = found.index -
	    (used - 1) * (1 / reference->total + 1 / window->total);
	return found;
}

struct place {
	double p;
	size_t index;
};

static int
compare_p(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	return (left->p > right->p) - (left->p < right->p);
}

void
discovery_correct(const double *p, size_t count, double *corrected)
{
	struct place *places = mem_alloc(count + 1, sizeof(*places));
	double least = 1;

	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){ p[i], i };
	qsort(places, count, sizeof(*places), compare_p);
	for (size_t rank = count; rank > 0; rank--) {
		const struct place *place = &places[rank - 1];

		least = fmin(least, place->p * (double)count / (double)rank);
		corrected[place->index] = least;
	}
	free(places);
}
