/* group_rise.c - does a challenger miss more of some group?  See
 * bootstrap.h for the test and its source. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ml/resample.h"

#define FAMILY_LEVEL 0.05

enum { BISECTIONS = 100 };

/* What is asked of one group. */
struct inquiry {
	const struct panel *panel;
	const struct rise_question *question;
	const uint8_t *member;
};

/* The z that a standard normal exceeds with probability `tail` < 1/2. */
static double
normal_upper(double tail)
{
	double low = 0, high = 40;

	for (int i = 0; i < BISECTIONS; i++) {
		double middle = (low + high) / 2;

		if (erfc(middle / sqrt(2)) / 2 > tail)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static size_t
count_adverse_students(const struct inquiry *inquiry)
{
	const struct panel *panel = inquiry->panel;
	const struct paired *paired = panel->paired;
	bool *seen = mem_alloc(panel->students.count, sizeof(*seen));
	size_t count = 0;

	for (size_t i = 0; i < paired->count; i++) {
		bool *mark = &seen[panel->students.of[i]];

		if (!inquiry->member[i] || !paired->adverse[i] || *mark)
			continue;
		*mark = true;
		count++;
	}
	free(seen);
	return count;
}

/* Misses of the champion, times `champion`, plus those of the challenger,
 * times `challenger`, for every adverse sample of the group. */
static void
collect(struct series *series, const struct inquiry *inquiry, double champion,
    double challenger)
{
	const struct paired *paired = inquiry->panel->paired;
	struct served_cuts cuts = inquiry->question->cuts;

	series->count = 0;
	for (size_t i = 0; i < paired->count; i++) {
		double value = 0;

		if (!inquiry->member[i] || !paired->adverse[i])
			continue;
		if (paired->champion[i] < cuts.champion)
			value += champion;
		if (paired->challenger[i] < cuts.challenger)
			value += challenger;
		series_add(series, inquiry->panel, i, value);
	}
}

/* One-sided, of "the rise is at most the margin", not yet adjusted. */
static double
p_value_of(const struct group_rise *rise, double margin)
{
	double excess = rise->rise - margin;

	if (rise->standard_error > 0)
		return erfc(excess / rise->standard_error / sqrt(2)) / 2;
	return excess > 0 ? 0 : 1;
}

static void
measure_rise(const struct inquiry *inquiry, const struct bootstrap_plan *plan,
    struct group_rise *rise)
{
	size_t students = inquiry->panel->students.count;
	struct series series;
	double *means;
	size_t kept;

	series_init(&series, inquiry->panel);
	collect(&series, inquiry, 1, 0);
	rise->champion_rate = series_mean(&series, NULL);
	collect(&series, inquiry, 0, 1);
	rise->challenger_rate = series_mean(&series, NULL);
	collect(&series, inquiry, -1, 1);
	rise->rise = series_mean(&series, NULL);
	means = resample_series(&series, students, plan, &kept);
	rise->standard_error = resample_deviation(means, kept);
	rise->p_value = p_value_of(rise, inquiry->question->margin);
	free(means);
	series_close(&series);
}

static int
compare_p_values(const void *left, const void *right)
{
	const struct group_rise *const *a = left, *const *b = right;

	if ((*a)->p_value != (*b)->p_value)
		return (*a)->p_value < (*b)->p_value ? -1 : 1;
	return (*a > *b) - (*a < *b);
}

/* rise: (count), tested ones, in the order of their p-values. */
static void
adjust(struct group_rise **rise, size_t count)
{
	double level = FAMILY_LEVEL / (double)(count > 0 ? count : 1);
	double before = 0;
	bool rejecting = true;

	for (size_t i = 0; i < count; i++) {
		double left = (double)(count - i);

		if (rejecting)
			level = FAMILY_LEVEL / left;
		rejecting = rejecting && rise[i]->p_value < level;
		rise[i]->lower = rise[i]->rise -
		    normal_upper(level) * rise[i]->standard_error;
		before = fmax(before, fmin(1, left * rise[i]->p_value));
		rise[i]->p_value = before;
	}
}

bool
bootstrap_group_rises(const struct paired *paired,
    const struct rise_question *question, const struct bootstrap_plan *plan,
    struct group_rise *rises, struct err *err)
{
	struct group_rise **tested;
	struct panel panel;
	size_t count = 0;

	if (!panel_init(&panel, paired, err))
		return false;
	tested = mem_alloc(question->count, sizeof(struct group_rise *));
	for (size_t i = 0; i < question->count; i++) {
		struct inquiry inquiry = { &panel, question,
			question->group[i].member };

		rises[i] = (struct group_rise){ question->group[i].name, 0,
			false, NAN, NAN, NAN, NAN, NAN, NAN };
		rises[i].adverse_students = count_adverse_students(&inquiry);
		rises[i].tested =
		    rises[i].adverse_students >= GROUP_MIN_ADVERSE;
		if (!rises[i].tested)
			continue;
		measure_rise(&inquiry, plan, &rises[i]);
		tested[count++] = &rises[i];
	}
	qsort(tested, count, sizeof(struct group_rise *), compare_p_values);
	adjust(tested, count);
	free(tested);
	panel_close(&panel);
	return true;
}
