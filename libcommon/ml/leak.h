/*
 * leak.h - does a single input give the outcome away?
 *
 * An honest feature of a pupil's past tells something about how a course will
 * end, never nearly everything.  One that alone ranks the outcomes almost
 * without a mistake was filled in when they were known: a label in disguise.
 * So each input of the last step, and each of the context, is asked alone: the
 * share of (adverse, other) pairs that its value puts in one order, whichever
 * (Mann and Whitney, 1947; a tie counts half), missing values once below and
 * once above all others, and the larger of the two.  1 is a label; .5 is
 * chance.
 *
 * It finds what stands in one input.  What was spread over several, or leaks a
 * little, it does not; against facts that come too late stand the known days
 * of records (features.h).
 */
#ifndef ML_LEAK_H
#define ML_LEAK_H

#include <stddef.h>
#include <stdint.h>

#include "ml/model.h"

/* From here on an input is suspected.  All 46 inputs of a model together reach
 * about .88 in real courses. */
#define LEAK_LIMIT 0.95

enum { LEAK_MIN_OUTCOMES = 20 };

struct leak {
	int input;         /* its row in proto/features.def */
	double separation; /* from .5 to 1 */
};

/* The input that separates most, of samples that are not standardised; with
 * fewer than LEAK_MIN_OUTCOMES of either outcome nothing can be said: .5. */
struct leak leak_find(const struct network_row *rows, const uint8_t *adverse,
    size_t count);

#endif
