/*
 * trial.h - 400 students in up to three weeks, 1,080 samples with scores and
 * outcomes, made by arithmetic that numpy repeats to the bit.
 */
#ifndef TESTS_TRIAL_H
#define TESTS_TRIAL_H

#include <math.h>
#include <stdbool.h>

#include "tests/support/test.h"

enum {
	TRIAL_STUDENTS = 400,
	TRIAL_WEEKS = 3,
	TRIAL_MOST = TRIAL_STUDENTS * TRIAL_WEEKS
};

struct trial {
	size_t count;
	double champion[TRIAL_MOST];
	double challenger[TRIAL_MOST];
	double score[TRIAL_MOST];
	uint8_t adverse[TRIAL_MOST];
	uint64_t student[TRIAL_MOST];
	uint16_t week[TRIAL_MOST];
};

static inline void
trial_add(struct trial *trial, int student, int week)
{
	double base = (student * 61 + week * 17) % 89 / 89.0;
	bool adverse = student * 29 % 100 < 40;
	size_t i = trial->count++;
	double champion = base * 0.6 + 0.2 - 0.1;

	if (adverse)
		champion = fmin(base * 0.6 + 0.2 + 0.1, 0.95);
	trial->champion[i] = champion;
	trial->challenger[i] =
	    student * 13 % 5 < 2 ? champion * 0.9 + 0.02 : champion * 1.02;
	trial->score[i] = fmin(0.6 * base + (adverse ? 0.25 : 0), 1);
	trial->adverse[i] = adverse;
	trial->student[i] = (uint64_t)student;
	trial->week[i] = (uint16_t)(4 * week + 4);
}

static inline void
trial_fill(struct trial *trial)
{
	trial->count = 0;
	for (int student = 0; student < TRIAL_STUDENTS; student++)
		for (int week = 0; week < TRIAL_WEEKS; week++)
			if ((student * 7 + week * 3) % 10 != 0)
				trial_add(trial, student, week);
	assert_int_equal(trial->count, 1080);
}

#endif
