/*
 * reference.h - what a model learned from, kept with it: the distribution of
 * each of the last step's 42 features and of the held-out score, by reference
 * week of the course.  What the model sees later is compared with it (drift.h).
 *
 * Bins are by reference quantile, over all weeks together: edge i is the value
 * at rank ceil((i + 1) n / REFERENCE_BINS), and a value belongs to the first
 * bin whose edge it does not pass.  A value outside of the range of all weeks
 * belongs to neither; a missing value has a slot of its own.
 *
 * The sample of a column holds up to REFERENCE_SAMPLE values a week, drawn
 * without replacement and sorted, each column by itself: no row of it is
 * anyone's.
 */
#ifndef ML_REFERENCE_H
#define ML_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "ml/network.h"

enum {
	REFERENCE_SCORE = NETWORK_INPUTS, /* the column of the score */
	REFERENCE_COLUMNS,
	REFERENCE_BINS = 10,
	REFERENCE_WEEKS = 64, /* at most */
	REFERENCE_SAMPLE = 200
};

/* Slots of a column's counts. */
enum {
	SLOT_BELOW = REFERENCE_BINS, /* of a window alone */
	SLOT_ABOVE,
	SLOT_MISSING,
	REFERENCE_SLOTS
};

enum { MOMENT_MEAN, MOMENT_DEVIATION, REFERENCE_MOMENTS };

/* Whole numbers are floats too: the file has no other kind. */
struct reference {
	int weeks;
	float *week;    /* owned, (weeks): ascending */
	float *rows;    /* owned, (weeks): samples of that week */
	float *edges;   /* owned, (columns, bins - 1): ascending; NaN: the
			   column is missing always */
	float *range;   /* owned, (columns, 2): least and most; NaN likewise */
	float *counts;  /* owned, (weeks, columns, slots) */
	float *moments; /* owned, (weeks, columns, moments); NaN: missing */
	float *sample;  /* owned, (weeks, columns, sample): ascending, then
			   missing values as NaN; of the first
			   min(rows, sample) places */
};

/* Room for so many weeks, nothing filled in. */
struct reference *reference_new(int weeks);
void reference_free(struct reference *reference); /* NULL is nothing */

/* Samples to learn a reference from. */
struct reference_source {
	const float *values;  /* borrowed, (count, columns), NaN missing */
	const uint16_t *week; /* borrowed, (count) */
	size_t count;
};

/* NULL when there are no samples.  Of more than REFERENCE_WEEKS weeks the first
 * ones.  The same source and seed give the same reference. */
struct reference *reference_make(const struct reference_source *source,
    uint64_t seed);

/* Which slot of its column a value belongs to. */
int reference_slot(const struct reference *reference, int column, float value);

/* What is wrong with one that was read: weeks and samples out of order, counts
 * that are none or do not add up.  NULL: nothing. */
const char *reference_fault(const struct reference *reference);

/* qsort's: floats, ascending, NaN behind. */
int reference_compare(const void *a, const void *b);

/* How many values of each column are kept of the week at place `week`. */
size_t reference_kept(const struct reference *reference, int week);

#endif
