/*
 * own_training.c - our side of the comparison of training (training.py).
 *
 *	own_training FOLDER
 *
 * Writes into FOLDER what both sides learn from, and what a trial of ours
 * makes of the first minibatch alone in a few steps without dropout: the
 * weights before, the gradient of the first step as it was clipped, the
 * weights behind the last; the losses of the steps are its first line of
 * output.  All of that is read from the states that trials leave
 * (services/training/trial.h), so it is the trial itself that is held against
 * the peer.
 *
 * Then reads lines from standard input, "2": how many trials learn at once,
 * each on a thread of its own and from all samples, and answers each with the
 * seconds of an epoch and those of the processor: the mean of a few, since a
 * trial begins with a regression that the peer does not have.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "services/training/crew.h"
#include "services/training/trial.h"
#include "services/training/work.h"
#include "tests/bench/peers/share.h"
#include "wire/binary.h"

enum {
	SAMPLES = 512,
	STEPS = NETWORK_MAX_STEPS,
	FIRST = 64,  /* one minibatch */
	CHECKED = 5, /* steps on it */
	EPOCHS = 4   /* of a trial that is timed */
};

struct own {
	struct cohort cohort;
	size_t rows[SAMPLES];
	float labels[SAMPLES];
};

/* Of normal numbers; one outcome in six is adverse. */
static void
make_samples(struct own *own)
{
	size_t row = (size_t)STEPS * NETWORK_INPUTS;
	struct cohort *c = &own->cohort;
	struct random random;

	random_init(&random, 11, 1);
	c->count = SAMPLES;
	c->rows = mem_alloc(SAMPLES, sizeof(*c->rows));
	c->adverse = mem_alloc(SAMPLES, sizeof(*c->adverse));
	c->steps = mem_alloc(SAMPLES * row, sizeof(float));
	c->context =
	    mem_alloc((size_t)SAMPLES * NETWORK_CONTEXT, sizeof(float));
	for (size_t i = 0; i < SAMPLES * row; i++)
		c->steps[i] = (float)random_normal(&random);
	for (size_t i = 0; i < (size_t)SAMPLES * NETWORK_CONTEXT; i++)
		c->context[i] = (float)random_normal(&random);
	for (size_t i = 0; i < SAMPLES; i++) {
		c->rows[i] = (struct network_row){ c->steps + i * row,
			c->context + i * NETWORK_CONTEXT, STEPS };
		c->adverse[i] = c->steps[(i + 1) * row - 1] > 1;
		own->labels[i] = c->adverse[i];
		own->rows[i] = i;
	}
}

/* Without dropout: what the first minibatch alone leaves behind. */
static void
learn_first(const struct own *own, double rate, int epochs, struct arena *arena,
    struct trial_state *state)
{
	static const unsigned char samples[DIGEST_SIZE];
	struct buf packed = { 0 };
	struct err err = { 0 };
	struct trial_question question = { .cohort = &own->cohort,
		.train = { own->rows, FIRST },
		.settings = { .hidden = network_shape_default().hidden,
		    .rate = rate,
		    .decay = rate == 0 ? 0 : .1,
		    .l2 = 10 },
		.seed = 11,
		.epochs = epochs,
		.state = &packed,
		.samples = samples };

	if (!trial_run(&question) ||
	    !binary_decode(&trial_state_message, buf_slice(&packed), arena,
		state, &err))
		share_stop(err.detail);
}

/* The order of all arrays of weights: name, rows, columns, decays. */
static void
write_names(const char *folder)
{
	struct network_shape shape = network_shape_default();
	struct buf names = { 0 };

	for (enum network_tensor i = 0; i < TENSOR_COUNT; i++) {
		struct network_tensor_row row = network_tensor(&shape, i);

		buf_printf(&names, "%s %d %d %d\n", row.name, row.rows,
		    row.columns, row.decays);
	}
	share_write(folder, "tensors", names.data, names.size);
	buf_close(&names);
}

/* At a rate of 0 weights stay what they were.  The first moment is what the
 * gradient adds to it: 1 - beta 1 of it. */
static void
write_steps(const struct own *own, const char *folder)
{
	struct trial_state start, last;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	learn_first(own, 0, 1, &arena, &start);
	learn_first(own, 2e-3, CHECKED, &arena, &last);
	share_write(folder, "start", start.weights.data, start.weights.size);
	share_write(folder, "moment", start.first.data, start.first.size);
	share_write(folder, "after", last.weights.data, last.weights.size);
	for (size_t i = 0; i < last.train_losses_count; i++)
		printf("%.9f%c", last.train_losses[i],
		    i + 1 == last.train_losses_count ? '\n' : ' ');
	fflush(stdout);
	arena_close(&arena);
}

static void
learn(void *user, size_t task)
{
	const struct own *own = user;
	struct trial_question question = { .cohort = &own->cohort,
		.train = { own->rows, SAMPLES },
		.settings = { .hidden = network_shape_default().hidden,
		    .rate = 2e-3,
		    .decay = .1,
		    .input_dropout = .2,
		    .l2 = 10 },
		.seed = task,
		.epochs = EPOCHS };

	must(trial_run(&question));
}

static void
answer(struct own *own, size_t trials)
{
	int64_t began = clock_ticks();
	clock_t worked = clock();

	crew_run(learn, own, trials);
	printf("%.6f %.6f\n",
	    (double)(clock_ticks() - began) / (double)SECOND_US / EPOCHS,
	    (double)(clock() - worked) / CLOCKS_PER_SEC / EPOCHS);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static struct own own;
	char line[64];

	if (argc != 2)
		share_stop("own_training FOLDER");
	make_samples(&own);
	write_names(argv[1]);
	share_write(argv[1], "train_steps", own.cohort.steps,
	    (size_t)SAMPLES * STEPS * NETWORK_INPUTS * sizeof(float));
	share_write(argv[1], "train_context", own.cohort.context,
	    (size_t)SAMPLES * NETWORK_CONTEXT * sizeof(float));
	share_write(argv[1], "train_labels", own.labels, sizeof(own.labels));
	write_steps(&own, argv[1]);
	while (fgets(line, sizeof(line), stdin))
		answer(&own, strtoul(line, NULL, 10));
	return 0;
}
