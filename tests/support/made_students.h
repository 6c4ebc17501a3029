/*
 * made_students.h - a made-up cohort whose outcome is known exactly.
 *
 * Each student has STEPS weeks; attendance_rate (input 0) of a week is a
 * standard normal number, three other inputs are noise, the rest is missing.
 * With m the sum of those numbers over the root of their count (standard
 * normal again), P(adverse) = 1 / (1 + exp(-STRENGTH m)).  The last week alone
 * knows little of m, so who looks back must do better than who does not; and
 * nobody does better than those probabilities themselves (`bayes`), but for
 * the test sample's luck.
 */
#ifndef TESTS_MADE_STUDENTS_H
#define TESTS_MADE_STUDENTS_H

#include <math.h>
#include <stdio.h>

#include "base/random.h"
#include "ml/network.h"
#include "proto/ingestion.h"
#include "proto/prediction.h"

enum { STEPS = 8, WEEK = 8, ID_SIZE = 16 };

enum outcomes { LEARNABLE, ALL_ADVERSE, COINS /* whatever the inputs */ };

struct side {
	int from, until; /* numbers of students */
	enum outcomes outcomes;
	double bayes; /* out: mean log loss of the true probabilities */
};

#define STRENGTH 2.0

struct pupil {
	char id[ID_SIZE];
	float steps[STEPS * NETWORK_INPUTS];
	float context[NETWORK_CONTEXT];
};

/* Returns P(adverse). */
static inline double
make_student(int number, struct pupil *student)
{
	struct random random;
	double sum = 0;

	random_init(&random, 7, (uint64_t)number);
	snprintf(student->id, sizeof(student->id), "s%d", number);
	for (int i = 0; i < STEPS * NETWORK_INPUTS; i++)
		student->steps[i] = i % NETWORK_INPUTS < 4
		    ? (float)random_normal(&random)
		    : NAN;
	for (int t = 0; t < STEPS; t++)
		sum += (double)student->steps[t * NETWORK_INPUTS];
	for (int i = 0; i < NETWORK_CONTEXT; i++)
		student->context[i] = (float)random_normal(&random);
	return 1 / (1 + exp(-STRENGTH * sum / sqrt(STEPS)));
}

static inline void
make_sample(int number, struct side *side, struct pupil *student,
    struct sample *sample)
{
	double p = make_student(number, student);
	struct random random;
	bool adverse;

	random_init(&random, 8, (uint64_t)number);
	if (side->outcomes == COINS)
		p = .5;
	adverse = side->outcomes == ALL_ADVERSE || random_unit(&random) < p;
	side->bayes -= log(adverse ? p : 1 - p) / (side->until - side->from);
	*sample = (struct sample){ .enrollment_id = number + 1,
		.student_id = student->id,
		.course_id = "C",
		.week = WEEK,
		.label = adverse,
		.has_result = true,
		.result = !adverse ? RESULT_PASS
		    : number % 2   ? RESULT_FAIL
				   : RESULT_WITHDRAWN,
		.has_outcome_after = adverse,
		.outcome_after = 30 + number % 60,
		.step_count = STEPS,
		.steps = { (const char *)student->steps,
		    sizeof(student->steps) },
		.context = { (const char *)student->context,
		    sizeof(student->context) } };
}

#endif
