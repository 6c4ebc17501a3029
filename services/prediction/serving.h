/*
 * serving.h - who answers for an enrollment: the tenant's champion, or while an
 * experiment runs the arm that the enrollment is on.
 */
#ifndef PREDICTION_SERVING_H
#define PREDICTION_SERVING_H

#include "ml/arms.h"
#include "services/prediction/models.h"

struct serving_model {
	const char *name;       /* part of the key of answers and ranks:
				 * "champion", or EXPERIMENT/ARM */
	const char *experiment; /* NULL: none */
	const char *arm;        /* "champion", or the arm's name */
	const char *version;
	struct model *model; /* one reference; NULL: not taken */
};

/* An experiment as answers need it. */
struct experiment_arms {
	const char *experiment;
	int64_t revision; /* of the experiment: changes with its shares */
	struct arms arms;
	size_t count;
	struct serving_model servings[ARMS_MOST]; /* without models */
	unsigned char inner[ARM_PAD_SIZE], outer[ARM_PAD_SIZE];
};

/* In `arena`, inside the tenant's transaction; the revision may be a newer one
 * than the caller has seen. */
MUST_CHECK bool experiment_arms_load(struct worker *w, const char *tenant,
    const char *experiment, struct arena *arena, struct experiment_arms **arms,
    struct err *err);

#endif
