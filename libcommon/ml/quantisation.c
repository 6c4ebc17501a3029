/*
 * quantisation.c - scores by 8-bit weights beside those by f32.
 */
#include "ml/quantisation.h"

#include <math.h>

#include "ml/model.h"

#define WORST_LIMIT     .01
#define MEAN_LIMIT      .002
#define AGREEMENT_LIMIT .995

/* What is no number has moved as far as a score can. */
static double
change_of(const struct quantised_scores *scores, size_t i)
{
	double change = fabs(scores->small[i] - scores->exact[i]);

	return isnan(change) ? 1 : change;
}

struct quantisation
quantisation_measure(const struct model *model,
    const struct quantised_scores *scores, const uint8_t *member)
{
	struct quantisation q = { 0 };
	size_t same = 0;

	for (size_t i = 0; i < scores->count; i++) {
		double change = change_of(scores, i);

		if (member && !member[i])
			continue;
		q.count++;
		q.worst = fmax(q.worst, change);
		q.mean += change;
		same += model_category(model, scores->small[i]) ==
		    model_category(model, scores->exact[i]);
	}
	if (q.count > 0) {
		q.mean /= (double)q.count;
		q.agreement = (double)same / (double)q.count;
	}
	return q;
}

void
quantisation_include(struct quantisation *worst,
    const struct quantisation *group)
{
	worst->worst = fmax(worst->worst, group->worst);
	if (group->count >= QUANTISATION_LEAST)
		worst->mean = fmax(worst->mean, group->mean);
	if (group->count >= QUANTISATION_GROUP)
		worst->agreement = fmin(worst->agreement, group->agreement);
}

bool
quantisation_passes(const struct quantisation *worst)
{
	return worst->count > 0 && worst->worst <= WORST_LIMIT &&
	    worst->mean <= MEAN_LIMIT && worst->agreement >= AGREEMENT_LIMIT;
}
