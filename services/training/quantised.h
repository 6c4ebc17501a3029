/*
 * quantised.h - what 8-bit weights cost a new network, on the test's samples.
 *
 * Outcomes are not looked at: only how far scores move (ml/quantisation.h).
 */
#ifndef TRAINING_QUANTISED_H
#define TRAINING_QUANTISED_H

#include "services/training/assess.h"
#include "services/training/groups.h"

/* Fills the model's quantisation and the report's rows: all samples, then every
 * group with at least QUANTISATION_LEAST of them.  The golden rows count as a
 * group, so the file promises what whoever serves it checks.  `contender` was
 * scored, in f32.  Of a model that is no network nothing happens. */
void quantised_assess(const struct contender *contender,
    const struct cohort *test, const struct groups *groups, struct arena *arena,
    struct model_report *report);

#endif
