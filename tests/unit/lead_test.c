/*
 * lead_test.c - lead time against numpy 1.24: the median there is np.median
 * over rows repeated as often as their student was drawn; its interval is an
 * independent bootstrap of 1,500 resamples.
 */
#include "ml/lead.h"

#include "tests/support/trial.h"

enum { UNKNOWN = -1 };

static void
fill_days(const struct trial *trial, int32_t *days)
{
	for (size_t i = 0; i < trial->count; i++) {
		int student = (int)trial->student[i];
		int week = trial->week[i] / 4 - 1;

		days[i] = student % 10 == 3
		    ? UNKNOWN
		    : (student * 37 + week * 11) % 60 + 1;
	}
}

static struct lead
measure(const struct scored *samples, const int32_t *days, double share)
{
	struct bootstrap_plan plan = { .seed = 7, .resamples = 2000 };
	struct lead_question question = { samples, days, UNKNOWN, share };
	struct lead lead;
	struct err err = { 0 };

	if (!lead_measure(&question, &plan, &lead, &err))
		fail_msg("%s", err.detail);
	return lead;
}

static void
the_median_and_its_interval_agree_with_numpy(void **state)
{
	int32_t days[TRIAL_MOST];
	struct scored samples;
	struct trial trial;
	struct lead lead;

	(void)state;
	trial_fill(&trial);
	fill_days(&trial, days);
	samples = (struct scored){ trial.count, trial.score, trial.adverse,
		trial.student };
	lead = measure(&samples, days, .2);
	assert_near(lead.days, 32, 0);
	assert_near(lead.interval.low, 27, 1);
	assert_near(lead.interval.high, 36, 1);
}

/* Of ten, the top 20 % are two, and a third has the score of the second. */
static void
who_ties_with_the_last_one_warned_is_warned(void **state)
{
	double score[10] = { .9, .8, .8, .7, .6, .5, .4, .3, .2, .1 };
	uint8_t adverse[10] = { 1, 1, 1, 1, 0, 0, 0, 0, 0, 0 };
	uint64_t student[10] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	int32_t days[10] = { 10, 20, 60, 99, 0, 0, 0, 0, 0, 0 };
	struct scored samples = { 10, score, adverse, student };

	(void)state;
	assert_near(measure(&samples, days, .2).days, 20, 0);
	days[0] = UNKNOWN;
	assert_near(measure(&samples, days, .2).days, 40, 0);
}

static void
without_a_known_outcome_there_is_no_lead(void **state)
{
	double score[4] = { .9, .8, .2, .1 };
	uint8_t adverse[4] = { 0, 1, 0, 1 };
	uint64_t student[4] = { 0, 1, 2, 3 };
	int32_t days[4] = { 0, UNKNOWN, 0, 5 };
	struct scored samples = { 4, score, adverse, student };

	(void)state;
	assert_true(isnan(measure(&samples, days, .5).days));
}

RUN_TESTS(cmocka_unit_test(the_median_and_its_interval_agree_with_numpy),
    cmocka_unit_test(who_ties_with_the_last_one_warned_is_warned),
    cmocka_unit_test(without_a_known_outcome_there_is_no_lead))
