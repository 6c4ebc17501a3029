/*
 * basis.h - what every answer of one tenant rests on at one moment: how it
 * counts, its day, its models.
 */
#ifndef PREDICTION_BASIS_H
#define PREDICTION_BASIS_H

#include "services/prediction/prediction.h"
#include "services/prediction/serving.h"

struct basis {
	const char *tenant;        /* borrowed */
	const struct rules *rules; /* the thread's; until the next basis */
	/* Of the experiment that runs; the thread's; NULL: none does. */
	const struct experiment_arms *arms;
	/* The champion, then the arms; a reference each, until basis_close. */
	struct serving_model servings[1 + ARMS_MOST];
	size_t serving_count;
	const char *shadow; /* version beside the champion; NULL: none */
};

/* Inside the tenant's transaction.  ERR_CONFLICT when nothing has come in for
 * the tenant, or it has no model yet.  Close also after failure. */
MUST_CHECK bool basis_load(struct worker *w, const char *tenant,
    struct basis *basis, struct err *err);
/* The same together with a student's enrollments (filter->count is 1), in one
 * round trip when nothing was asked in the transaction before. */
MUST_CHECK bool basis_load_with(struct worker *w, const char *tenant,
    const struct student_filter *filter, struct basis *basis,
    struct subjects *subjects, struct err *err);
void basis_close(struct basis *basis);

/* Who answers for the enrollment; borrowed. */
const struct serving_model *basis_serving(const struct basis *basis,
    int64_t enrollment_id);

/* The day to look from: the one asked for, which may not lie ahead, or the
 * tenant's. */
MUST_CHECK bool basis_day(const struct basis *basis, bool is_asked,
    int32_t asked, int32_t *day, struct err *err);

#endif
