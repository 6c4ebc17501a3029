/*
 * trial_test.c - a trial that was put down ends with the bits of one that was
 * not; what was not put down by it is not used.
 */
#include "services/training/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/random.h"
#include "ml/logistic.h"
#include "services/training/work.h"
#include "tests/support/test.h"
#include "wire/binary.h"

enum { SAMPLES = 150, TRAIN = 100, STEPS = 3, EPOCHS = 5 };

struct table {
	struct cohort cohort;
	size_t all[SAMPLES];
	unsigned char digest[DIGEST_SIZE];
};

static void
table_init(struct table *t)
{
	struct cohort *c = &t->cohort;
	struct random random;

	*t = (struct table){ .cohort.count = SAMPLES };
	c->steps = mem_alloc(SAMPLES * STEPS * NETWORK_INPUTS, sizeof(float));
	c->context = mem_alloc(SAMPLES * NETWORK_CONTEXT, sizeof(float));
	c->rows = mem_alloc(SAMPLES, sizeof(*c->rows));
	c->adverse = mem_alloc(SAMPLES, 1);
	random_init(&random, 1, 2);
	for (size_t i = 0; i < SAMPLES * STEPS * NETWORK_INPUTS; i++)
		c->steps[i] = (float)random_normal(&random);
	for (size_t i = 0; i < SAMPLES; i++) {
		c->rows[i] =
		    (struct network_row){ c->steps + i * STEPS * NETWORK_INPUTS,
			    c->context + i * NETWORK_CONTEXT,
			    1 + (int)random_below(&random, STEPS) };
		c->adverse[i] = c->rows[i].steps[0] > 0;
		t->all[i] = i;
	}
	cohort_digest(c, t->digest);
}

/* What a trial told, and made. */
struct told {
	int epochs;
	double train_loss[EPOCHS];
	float logits[EPOCHS][SAMPLES - TRAIN];
	struct network *made;
};

static void
keep(void *user, const struct trial_epoch *epoch)
{
	struct told *told = user;

	assert_int_equal(epoch->epoch, ++told->epochs);
	told->train_loss[epoch->epoch - 1] = epoch->train_loss;
	memcpy(told->logits[epoch->epoch - 1], epoch->logits,
	    sizeof(told->logits[0]));
}

static struct trial_question
ask(struct table *t, struct told *told, struct buf *state)
{
	*told = (struct told){ 0 };
	return (struct trial_question){ .cohort = &t->cohort,
		.train = { t->all, TRAIN },
		.validation = { t->all + TRAIN, SAMPLES - TRAIN },
		.settings = { 8, 2e-3, 1, .1, .1, .2, 10 },
		.seed = 4,
		.epochs = EPOCHS,
		.watch = keep,
		.user = told,
		.made = &told->made,
		.state = state,
		.name = "trial",
		.samples = t->digest };
}

static void
run(const struct trial_question *question)
{
	assert_true(trial_run(question));
}

static void
assert_same(const struct told *a, const struct told *b)
{
	const struct network_weights *of_a = network_known(a->made);
	const struct network_weights *of_b = network_known(b->made);

	assert_int_equal(a->epochs, b->epochs);
	assert_memory_equal(a->train_loss, b->train_loss,
	    sizeof(a->train_loss));
	assert_memory_equal(a->logits, b->logits, sizeof(a->logits));
	assert_memory_equal(of_a->data, of_b->data,
	    of_a->count * sizeof(float));
}

/* As nobody disturbs it. */
static void
run_plainly(struct table *t, struct told *told)
{
	struct trial_question question = ask(t, told, NULL);

	run(&question);
}

/* The state behind `epochs`. */
static void
put_down(struct table *t, int epochs, struct buf *state)
{
	struct told told;
	struct trial_question question = ask(t, &told, state);

	question.epochs = epochs;
	question.made = NULL;
	run(&question);
	assert_int_equal(told.epochs, epochs);
}

static void
one_taken_up_behind_any_epoch_ends_with_the_same_bits(void **state)
{
	struct told plain, other;
	struct table t;

	(void)state;
	table_init(&t);
	run_plainly(&t, &plain);
	for (int epochs = 1; epochs <= EPOCHS; epochs++) {
		struct buf kept = { 0 };
		struct trial_question question;

		put_down(&t, epochs, &kept);
		question = ask(&t, &other, &kept);
		run(&question);
		assert_same(&plain, &other);
		network_free(other.made);
		buf_close(&kept);
	}
	network_free(plain.made);
	cohort_close(&t.cohort);
}

/* Bits that are the same could have been learned anew: so tell a tale. */
static void
what_was_put_down_is_told_and_not_learned_again(void **state)
{
	struct buf kept = { 0 }, tale = { 0 };
	struct trial_question question;
	struct trial_state message;
	struct told told;
	struct arena arena;
	struct err err = { 0 };
	struct table t;

	(void)state;
	table_init(&t);
	arena_init(&arena, 1 << 16);
	put_down(&t, 2, &kept);
	assert_true(binary_decode(&trial_state_message, buf_slice(&kept),
	    &arena, &message, &err));
	message.train_losses[1] = .125;
	binary_encode(&trial_state_message, &message, &tale);
	question = ask(&t, &told, &tale);
	run(&question);
	assert_int_equal(told.epochs, EPOCHS);
	assert_true(told.train_loss[1] == .125);
	network_free(told.made);
	buf_close(&kept);
	buf_close(&tale);
	arena_close(&arena);
	cohort_close(&t.cohort);
}

static void
one_that_is_further_on_tells_of_the_epochs_asked_for(void **state)
{
	struct told plain, other;
	struct buf kept = { 0 };
	struct trial_question question;
	struct table t;

	(void)state;
	table_init(&t);
	run_plainly(&t, &plain);
	put_down(&t, EPOCHS, &kept);
	question = ask(&t, &other, &kept);
	question.epochs = 2;
	question.made = NULL;
	run(&question);
	assert_int_equal(other.epochs, 2);
	assert_memory_equal(other.logits, plain.logits,
	    2 * sizeof(plain.logits[0]));
	/* and is still as far on */
	question = ask(&t, &other, &kept);
	run(&question);
	assert_same(&plain, &other);
	network_free(other.made);
	network_free(plain.made);
	buf_close(&kept);
	cohort_close(&t.cohort);
}

/* A state that was changed makes a trial begin anew, so it ends as ever. */
static void
assert_not_used(struct table *t, struct buf *kept, const struct told *plain)
{
	struct told other;
	struct trial_question question = ask(t, &other, kept);

	run(&question);
	assert_same(plain, &other);
	network_free(other.made);
	buf_close(kept);
}

static void
a_state_of_another_trial_is_not_used(void **state)
{
	struct told plain, told;
	struct trial_question question;
	struct buf kept = { 0 };
	struct table t;

	(void)state;
	table_init(&t);
	run_plainly(&t, &plain);
	for (int i = 0; i < 4; i++) {
		question = ask(&t, &told, &kept);
		question.epochs = 2;
		question.made = NULL;
		question.seed += i == 0;
		question.settings.rate *= i == 1 ? 2 : 1;
		question.train.count -= i == 2;
		t.digest[0] ^= i == 3;
		run(&question);
		t.digest[0] ^= i == 3;
		assert_not_used(&t, &kept, &plain);
	}
	network_free(plain.made);
	cohort_close(&t.cohort);
}

/* Numbers that a file of the right sum may hold all the same. */
enum harm {
	NAN_WEIGHT,
	NEGATIVE_MOMENT,
	INFINITE_AVERAGE,
	SHORT_WEIGHTS,
	LONG_LOGITS,
	FEWER_LOSSES,
	MORE_EPOCHS,
	MORE_STEPS,
	HARMS
};

static void
put(struct slice at, const void *value, size_t size)
{
	union {
		const char *read;
		char *write;
	} data = { at.data };

	memcpy(data.write, value, size);
}

static void
harm(struct trial_state *kept, enum harm harm)
{
	const float nan = NAN, negative = -1;
	const double infinite = HUGE_VAL;

	switch (harm) {
	case NAN_WEIGHT:
		put(kept->weights, &nan, sizeof(nan));
		break;
	case NEGATIVE_MOMENT:
		put(kept->second, &negative, sizeof(negative));
		break;
	case INFINITE_AVERAGE:
		put(kept->average, &infinite, sizeof(infinite));
		break;
	case SHORT_WEIGHTS:
		kept->weights.size -= sizeof(float);
		break;
	case LONG_LOGITS:
		kept->logits.size -= sizeof(float);
		break;
	case FEWER_LOSSES:
		kept->train_losses_count--;
		break;
	case MORE_EPOCHS:
		kept->epoch = EPOCHS + 1;
		break;
	case MORE_STEPS:
		kept->steps = 1000;
		break;
	case HARMS:
		break;
	}
}

static void
a_state_whose_numbers_make_no_sense_is_not_used(void **state)
{
	struct told plain;
	struct table t;

	(void)state;
	table_init(&t);
	run_plainly(&t, &plain);
	for (enum harm i = 0; i < HARMS; i++) {
		struct buf kept = { 0 }, harmed = { 0 };
		struct trial_state message;
		struct arena arena;
		struct err err = { 0 };

		arena_init(&arena, 1 << 16);
		put_down(&t, 2, &kept);
		assert_true(binary_decode(&trial_state_message,
		    buf_slice(&kept), &arena, &message, &err));
		harm(&message, i);
		binary_encode(&trial_state_message, &message, &harmed);
		assert_not_used(&t, &harmed, &plain);
		buf_close(&kept);
		arena_close(&arena);
	}
	network_free(plain.made);
	cohort_close(&t.cohort);
}

/* Any bytes changed, cut or not: nothing is read past its end (asan), and what
 * is taken for a state leads to numbers. */
static void
any_bytes_do_no_harm(void **state)
{
	struct buf kept = { 0 };
	struct random random;
	struct table t;

	(void)state;
	table_init(&t);
	put_down(&t, 1, &kept);
	random_init(&random, 3, 4);
	for (int i = 0; i < 60; i++) {
		struct told told;
		struct buf harmed = { 0 };
		struct trial_question question = ask(&t, &told, &harmed);
		size_t at =
		    random_below(&random, i % 2 ? 200 : (uint32_t)kept.size);

		buf_add(&harmed, kept.data, kept.size);
		harmed.data[at] = (char)random_u32(&random);
		if (i % 3 == 0)
			harmed.size = at;
		question.epochs = 1;
		if (trial_run(&question))
			network_free(told.made);
		buf_close(&harmed);
	}
	buf_close(&kept);
	cohort_close(&t.cohort);
}

/* The regression of the same samples, standardised or not as they stand. */
static void
fit_regression(const struct table *t, double l2, struct logistic *fitted)
{
	static float rows[TRAIN][NETWORK_DIRECT];
	struct logistic_data data = { .count = TRAIN,
		.inputs = NETWORK_DIRECT,
		.rows = rows[0],
		.adverse = t->cohort.adverse };
	struct err err = { 0 };

	for (size_t i = 0; i < TRAIN; i++) {
		const struct network_row *row = &t->cohort.rows[i];

		memcpy(rows[i],
		    row->steps + (row->step_count - 1) * NETWORK_INPUTS,
		    NETWORK_INPUTS * sizeof(float));
		memcpy(rows[i] + NETWORK_INPUTS, row->context,
		    NETWORK_CONTEXT * sizeof(float));
	}
	assert_true(logistic_fit(fitted, &data, l2, NULL, &err));
}

/* AdamW takes rate * decay of a weight away at each step: two minibatches an
 * epoch, and what is kept is the average over them. */
static void
a_network_corrects_a_regression_that_fades_by_decay_alone(void **state)
{
	struct logistic fitted;
	struct told told;
	struct table t;

	(void)state;
	table_init(&t);
	fit_regression(&t, 10, &fitted);
	for (int decay = 0; decay <= 1; decay++) {
		struct trial_question question = ask(&t, &told, NULL);
		const float *direct;
		double left;

		question.settings.decay = decay;
		run(&question);
		direct = network_known(told.made)->tensor[TENSOR_DIRECT];
		left = (double)direct[0] / fitted.weight[0];
		assert_true(decay == 0 ? fabs(left - 1) < 1e-5
				       : left > .95 && left < 1 - 2e-3);
		for (int i = 0; i < NETWORK_INPUTS; i++)
			assert_near(direct[i], left * fitted.weight[i], 1e-6);
		network_free(told.made);
	}
	cohort_close(&t.cohort);
}

RUN_TESTS(
    cmocka_unit_test(a_network_corrects_a_regression_that_fades_by_decay_alone),
    cmocka_unit_test(one_taken_up_behind_any_epoch_ends_with_the_same_bits),
    cmocka_unit_test(what_was_put_down_is_told_and_not_learned_again),
    cmocka_unit_test(one_that_is_further_on_tells_of_the_epochs_asked_for),
    cmocka_unit_test(a_state_of_another_trial_is_not_used),
    cmocka_unit_test(a_state_whose_numbers_make_no_sense_is_not_used),
    cmocka_unit_test(any_bytes_do_no_harm))
