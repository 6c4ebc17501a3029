/* drift.c - columns of a window against their reference, and the verdict. */
#include "ml/drift.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"
#include "ml/stability.h"

enum { STREAM = 23 };

struct comparison {
	const struct drift_window *window;
	const struct drift_limits *limits;
	struct mixture mixture;
	size_t *lot; /* owned, (lot_count): rows of the window behind p */
	size_t lot_count;
	float *x; /* owned, (MIXTURE_SAMPLE): scratch */
	float *y; /* owned, (DRIFT_ROWS): scratch */
};

static float
value_at(const struct drift_window *window, size_t row, int column)
{
	return window->values[row * REFERENCE_COLUMNS + (size_t)column];
}

/* Which rows of the window p is made of: all, or as many as are enough. */
static void
draw_lot(struct comparison *c)
{
	size_t count = c->window->count;
	struct random random;

	c->lot = mem_alloc(count + 1, sizeof(*c->lot));
	c->lot_count = count < DRIFT_ROWS ? count : DRIFT_ROWS;
	for (size_t i = 0; i < count; i++)
		c->lot[i] = i;
	random_init(&random, c->limits->seed, STREAM);
	for (size_t i = 0; i < c->lot_count && c->lot_count < count; i++) {
		size_t other = i + random_below(&random, (uint32_t)(count - i));
		size_t row = c->lot[other];

		c->lot[other] = c->lot[i];
		c->lot[i] = row;
	}
}

static void
test(struct comparison *c, int column, struct drift_column *found)
{
	uint64_t seed = c->limits->seed;
	struct ks_pair pair = { c->x, c->y,
		mixture_sample(&c->mixture, column, seed, c->x), c->lot_count };
	struct ks_result result;

	for (size_t i = 0; i < c->lot_count; i++) {
		float value = value_at(c->window, c->lot[i], column);

		c->y[i] = isnan(value) ? -INFINITY : value;
	}
	qsort(c->y, c->lot_count, sizeof(*c->y), reference_compare);
	result = ks_test(&pair, random_at(seed, (uint64_t)column));
	found->d = result.d;
	found->p = result.p;
	found->method = result.method;
}

static void
measure(const struct comparison *c, int column, struct drift_column *found)
{
	double reference[REFERENCE_SLOTS], window[REFERENCE_SLOTS] = { 0 };
	double sum = 0, present, count = (double)c->window->count;
	struct stability stability;

	for (size_t i = 0; i < c->window->count; i++) {
		float value = value_at(c->window, i, column);

		window[reference_slot(c->mixture.reference, column, value)]++;
		sum += isnan(value) ? 0 : (double)value;
	}
	mixture_counts(&c->mixture, column, reference);
	stability = stability_measure(
	    &(struct stability_side){ reference, c->mixture.rows },
	    &(struct stability_side){ window, count }, REFERENCE_SLOTS);
	found->index = stability.index;
	found->effect = stability.effect;
	found->limit = c->mixture.movement[column] +
	    (column == REFERENCE_SCORE ? c->limits->score : c->limits->feature);
	present = count - window[SLOT_MISSING];
	found->window_mean = present > 0 ? sum / present : (double)NAN;
	found->window_missing = window[SLOT_MISSING] / count;
	found->reference_mean = mixture_mean(&c->mixture, column);
	found->reference_missing = reference[SLOT_MISSING] / c->mixture.rows;
}

static void
judge(const struct drift_limits *limits, struct drift_finding *finding)
{
	double p[REFERENCE_COLUMNS], corrected[REFERENCE_COLUMNS];

	for (int i = 0; i < REFERENCE_COLUMNS; i++)
		p[i] = finding->columns[i].p;
	discovery_correct(p, REFERENCE_COLUMNS, corrected);
	for (int i = 0; i < REFERENCE_COLUMNS; i++) {
		struct drift_column *column = &finding->columns[i];
		bool has_drifted = corrected[i] <= limits->alarms &&
		    column->effect > column->limit;

		column->corrected = corrected[i];
		column->verdict = has_drifted ? DRIFT_DRIFTED : DRIFT_STABLE;
		finding->drifted += has_drifted && i != REFERENCE_SCORE;
	}
	finding->judged = REFERENCE_SCORE;
	finding->verdict = finding->drifted > DRIFT_SHARE * finding->judged
	    ? DRIFT_DRIFTED
	    : DRIFT_STABLE;
}

static void
compare_columns(struct comparison *c, struct drift_finding *finding)
{
	for (int i = 0; i < REFERENCE_COLUMNS; i++) {
		test(c, i, &finding->columns[i]);
		measure(c, i, &finding->columns[i]);
	}
	judge(c->limits, finding);
}

void
drift_compare(const struct reference *reference,
    const struct drift_window *window, const struct drift_limits *limits,
    struct drift_finding *finding)
{
	struct comparison c = { .window = window, .limits = limits };

	*finding = (struct drift_finding){ .verdict = DRIFT_NOT_ENOUGH_DATA };
	for (int i = 0; i < REFERENCE_COLUMNS; i++)
		finding->columns[i].verdict = DRIFT_NOT_ENOUGH_DATA;
	mixture_make(&c.mixture, reference, window->week, window->count);
	draw_lot(&c);
	c.x = mem_alloc(MIXTURE_SAMPLE, sizeof(*c.x));
	c.y = mem_alloc(DRIFT_ROWS, sizeof(*c.y));
	finding->matched = c.mixture.matched;
	finding->window_rows = c.lot_count;
	finding->reference_rows =
	    mixture_sample(&c.mixture, 0, limits->seed, c.x);
	if (finding->window_rows >= DRIFT_LEAST &&
	    finding->reference_rows >= DRIFT_LEAST)
		compare_columns(&c, finding);
	free(c.lot);
	free(c.x);
	free(c.y);
}
