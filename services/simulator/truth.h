/*
 * truth.h - what was planted, as CSV, for tests and studies alone: nothing of
 * it reaches the platform.
 *
 *	student_id, cohort
 *	ability, engagement	hidden, about standard normal; the year's mean
 *	probability, adverse	of an adverse outcome, and whether it came
 *	group			female or male
 *	drift, drift_from	what drifts for this student and from which day
 *				on; empty: nothing
 *	bias			what is wrong for this student: records or
 *				labels; empty: nothing
 */
#ifndef SIMULATOR_TRUTH_H
#define SIMULATOR_TRUTH_H

#include "base/buf.h"
#include "services/simulator/world.h"

/* Add a line of names and one a student. */
void truth_print(const struct world *world, struct buf *out);

#endif
