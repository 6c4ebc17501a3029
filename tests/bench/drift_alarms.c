/*
 * drift_alarms.c - how often a check raises a false alarm while nothing has
 * moved, one JSON object a line.
 *
 * Each check has a reference of its own and a window of its own, drawn from one
 * distribution: 43 columns, independent or with a correlation of .9 between any
 * two, continuous or rounded to whole numbers (so that p is dealt).  An alarm
 * is any column whose corrected p is at most 1 / N.  Three lines a kind and N,
 * each beside 1 / N: the rate of those; its lower 95 % bound (Wilson, 1927),
 * which is under 1 / N when the rate is held; and the rate of those that also
 * pass the usual limit on the effect, which is what the monitor does.
 *
 *	drift_alarms [CHECKS]
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "ml/drift.h"
#include "tests/bench/line.h"

enum { REFERENCE_ROWS = 400, WINDOW_ROWS = 500, WEEK = 12, CHECKS = 1000 };

#define USUAL_LIMIT .2

static const double one_in[] = { 10, 50, 200 };

struct world {
	const char *name;
	double correlation;
	bool is_rounded;
};

static const struct world worlds[] = {
	{ "independent", 0, false },
	{ "correlated", .9, false },
	{ "independent, rounded", 0, true },
	{ "correlated, rounded", .9, true },
};

struct tally {
	int by_p[ARRAY_SIZE(one_in)];
	int alarms[ARRAY_SIZE(one_in)];
};

static void
draw(const struct world *world, struct random *random, size_t rows,
    float *values)
{
	double shared = sqrt(world->correlation);
	double own = sqrt(1 - world->correlation);

	for (size_t i = 0; i < rows; i++) {
		double common = random_normal(random);

		for (size_t k = 0; k < REFERENCE_COLUMNS; k++) {
			double value =
			    2 * (shared * common + own * random_normal(random));

			values[i * REFERENCE_COLUMNS + k] =
			    (float)(world->is_rounded ? round(value) : value);
		}
	}
}

static void
count(const struct drift_finding *finding, struct tally *tally)
{
	for (size_t n = 0; n < ARRAY_SIZE(one_in); n++) {
		bool by_p = false, alarm = false;

		for (int i = 0; i < REFERENCE_COLUMNS; i++) {
			const struct drift_column *column =
			    &finding->columns[i];
			bool is_unlikely = column->corrected <= 1 / one_in[n];

			by_p = by_p || is_unlikely;
			alarm = alarm ||
			    (is_unlikely && column->effect > USUAL_LIMIT);
		}
		tally->by_p[n] += by_p;
		tally->alarms[n] += alarm;
	}
}

static void
check(const struct world *world, struct random *random, float *values,
    const uint16_t *weeks, uint64_t seed, struct tally *tally)
{
	struct drift_limits limits = { .02, USUAL_LIMIT, USUAL_LIMIT, seed };
	struct drift_finding *finding = mem_alloc(1, sizeof(*finding));
	struct reference *reference;

	draw(world, random, REFERENCE_ROWS, values);
	reference = reference_make(
	    &(struct reference_source){ values, weeks, REFERENCE_ROWS }, seed);
	draw(world, random, WINDOW_ROWS, values);
	drift_compare(reference,
	    &(struct drift_window){ values, weeks, WINDOW_ROWS }, &limits,
	    finding);
	count(finding, tally);
	reference_free(reference);
	free(finding);
}

static void
print_share(const struct world *world, const char *what, double value,
    double limit)
{
	char name[128];

	snprintf(name, sizeof(name), "drift alarms of %s columns, %s, 1 in %g",
	    world->name, what, 1 / limit);
	print_line((struct line){ name, "of all checks",
	    "false alarms that are allowed", value, limit });
}

static void
print(const struct world *world, const struct tally *tally, int checks)
{
	const double z = 1.959964;

	for (size_t n = 0; n < ARRAY_SIZE(one_in); n++) {
		double rate = (double)tally->by_p[n] / checks;
		double middle =
		    (rate + z * z / (2 * checks)) / (1 + z * z / checks);
		double half = z / (1 + z * z / checks) *
		    sqrt(rate * (1 - rate) / checks +
			z * z / (4. * checks * checks));
		double limit = 1 / one_in[n];

		print_share(world, "by p", rate, limit);
		print_share(world, "by p at least", middle - half, limit);
		print_share(world, "by p and effect",
		    (double)tally->alarms[n] / checks, limit);
	}
}

int
main(int argc, char **argv)
{
	int checks = argc > 1 ? (int)strtol(argv[1], NULL, 10) : CHECKS;
	float *values =
	    mem_alloc(WINDOW_ROWS * REFERENCE_COLUMNS, sizeof(*values));
	uint16_t weeks[WINDOW_ROWS];

	for (size_t i = 0; i < WINDOW_ROWS; i++)
		weeks[i] = WEEK;
	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		struct tally tally = { 0 };
		struct random random;

		random_init(&random, 2026, i);
		for (int k = 0; k < checks; k++)
			check(&worlds[i], &random, values, weeks, (uint64_t)k,
			    &tally);
		print(&worlds[i], &tally, checks);
	}
	free(values);
	return 0;
}
