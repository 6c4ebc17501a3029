/*
 * cohort.h - samples as the arithmetic wants them: arrays.
 *
 * A student is the first 8 bytes of the SHA-256 of the institution's id, so
 * the same student is the same number in training, test and fairness data.
 *
 * Samples of an enrollment at later weeks mostly begin with the steps of the
 * earlier ones.  Where they do, byte for byte, they share them: ten reference
 * weeks then take the room of one.
 */
#ifndef TRAINING_COHORT_H
#define TRAINING_COHORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "ml/network.h"
#include "secure/digest.h"

enum { OUTCOME_NONE = -1 };

struct cohort {
	size_t count;
	struct network_row *rows; /* owned, (count), into steps and context */
	uint64_t *student;        /* owned, (count) */
	uint8_t *adverse;         /* owned, (count) */
	uint8_t *result;          /* owned, (count): course_result */
	uint16_t *week;           /* owned, (count) */
	uint8_t *is_scorable;     /* owned, (count): a prediction would have
				     been given */
	int32_t *outcome_after;   /* owned, (count): days to the adverse
				     outcome, or OUTCOME_NONE */
	float *steps;             /* owned, (stored, 42) */
	size_t *first;            /* owned, (count): of its steps */
	float *context;           /* owned, (count, 4) */
	size_t step_count;        /* of all samples */
	size_t stored;            /* steps, those that are shared once */
	int64_t enrollment;       /* of the last sample; its steps are the
				     last that are stored */
	uint64_t active[65];      /* pairs of enrollment and week that were
				     active, by the tag of their pages */
	uint64_t scorable[65];    /* those of them that a prediction would have
				     been given for */
	size_t room, step_room;
};

void cohort_close(struct cohort *cohort);

/* Add a page's samples (sample_page, binary codec), those with too little
 * history for a prediction too: the field's figures count everyone active.
 * `arena` is for the time of the call.  cohort_settle comes behind the last. */
MUST_CHECK bool cohort_add(struct cohort *cohort, struct slice page,
    uint32_t tag, struct arena *arena, struct err *err);
void cohort_settle(struct cohort *cohort);

/* Leave out the samples of students who are in `other` too; how many
 * students that were. */
size_t cohort_drop(struct cohort *cohort, const struct cohort *other);

size_t cohort_students(const struct cohort *cohort);

/* SHA-256 of what is learned from: steps, contexts and outcomes, in order. */
void cohort_digest(const struct cohort *cohort, unsigned char out[DIGEST_SIZE]);

/* Means and population deviations over all steps of all samples, NaN left
 * out; what was never there has mean 0 and deviation 0. */
void cohort_standard(const struct cohort *cohort,
    struct network_standard *standard);
/* Standardise in place: NaN becomes 0. */
void cohort_standardise(struct cohort *cohort,
    const struct network_standard *standard);

#endif
