/*
 * looks.h - how often a test was looked at before.
 *
 * A test is opened once a training, but a school trains again and again and
 * serves what did well on it: so chosen, figures flatter (Dwork et al., The
 * reusable holdout, Science 349, 2015).  Each job keeps which courses it is
 * tested on; the report says how many had been judged on any of them before.
 */
#ifndef TRAINING_LOOKS_H
#define TRAINING_LOOKS_H

#include "services/training/plan.h"
#include "services/training/training.h"

/* Keep what a job is tested on, in the transaction in hand.  `*earlier`: the
 * tenant's other jobs that had succeeded by then and were tested on any of
 * the same courses. */
MUST_CHECK bool looks_note(struct worker *w, const char *tenant,
    const char *job_id, const struct plan_side *test, int64_t *earlier,
    struct err *err);

#endif
