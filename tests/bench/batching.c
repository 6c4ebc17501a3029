/*
 * batching.c - what answering several students at once would save: the forward
 * pass of few rows together against one after the other, and beside it what
 * else a single prediction costs; one thread.
 *
 * Time is the thread's own on the processor, in short turns of which the best
 * counts, so that what else a shared machine does weighs little.
 */
#include <stdio.h>
#include <time.h>

#include "ml/model.h"
#include "tests/bench/floats.h"
#include "tests/bench/line.h"

enum { ROUNDS = 200, MOST = 64 };

static const int sizes[] = { 1, 2, 4, 8, MOST };
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

struct bench {
	struct model *model;
	struct model_scratch *scratch;
	struct network_row rows[MOST];
	float logits[MOST];
};

/* Microseconds that this thread has run. */
static double
own_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Microseconds a row, of at least 8, in batches of `size`. */
static double
forward_time(struct bench *bench, int size)
{
	int done = 0;
	double began = own_time();

	for (; done < 8; done += size)
		model_logits(bench->model, bench->scratch,
		    &(struct network_batch){ bench->rows, (size_t)size, false },
		    &(struct network_output){ .logits = bench->logits });
	return (own_time() - began) / done;
}

/* Microseconds for the reasons of one row. */
static double
explain_time(struct bench *bench)
{
	static struct explanation explanation;
	double began = own_time();

	model_explain(bench->model, bench->scratch, bench->rows, &explanation);
	return own_time() - began;
}

static void
keep_best(double *best, double time)
{
	if (*best == 0 || time < *best)
		*best = time;
}

static void
open_bench(struct bench *bench, int steps)
{
	struct network_shape shape = network_shape_default();
	float *values =
	    make_floats((size_t)MOST * NETWORK_MAX_STEPS * NETWORK_INPUTS, 1);
	float *context = make_floats((size_t)MOST * NETWORK_CONTEXT, 2);

	bench->model = model_new(&shape);
	network_randomise(bench->model->network, 1);
	bench->scratch = model_scratch_new(bench->model, true);
	for (size_t i = 0; i < MOST; i++)
		bench->rows[i] = (struct network_row){ values +
			    i * NETWORK_MAX_STEPS * NETWORK_INPUTS,
			context + i * NETWORK_CONTEXT, steps };
}

static void
run(int steps)
{
	struct bench bench = { .model = NULL };
	double best[SIZES] = { 0 }, explained = 0;
	char name[80];

	open_bench(&bench, steps);
	for (int i = 0; i < ROUNDS; i++) {
		for (size_t k = 0; k < SIZES; k++)
			keep_best(&best[k], forward_time(&bench, sizes[k]));
		keep_best(&explained, explain_time(&bench));
	}
	for (size_t k = 1; k < SIZES; k++) {
		snprintf(name, sizeof(name),
		    "forward pass, %d steps, %d students at once", steps,
		    sizes[k]);
		print_line((struct line){ name, "students/s", "one by one",
		    1e6 / best[k], 1e6 / best[0] });
	}
	snprintf(name, sizeof(name), "reasons of one student, %d steps", steps);
	print_line((struct line){ name, "us", "forward pass of one student",
	    explained, best[0] });
}

int
main(void)
{
	run(NETWORK_MAX_STEPS);
	run(12);
	return 0;
}
