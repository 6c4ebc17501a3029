/*
 * trial.c - epochs of minibatches.
 */
#include "services/training/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ml/logistic.h"
#include "ml/measures.h"
#include "services/training/learner.h"

enum { ORDER_STREAM = 1, STANDARD_FUSION = 64 };

#define CLIP         1.0
#define SEED_DROPOUT 2

void
learner_room(struct learner *l, int epochs)
{
	size_t count = (size_t)epochs * l->question->validation.count;

	l->train_losses =
	    mem_resize(l->train_losses, (size_t)epochs, sizeof(double));
	l->logits = mem_resize(l->logits, count + 1, sizeof(float));
}

static void
learner_init(struct learner *l, const struct trial_question *q)
{
	struct network_shape shape = { .hidden = q->settings.hidden,
		.heads = network_shape_default().heads,
		.fusion = STANDARD_FUSION };
	struct optimiser_settings settings = optimiser_settings_default();

	settings.rate = q->settings.rate;
	settings.decay = q->settings.decay;
	*l = (struct learner){ .question = q };
	l->network = network_new(&shape);
	l->averaged = network_new(&shape);
	l->scratch = network_scratch_new(&shape, true);
	optimiser_init(&l->optimiser, &shape, &settings);
	network_weights_init(&l->gradient, &shape);
	l->average = mem_alloc(l->gradient.count, sizeof(double));
	l->average_memory = 1 - 1.0 / (1 + (double)q->train.count / MINIBATCH);
	random_init(&l->random, q->seed, ORDER_STREAM);
	l->order = mem_alloc(q->train.count, sizeof(size_t));
	memcpy(l->order, q->train.row, q->train.count * sizeof(size_t));
	l->validation =
	    mem_alloc(q->validation.count + 1, sizeof(struct network_row));
	for (size_t i = 0; i < q->validation.count; i++)
		l->validation[i] = q->cohort->rows[q->validation.row[i]];
	learner_room(l, q->epochs);
	l->kept_at = clock_ticks();
}

static void
learner_close(struct learner *l)
{
	network_free(l->network);
	network_free(l->averaged);
	network_scratch_free(l->scratch);
	optimiser_close(&l->optimiser);
	network_weights_close(&l->gradient);
	free(l->average);
	free(l->order);
	free(l->validation);
	free(l->train_losses);
	free(l->logits);
}

/* Fisher and Yates. */
void
learner_shuffle(struct learner *l)
{
	for (size_t i = l->question->train.count; i > 1; i--) {
		size_t other = random_below(&l->random, (uint32_t)i);
		size_t row = l->order[i - 1];

		l->order[i - 1] = l->order[other];
		l->order[other] = row;
	}
}

static void
add_to_average(struct learner *l)
{
	const struct network_weights *known = network_known(l->network);
	double fresh = 1 - l->average_memory;

	for (size_t i = 0; i < known->count; i++)
		l->average[i] +=
		    fresh * ((double)known->data[i] - l->average[i]);
}

/* Returns the minibatch's mean loss times its size. */
static double
learn_minibatch(struct learner *l, const size_t *order, size_t count)
{
	const struct trial_question *q = l->question;
	struct network_row rows[MINIBATCH];
	float labels[MINIBATCH];
	struct network_batch batch = { rows, count, true };
	struct network_targets targets = { .labels = labels,
		.dropout = { random_at(random_at(q->seed, SEED_DROPOUT),
				 (uint64_t)l->steps),
		    (float)q->settings.gru_dropout,
		    (float)q->settings.fusion_dropout,
		    (float)q->settings.input_dropout } };
	double loss;

	for (size_t i = 0; i < count; i++) {
		rows[i] = q->cohort->rows[order[i]];
		labels[i] = q->cohort->adverse[order[i]];
	}
	memset(l->gradient.data, 0, l->gradient.count * sizeof(float));
	loss = network_backward(l->network, l->scratch, &batch, &targets,
	    (double)count, &l->gradient);
	memset(l->gradient.tensor[TENSOR_DIRECT], 0,
	    NETWORK_DIRECT * sizeof(float)); /* it only fades */
	l->steps++;
	if (isfinite(gradient_clip(&l->gradient, CLIP))) {
		optimiser_step(&l->optimiser, &l->gradient,
		    network_weights(l->network));
		network_pack(l->network);
	}
	add_to_average(l);
	return loss * (double)count;
}

static double
learn_epoch(struct learner *l)
{
	size_t total = l->question->train.count;
	double loss = 0;

	learner_shuffle(l);
	for (size_t at = 0; at < total; at += MINIBATCH) {
		size_t left = total - at;

		loss += learn_minibatch(l, l->order + at,
		    left < MINIBATCH ? left : MINIBATCH);
	}
	return loss / (double)total;
}

/* A fading average that began at 0 is too small by this factor. */
static void
take_average(struct learner *l)
{
	struct network_weights *to = network_weights(l->averaged);
	double weight = 1 - pow(l->average_memory, (double)l->steps);

	for (size_t i = 0; i < to->count; i++)
		to->data[i] = (float)(l->average[i] / weight);
	network_pack(l->averaged);
}

double
logits_loss(const struct cohort *cohort, const struct subset *subset,
    const float *logits)
{
	double loss = 0;

	for (size_t i = 0; i < subset->count; i++)
		loss +=
		    measure_log_loss(logistic_probability((double)logits[i]),
			cohort->adverse[subset->row[i]] != 0);
	return subset->count == 0 ? (double)NAN : loss / (double)subset->count;
}

static float *
logits_of(const struct learner *l, int epoch)
{
	return l->logits + (size_t)(epoch - 1) * l->question->validation.count;
}

static void
tell(const struct learner *l, int epoch)
{
	const struct trial_question *q = l->question;
	const float *logits = logits_of(l, epoch);

	if (q->watch != NULL)
		q->watch(q->user,
		    &(struct trial_epoch){ epoch, l->train_losses[epoch - 1],
			logits_loss(q->cohort, &q->validation, logits),
			logits });
}

/* One epoch more; false when its loss is not finite. */
static bool
go_on(struct learner *l)
{
	struct network_batch batch = { l->validation,
		l->question->validation.count, true };
	double loss = learn_epoch(l);

	if (!isfinite(loss))
		return false;
	l->train_losses[l->epoch++] = loss;
	take_average(l);
	if (batch.count > 0)
		network_forward(l->averaged, l->scratch, &batch,
		    &(struct network_output){
			.logits = logits_of(l, l->epoch) });
	tell(l, l->epoch);
	learner_keep(l);
	return true;
}

bool
trial_run(const struct trial_question *question)
{
	struct learner learner;
	bool is_good = true;

	learner_init(&learner, question);
	learner_recall(&learner);
	if (learner.epoch == 0)
		learner_start(&learner);
	for (int epoch = 1; epoch <= learner.epoch && epoch <= question->epochs;
	     epoch++)
		tell(&learner, epoch);
	while (is_good && learner.epoch < question->epochs)
		is_good = go_on(&learner);
	if (is_good && question->made != NULL) {
		take_average(&learner);
		*question->made = learner.averaged;
		learner.averaged = NULL;
	}
	learner_close(&learner);
	return is_good;
}
