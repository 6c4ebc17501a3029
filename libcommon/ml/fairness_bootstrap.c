/* fairness_bootstrap.c - students drawn again, every group measured each time.
 * The samples are ranked once; a group is a weighting of the ranking. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ml/fairness.h"
#include "ml/resample.h"

enum { FALSE_POSITIVE, FALSE_NEGATIVE, GAP, AUROC, ABROCA, FIGURES };

struct inquiry {
	const struct fairness_question *question;
	struct ranking ranking;
	struct students students;
	uint32_t *group; /* owned, (count): weights of the group in hand */
	uint32_t *rest;  /* owned, (count): of those it is compared with */
};

/* By place in the ranking, for the group in hand. */
static void
weigh(struct inquiry *inquiry, const uint32_t *times, int group)
{
	const struct fairness_question *q = inquiry->question;
	const struct ranking *ranking = &inquiry->ranking;

	for (size_t i = 0; i < ranking->count; i++) {
		size_t row = ranking->row[i];
		int of = q->group[row];
		bool is_other = q->reference == FAIRNESS_REST
		    ? of != group && of != FAIRNESS_UNKNOWN
		    : of == q->reference;
		uint32_t weight = times[inquiry->students.of[row]];

		inquiry->group[i] = of == group ? weight : 0;
		inquiry->rest[i] = is_other ? weight : 0;
	}
}

static double
ratio(double part, double whole)
{
	return whole > 0 ? part / whole : (double)NAN;
}

static void
measure_rates(const struct inquiry *inquiry, double *figures)
{
	const struct ranking *ranking = &inquiry->ranking;
	double all[2] = { 0, 0 }, wrong[2] = { 0, 0 }, sum = 0;

	for (size_t i = 0; i < ranking->count; i++) {
		double weight = inquiry->group[i];
		uint8_t adverse = ranking->adverse[i];
		bool is_flagged = ranking->score[i] >= inquiry->question->cut;

		all[adverse] += weight;
		wrong[adverse] += is_flagged != (adverse != 0) ? weight : 0;
		sum += weight * (ranking->score[i] - adverse);
	}
	figures[FALSE_POSITIVE] = ratio(wrong[0], all[0]);
	figures[FALSE_NEGATIVE] = ratio(wrong[1], all[1]);
	figures[GAP] = ratio(sum, all[0] + all[1]);
}

static void
measure_group(struct inquiry *inquiry, const uint32_t *times, int group,
    double *figures)
{
	weigh(inquiry, times, group);
	measure_rates(inquiry, figures);
	figures[AUROC] = measures_auroc(&inquiry->ranking, inquiry->group);
	figures[ABROCA] = fairness_abroca_weighted(&inquiry->ranking,
	    inquiry->group, inquiry->rest);
}

/* values: (FIGURES, resamples). */
static void
resample_group(struct inquiry *inquiry, const struct bootstrap_plan *plan,
    int group, double *values)
{
	double figures[FIGURES];
	struct draw draw;

	draw_init(&draw, plan, inquiry->students.count);
	for (size_t b = 0; b < plan->resamples; b++) {
		draw_again(&draw);
		measure_group(inquiry, draw.times, group, figures);
		for (size_t i = 0; i < FIGURES; i++)
			values[i * plan->resamples + b] = figures[i];
	}
	draw_close(&draw);
}

static void
measure_intervals(struct inquiry *inquiry, const struct bootstrap_plan *plan,
    const struct group_fairness *groups, struct group_intervals *intervals)
{
	static const struct resampled_interval none = { NAN, NAN, 0 };
	size_t n = plan->resamples;
	double *values = mem_alloc(FIGURES * n, sizeof(*values));

	for (size_t i = 0; i < inquiry->question->group_count; i++) {
		struct group_intervals *to = &intervals[i];

		*to = (struct group_intervals){ none, none, none, none, none };
		if (!groups[i].enough)
			continue;
		resample_group(inquiry, plan, (int)i, values);
		to->false_positive_rate =
		    resample_interval(values + FALSE_POSITIVE * n, n);
		to->false_negative_rate =
		    resample_interval(values + FALSE_NEGATIVE * n, n);
		to->calibration_gap = resample_interval(values + GAP * n, n);
		to->auroc = resample_interval(values + AUROC * n, n);
		if (isfinite(groups[i].abroca))
			to->abroca = resample_interval(values + ABROCA * n, n);
	}
	free(values);
}

bool
fairness_bootstrap(const struct scored *samples,
    const struct fairness_question *question, const struct bootstrap_plan *plan,
    const struct group_fairness *groups, struct group_intervals *intervals,
    struct err *err)
{
	struct inquiry inquiry = { .question = question };

	if (!ranking_init(&inquiry.ranking, samples, err))
		return false;
	students_init(&inquiry.students, samples->student, samples->count);
	inquiry.group = mem_alloc(samples->count + 1, sizeof(uint32_t));
	inquiry.rest = mem_alloc(samples->count + 1, sizeof(uint32_t));
	measure_intervals(&inquiry, plan, groups, intervals);
	free(inquiry.group);
	free(inquiry.rest);
	students_close(&inquiry.students);
	ranking_close(&inquiry.ranking);
	return true;
}
