/* leak.c - each input's own ranking. */
#include "ml/leak.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

struct pair {
	double value;
	bool is_adverse;
};

static double
input_of(const struct network_row *row, int input)
{
	return input < NETWORK_INPUTS
	    ? (double)row->steps[(row->step_count - 1) * NETWORK_INPUTS + input]
	    : (double)row->context[input - NETWORK_INPUTS];
}

static int
compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;

	return (a->value > b->value) - (a->value < b->value);
}

/* The area under the ROC curve of the values, sorted. */
static double
area(const struct pair *pairs, size_t count, double adverse, double others)
{
	double below = 0, ordered = 0;

	for (size_t at = 0; at < count;) {
		double tied[2] = { 0, 0 };
		size_t next = at;

		while (next < count && pairs[next].value == pairs[at].value)
			tied[pairs[next++].is_adverse]++;
		ordered += tied[1] * (below + tied[0] / 2);
		below += tied[0];
		at = next;
	}
	return ordered / (adverse * others);
}

struct inquiry {
	const struct network_row *rows;
	const uint8_t *adverse;
	size_t count;
	double outcomes[2];
	struct pair *pairs; /* owned, (count) */
};

/* With missing values in the place of `missing`. */
static double
separation(struct inquiry *inquiry, int input, double missing)
{
	double auroc;

	for (size_t i = 0; i < inquiry->count; i++) {
		double value = input_of(&inquiry->rows[i], input);

		inquiry->pairs[i] =
		    (struct pair){ isnan(value) ? missing : value,
			    inquiry->adverse[i] != 0 };
	}
	qsort(inquiry->pairs, inquiry->count, sizeof(struct pair),
	    compare_pairs);
	auroc = area(inquiry->pairs, inquiry->count, inquiry->outcomes[1],
	    inquiry->outcomes[0]);
	return fmax(auroc, 1 - auroc);
}

struct leak
leak_find(const struct network_row *rows, const uint8_t *adverse, size_t count)
{
	struct inquiry inquiry = { rows, adverse, count, { 0, 0 }, NULL };
	struct leak worst = { 0, .5 };

	for (size_t i = 0; i < count; i++)
		inquiry.outcomes[adverse[i] != 0]++;
	if (inquiry.outcomes[0] < LEAK_MIN_OUTCOMES ||
	    inquiry.outcomes[1] < LEAK_MIN_OUTCOMES)
		return worst;
	inquiry.pairs = mem_alloc(count, sizeof(*inquiry.pairs));
	for (int i = 0; i < MODEL_INPUTS; i++) {
		double found = fmax(separation(&inquiry, i, -HUGE_VAL),
		    separation(&inquiry, i, HUGE_VAL));

		if (found > worst.separation)
			worst = (struct leak){ i, found };
	}
	free(inquiry.pairs);
	return worst;
}
