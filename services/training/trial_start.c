/*
 * trial_start.c - where a trial begins: with small random weights, and with a
 * regression that they correct.
 *
 * The network's logit reads the last step and the context beside its layers
 * (ml/network.h).  What weighs them there is fitted before all else, by
 * logistic regression on the trial's own samples.  No gradient moves it again:
 * the layers learn what the regression does not say, and a small data set is
 * not spent on finding it anew.  But it fades as all weights do by decay, and
 * what the layers say better by themselves they may take over.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "ml/logistic.h"
#include "services/training/learner.h"
#include "services/training/table.h"

#define SEED_WEIGHTS 1

/* Where there is no regression: the log odds of the training samples. */
static double
log_odds(const struct table *table)
{
	double adverse = 1;

	for (size_t i = 0; i < table->count; i++)
		adverse += table->adverse[i];
	return logistic_logit_of(adverse / ((double)table->count + 2));
}

static void
set_regression(struct network_weights *weights, const struct table *table,
    double l2)
{
	struct logistic_data data = { .count = table->count,
		.inputs = MODEL_INPUTS,
		.rows = table->rows,
		.adverse = table->adverse };
	struct logistic fitted;
	struct err err = { 0 };

	if (!logistic_fit(&fitted, &data, l2, NULL, &err)) {
		log_info("a network corrects no regression: %s", err.detail);
		fitted = (struct logistic){ .intercept = log_odds(table) };
	}
	for (int i = 0; i < NETWORK_DIRECT; i++)
		weights->tensor[TENSOR_DIRECT][i] = (float)fitted.weight[i];
	weights->tensor[TENSOR_LOGIT_BIAS][0] = (float)fitted.intercept;
}

void
learner_start(struct learner *l)
{
	const struct trial_question *q = l->question;
	struct table table;

	network_randomise(l->network, random_at(q->seed, SEED_WEIGHTS));
	table_of(&table, q->cohort, &q->train);
	set_regression(network_weights(l->network), &table, q->settings.l2);
	network_pack(l->network);
	table_close(&table);
}
