/*
 * training.c - an epoch of the network over 300,000 samples: 30,000
 * enrollments at 10 reference weeks, 4, 8, ... 40.
 *
 *	a trial on each of two threads	as the search and its folds do
 *	one trial on one thread		what that is held against
 *	memory				the largest there was, held against
 *					1 GiB
 *
 * Samples come in pages through the child's own door (part_open, cohort_add),
 * so memory is that of the child and of its input.  A trial of the bench learns
 * from a share of the samples, of all lengths; 20 epochs are 20 times one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "proto/prediction.h"
#include "services/training/crew.h"
#include "services/training/trial.h"
#include "services/training/work.h"
#include "tests/bench/line.h"
#include "wire/binary.h"

enum {
	ENROLLMENTS = 30000,
	WEEKS = 10,
	EVERY = 4, /* weeks */
	EPOCHS = 20,
	PAGE = 100,    /* enrollments */
	SHARE = 24000, /* samples that a trial of the bench learns from */
	THREADS = 2
};

#define GIB 1073741824.0

struct bench {
	struct cohort cohort;
	size_t *rows; /* (count): shuffled */
};

static void
fill_page(struct sample_page *page, int first, float *steps, float *context)
{
	static char ids[PAGE][16];
	struct random random;

	random_init(&random, 1, (uint64_t)first);
	for (int i = 0; i < PAGE * WEEKS * EVERY * NETWORK_INPUTS; i++)
		steps[i] = (float)random_normal(&random);
	page->samples_count = 0;
	for (int i = 0; i < PAGE * WEEKS; i++) {
		int student = i / WEEKS, week = EVERY * (1 + i % WEEKS);
		const float *own =
		    steps + student * WEEKS * EVERY * NETWORK_INPUTS;

		snprintf(ids[student], sizeof(ids[0]), "s%d", first + student);
		page->samples[page->samples_count++] = (struct sample){
			.enrollment_id = first + student + 1,
			.student_id = ids[student],
			.course_id = "C",
			.week = week,
			.label = own[0] > 1,
			.step_count = week,
			.steps = { (const char *)own,
			    (size_t)(week * NETWORK_INPUTS) * sizeof(float) },
			.context = { (const char *)context,
			    NETWORK_CONTEXT * sizeof(float) }
		};
	}
}

static void
make_input(struct buf *input)
{
	size_t floats = (size_t)PAGE * WEEKS * EVERY * NETWORK_INPUTS;
	float *steps = mem_alloc(floats, sizeof(float));
	float context[NETWORK_CONTEXT] = { 0 };
	struct sample *samples = mem_alloc(PAGE * WEEKS, sizeof(*samples));

	for (int first = 0; first < ENROLLMENTS; first += PAGE) {
		struct sample_page page = { .samples = samples };
		struct buf packed = { 0 };

		fill_page(&page, first, steps, context);
		binary_encode(&sample_page_message, &page, &packed);
		part_add(input,
		    &(struct part){ .kind = PART_TRAIN,
			.body = buf_slice(&packed) });
		buf_close(&packed);
	}
	free(samples);
	free(steps);
}

static void
take_samples(struct bench *bench)
{
	struct buf input = { 0 };
	struct slice rest, body;
	struct part part;
	struct arena arena;
	struct err err = { 0 };

	make_input(&input);
	rest = buf_slice(&input);
	arena_init(&arena, 1 << 20);
	while (part_next(&rest, &part, &err)) {
		must(part_open(&part, &arena, &body, &err) &&
		    cohort_add(&bench->cohort, body, 0, &arena, &err));
		arena_reset(&arena);
	}
	cohort_settle(&bench->cohort);
	arena_close(&arena);
	buf_close(&input);
}

static void
shuffle(struct bench *bench)
{
	size_t count = bench->cohort.count;
	struct random random;

	bench->rows = mem_alloc(count, sizeof(size_t));
	random_init(&random, 2, 3);
	for (size_t i = 0; i < count; i++) {
		size_t other = random_below(&random, (uint32_t)i + 1);

		bench->rows[i] = bench->rows[other];
		bench->rows[other] = i;
	}
}

static void
learn(void *user, size_t task)
{
	struct bench *bench = user;
	struct trial_question question = { .cohort = &bench->cohort,
		.train = { bench->rows + task * SHARE, SHARE },
		.settings = { .hidden = 16,
		    .rate = 1e-3,
		    .decay = 1,
		    .input_dropout = .2,
		    .l2 = 10 },
		.seed = task,
		.epochs = 1 };

	must(trial_run(&question));
}

/* Samples a second, the better of two times. */
static double
rate(struct bench *bench, size_t trials)
{
	double best = 0;

	for (int i = 0; i < 2; i++) {
		int64_t began = clock_ticks();
		double found;

		crew_run(learn, bench, trials);
		found = (double)(trials * SHARE) * (double)SECOND_US /
		    (double)(clock_ticks() - began);
		best = found > best ? found : best;
	}
	return best;
}

int
main(void)
{
	static struct bench bench;
	double one, both, samples = (double)ENROLLMENTS * WEEKS * EPOCHS;
	struct rusage usage;

	take_samples(&bench);
	shuffle(&bench);
	one = rate(&bench, 1);
	both = rate(&bench, THREADS);
	must(getrusage(RUSAGE_SELF, &usage) == 0);
	print_line((struct line){ "training, two threads", "samples/s",
	    "one thread", both, one });
	print_line((struct line){
	    "30,000 enrollments x 10 weeks x 20 epochs, by that rate",
	    "minutes", "half an hour", samples / both / 60, 30 });
	print_line((struct line){ "training, largest memory", "GiB", "1 GiB",
	    (double)usage.ru_maxrss * 1024 / GIB, 1 });
	return 0;
}
