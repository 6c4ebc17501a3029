/* lead.c - a weighted median among the first of a ranking. */
#include "ml/lead.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ml/resample.h"

/* An adverse outcome whose day is known, by days. */
struct outcome {
	int32_t days;
	size_t row;
};

struct inquiry {
	const struct lead_question *question;
	struct ranking ranking;
	struct students students;
	struct outcome *outcomes; /* owned, by days, ascending */
	size_t outcome_count;
};

static int
compare_outcomes(const void *left, const void *right)
{
	const struct outcome *a = left, *b = right;

	if (a->days != b->days)
		return a->days < b->days ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

static void
collect_outcomes(struct inquiry *inquiry)
{
	const struct lead_question *q = inquiry->question;

	inquiry->outcomes =
	    mem_alloc(q->samples->count + 1, sizeof(*inquiry->outcomes));
	for (size_t i = 0; i < q->samples->count; i++)
		if (q->samples->adverse[i] && q->days[i] != q->unknown)
			inquiry->outcomes[inquiry->outcome_count++] =
			    (struct outcome){ q->days[i], i };
	qsort(inquiry->outcomes, inquiry->outcome_count,
	    sizeof(*inquiry->outcomes), compare_outcomes);
}

static uint32_t
weight_of(const struct inquiry *inquiry, const uint32_t *times, size_t row)
{
	return times != NULL ? times[inquiry->students.of[row]] : 1;
}

/* The score from which on one is warned. */
static double
find_cut(const struct inquiry *inquiry, const uint32_t *times)
{
	const struct ranking *ranking = &inquiry->ranking;
	double total = 0, seen = 0, wanted;
	size_t i = 0;

	for (size_t row = 0; row < ranking->count; row++)
		total += weight_of(inquiry, times, row);
	wanted = ceil(inquiry->question->share * total);
	while (i < ranking->count) {
		seen += weight_of(inquiry, times, ranking->row[i]);
		if (seen >= wanted)
			break;
		i++;
	}
	return i < ranking->count ? ranking->score[i] : (double)INFINITY;
}

/* The mean of the two in the middle; of an odd number they are one. */
static double
median_days(const struct inquiry *inquiry, const uint32_t *times)
{
	const double *score = inquiry->question->samples->score;
	double cut = find_cut(inquiry, times), low = NAN;
	uint64_t total = 0, seen = 0;

	for (size_t i = 0; i < inquiry->outcome_count; i++)
		if (score[inquiry->outcomes[i].row] >= cut)
			total +=
			    weight_of(inquiry, times, inquiry->outcomes[i].row);
	for (size_t i = 0; i < inquiry->outcome_count; i++) {
		const struct outcome *outcome = &inquiry->outcomes[i];

		if (score[outcome->row] < cut)
			continue;
		seen += weight_of(inquiry, times, outcome->row);
		if (isnan(low) && seen > (total - 1) / 2)
			low = outcome->days;
		if (seen > total / 2)
			return (low + outcome->days) / 2;
	}
	return NAN;
}

static void
bootstrap(const struct inquiry *inquiry, const struct bootstrap_plan *plan,
    struct resampled_interval *interval)
{
	double *days = mem_alloc(plan->resamples, sizeof(*days));
	struct draw draw;

	draw_init(&draw, plan, inquiry->students.count);
	for (size_t b = 0; b < plan->resamples; b++) {
		draw_again(&draw);
		days[b] = median_days(inquiry, draw.times);
	}
	draw_close(&draw);
	*interval = resample_interval(days, plan->resamples);
	free(days);
}

bool
lead_measure(const struct lead_question *question,
    const struct bootstrap_plan *plan, struct lead *lead, struct err *err)
{
	struct inquiry inquiry = { .question = question };

	if (!ranking_init(&inquiry.ranking, question->samples, err))
		return false;
	students_init(&inquiry.students, question->samples->student,
	    question->samples->count);
	collect_outcomes(&inquiry);
	lead->days = median_days(&inquiry, NULL);
	bootstrap(&inquiry, plan, &lead->interval);
	free(inquiry.outcomes);
	students_close(&inquiry.students);
	ranking_close(&inquiry.ranking);
	return true;
}
