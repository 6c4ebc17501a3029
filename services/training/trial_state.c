/*
 * trial_state.c - a trial is put down behind an epoch and taken up again.
 *
 * Order of samples and dropout are functions of the seed and of how many
 * epochs are behind us, so they are not kept: shuffles are made again.  Which
 * epoch was the best is told by the logits, which are all kept.
 *
 * A state is of one trial alone.  `of` names it: program, kernels, samples,
 * which of them are learned from, settings, seed.  Everything else is checked
 * for size and sense before it replaces anything.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "secure/digest.h"
#include "services/training/learner.h"
#include "services/training/work.h"
#include "wire/binary.h"

enum { BLOCK = 1 << 16 };

static struct slice
bytes_of(const void *data, size_t count, size_t size)
{
	return (struct slice){ data, count * size };
}

static void
name_trial(const struct learner *l, unsigned char of[DIGEST_SIZE])
{
	const struct trial_question *q = l->question;
	const struct trial_settings *s = &q->settings;
	const double settings[] = { s->hidden, s->rate, s->decay,
		s->gru_dropout, s->fusion_dropout, s->input_dropout, s->l2 };
	const uint64_t numbers[] = { q->seed, q->train.count,
		q->validation.count };
	struct digest_state *state = digest_start();

	digest_add(state, slice_of(EDUPULSE_VERSION));
	digest_add(state, slice_of(network_kernels(l->network)));
	digest_add(state, bytes_of(q->samples, DIGEST_SIZE, 1));
	digest_add(state, bytes_of(settings, 1, sizeof(settings)));
	digest_add(state, bytes_of(numbers, 1, sizeof(numbers)));
	digest_add(state,
	    bytes_of(q->train.row, q->train.count, sizeof(size_t)));
	digest_add(state,
	    bytes_of(q->validation.row, q->validation.count, sizeof(size_t)));
	digest_end(state, of);
}

static void
write_state(struct learner *l)
{
	const struct network_weights *known = network_known(l->network);
	size_t count = known->count;
	unsigned char of[DIGEST_SIZE];
	struct trial_state state = { .of = bytes_of(of, sizeof(of), 1),
		.epoch = l->epoch,
		.steps = l->optimiser.step,
		.weights = bytes_of(known->data, count, sizeof(float)),
		.first =
		    bytes_of(l->optimiser.first.data, count, sizeof(float)),
		.second =
		    bytes_of(l->optimiser.second.data, count, sizeof(float)),
		.average = bytes_of(l->average, count, sizeof(double)),
		.train_losses = l->train_losses,
		.train_losses_count = (size_t)l->epoch,
		.logits = bytes_of(l->logits,
		    (size_t)l->epoch * l->question->validation.count,
		    sizeof(float)) };

	name_trial(l, of);
	buf_clear(l->question->state);
	binary_encode(&trial_state_message, &state, l->question->state);
}

void
learner_keep(struct learner *l)
{
	const struct trial_question *q = l->question;
	struct err err = { 0 };
	bool is_last = l->epoch == q->epochs;
	bool is_due = clock_ticks() - l->kept_at >= q->pause_us;

	if (q->state == NULL || (!is_last && !is_due))
		return;
	l->kept_at = clock_ticks();
	write_state(l);
	if (q->checkpoints != NULL &&
	    !checkpoints_put(q->checkpoints, q->name, buf_slice(q->state),
		&err))
		log_warn("a checkpoint was not kept: error=%s", err.detail);
}

static bool
are_finite(const float *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isfinite(values[i]))
			return false;
	return true;
}

/* Copies, because a slice of a message is not aligned. */
static bool
take_floats(struct slice from, struct arena *arena, size_t count,
    const float **values)
{
	float *copy;

	if (from.size != count * sizeof(float))
		return false;
	copy = arena_alloc_aligned(arena, from.size);
	memcpy(copy, from.data, from.size);
	*values = copy;
	return are_finite(copy, count);
}

struct recalled {
	const float *weights, *first, *second; /* (weights.count) */
	const float *logits;                   /* (epoch, validation.count) */
	double *average;                       /* (weights.count) */
};

static bool
check_losses(const struct trial_state *state)
{
	if (state->train_losses_count != (size_t)state->epoch)
		return false;
	for (size_t i = 0; i < state->train_losses_count; i++)
		if (!(state->train_losses[i] >= 0) ||
		    !isfinite(state->train_losses[i]))
			return false;
	return true;
}

static bool
check_state(const struct learner *l, const struct trial_state *state,
    struct arena *arena, struct recalled *to)
{
	size_t count = network_known(l->network)->count;
	size_t minibatches =
	    (l->question->train.count + MINIBATCH - 1) / MINIBATCH;
	size_t validation = l->question->validation.count;
	bool is_good = (state->epoch <= l->question->epochs ||
			   l->question->made == NULL) &&
	    (uint64_t)state->steps <= (uint64_t)state->epoch * minibatches &&
	    check_losses(state) &&
	    take_floats(state->weights, arena, count, &to->weights) &&
	    take_floats(state->first, arena, count, &to->first) &&
	    take_floats(state->second, arena, count, &to->second) &&
	    take_floats(state->logits, arena, (size_t)state->epoch * validation,
		&to->logits) &&
	    state->average.size == count * sizeof(double);

	if (!is_good)
		return false;
	to->average = arena_alloc_aligned(arena, count * sizeof(double));
	memcpy(to->average, state->average.data, count * sizeof(double));
	for (size_t i = 0; i < count; i++)
		if (!isfinite(to->average[i]) || !(to->second[i] >= 0))
			return false;
	return true;
}

static void
take_up(struct learner *l, const struct trial_state *state,
    const struct recalled *from)
{
	size_t count = network_known(l->network)->count;
	size_t logits = (size_t)state->epoch * l->question->validation.count;
	size_t train = l->question->train.count;

	l->epoch = (int)state->epoch;
	learner_room(l,
	    l->epoch > l->question->epochs ? l->epoch : l->question->epochs);
	memcpy(network_weights(l->network)->data, from->weights,
	    count * sizeof(float));
	network_pack(l->network);
	memcpy(l->optimiser.first.data, from->first, count * sizeof(float));
	memcpy(l->optimiser.second.data, from->second, count * sizeof(float));
	memcpy(l->average, from->average, count * sizeof(double));
	memcpy(l->logits, from->logits, logits * sizeof(float));
	memcpy(l->train_losses, state->train_losses,
	    state->train_losses_count * sizeof(double));
	l->optimiser.step = state->steps;
	l->steps =
	    state->epoch * (int64_t)((train + MINIBATCH - 1) / MINIBATCH);
	for (int i = 0; i < l->epoch; i++)
		learner_shuffle(l);
}

static bool
read_state(struct learner *l, struct arena *arena, struct err *err)
{
	unsigned char of[DIGEST_SIZE];
	struct trial_state state;
	struct recalled recalled;

	if (!binary_decode(&trial_state_message, buf_slice(l->question->state),
		arena, &state, err))
		return false;
	name_trial(l, of);
	if (state.of.size != sizeof(of) ||
	    memcmp(state.of.data, of, sizeof(of)) != 0)
		return err_set(err, ERR_CONFLICT, "it is of another training");
	if (!check_state(l, &state, arena, &recalled))
		return err_set(err, ERR_INVALID, "its numbers make no sense");
	take_up(l, &state, &recalled);
	return true;
}

void
learner_recall(struct learner *l)
{
	const struct trial_question *q = l->question;
	struct err err = { 0 };
	struct arena arena;

	if (q->state == NULL)
		return;
	arena_init(&arena, BLOCK);
	if (((q->state->size == 0 && q->checkpoints != NULL &&
		 !checkpoints_get(q->checkpoints, q->name, q->state, &err)) ||
		(q->state->size > 0 && !read_state(l, &arena, &err)))) {
		log_warn("a checkpoint is not used: name=%s error=%s", q->name,
		    err.detail);
		buf_clear(q->state);
	}
	arena_close(&arena);
}
