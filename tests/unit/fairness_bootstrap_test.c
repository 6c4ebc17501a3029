/*
 * fairness_bootstrap_test.c - intervals by group against numpy 1.24: an
 * independent bootstrap of 1,500 resamples, with AUROC there by all pairs and
 * ABROCA by 40,000 points of two interpolated curves.
 */
#include "ml/fairness.h"
#include "tests/support/trial.h"

enum { GROUPS = 2 };

struct asked {
	struct trial trial;
	uint8_t group[TRIAL_MOST];
	struct group_fairness groups[GROUPS];
	struct group_intervals intervals[GROUPS];
};

static void
ask(struct asked *asked)
{
	struct bootstrap_plan plan = { .seed = 7, .resamples = 2000 };
	struct fairness_question question = { asked->group, GROUPS, 0.5,
		FAIRNESS_REST };
	struct trial *trial = &asked->trial;
	struct scored samples = { trial->count, trial->score, trial->adverse,
		trial->student };
	struct err err = { 0 };

	if (!fairness_measure(&samples, &question, asked->groups, &err) ||
	    !fairness_bootstrap(&samples, &question, &plan, asked->groups,
		asked->intervals, &err))
		fail_msg("%s", err.detail);
}

static void
fill(struct asked *asked)
{
	trial_fill(&asked->trial);
	for (size_t i = 0; i < asked->trial.count; i++) {
		uint64_t student = asked->trial.student[i];

		asked->group[i] = student % 7 == 0 ? FAIRNESS_UNKNOWN
						   : (uint8_t)(student % 2);
	}
}

static void
intervals_by_group_agree_with_an_independent_bootstrap(void **state)
{
	struct asked asked;
	const struct group_intervals *odd = &asked.intervals[1];

	(void)state;
	fill(&asked);
	ask(&asked);
	assert_near(asked.groups[0].abroca, 0.01860751, 1e-5);
	assert_near(asked.groups[1].auroc, 0.83846969, 1e-8);
	assert_near(odd->false_positive_rate.low, .1130, .006);
	assert_near(odd->false_positive_rate.high, .1811, .006);
	assert_near(odd->false_negative_rate.low, .3594, .01);
	assert_near(odd->false_negative_rate.high, .4890, .01);
	assert_near(odd->calibration_gap.low, -.0556, .008);
	assert_near(odd->calibration_gap.high, .0554, .008);
	assert_near(odd->auroc.low, .8045, .006);
	assert_near(odd->auroc.high, .8711, .006);
	assert_near(odd->abroca.low, .0105, .003);
	assert_near(odd->abroca.high, .0662, .005);
	assert_near(asked.intervals[0].false_negative_rate.high, .5110, .01);
}

static void
a_group_that_is_not_enough_data_has_no_interval(void **state)
{
	struct asked asked;

	(void)state;
	fill(&asked);
	for (size_t i = 0; i < asked.trial.count; i++)
		asked.group[i] = asked.trial.student[i] < 19;
	ask(&asked);
	assert_false(asked.groups[1].enough);
	assert_true(isnan(asked.intervals[1].auroc.low));
	assert_true(isfinite(asked.intervals[0].auroc.low));
	/* It is compared with nobody that can be spoken of. */
	assert_true(isnan(asked.intervals[0].abroca.low));
}

RUN_TESTS(
    cmocka_unit_test(intervals_by_group_agree_with_an_independent_bootstrap),
    cmocka_unit_test(a_group_that_is_not_enough_data_has_no_interval))
