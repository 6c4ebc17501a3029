/* group_rise.c - does a challenger miss more of some group than the champion
 * did, or than of everyone else?  See bootstrap.h for the test and its
 * source. */
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

/* Adverse students of the group, or of those who are not in it. */
static size_t
count_adverse_students(const struct inquiry *inquiry, bool is_in)
{
	const struct panel *panel = inquiry->panel;
	const struct paired *paired = panel->paired;
	bool *seen = mem_alloc(panel->students.count, sizeof(*seen));
	size_t count = 0;

	for (size_t i = 0; i < paired->count; i++) {
		bool *mark = &seen[panel->students.of[i]];

		if ((inquiry->member[i] != 0) != is_in || !paired->adverse[i] ||
		    *mark)
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

/* The challenger's misses, of the group or of those who are not in it. */
static void
collect_misses(struct series *series, const struct inquiry *inquiry, bool is_in)
{
	const struct paired *paired = inquiry->panel->paired;
	double cut = inquiry->question->cuts.challenger;

	series->count = 0;
	for (size_t i = 0; i < paired->count; i++)
		if ((inquiry->member[i] != 0) == is_in && paired->adverse[i])
			series_add(series, inquiry->panel, i,
			    paired->challenger[i] < cut ? 1 : 0);
}

static double
gap_error(struct series *group, struct series *others, size_t students,
    const struct bootstrap_plan *plan)
{
	double *gaps = mem_alloc(plan->resamples, sizeof(*gaps)), error;
	struct draw draw;

	draw_init(&draw, plan, students);
	for (size_t b = 0; b < plan->resamples; b++) {
		draw_again(&draw);
		gaps[b] = series_mean(group, draw.times) -
		    series_mean(others, draw.times);
	}
	draw_close(&draw);
	error = resample_deviation(gaps, resample_sort(gaps, plan->resamples));
	free(gaps);
	return error;
}

static void
measure_gap(const struct inquiry *inquiry, const struct bootstrap_plan *plan,
    struct group_rise *gap)
{
	struct series group, others;

	series_init(&group, inquiry->panel);
	series_init(&others, inquiry->panel);
	collect_misses(&group, inquiry, true);
	collect_misses(&others, inquiry, false);
	gap->champion_rate = series_mean(&others, NULL);
	gap->challenger_rate = series_mean(&group, NULL);
	gap->rise = gap->challenger_rate - gap->champion_rate;
	gap->standard_error =
	    gap_error(&group, &others, inquiry->panel->students.count, plan);
	gap->p_value = p_value_of(gap, inquiry->question->margin);
	series_close(&group);
	series_close(&others);
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

/* What is measured of each group that has enough adverse outcomes. */
struct kind {
	bool needs_others; /* are those outside of the group counted too? */
	void (*measure)(const struct inquiry *inquiry,
	    const struct bootstrap_plan *plan, struct group_rise *rise);
};

static bool
is_tested(const struct inquiry *inquiry, const struct kind *kind,
    const struct group_rise *rise)
{
	return rise->adverse_students >= GROUP_MIN_ADVERSE &&
	    (!kind->needs_others ||
		count_adverse_students(inquiry, false) >= GROUP_MIN_ADVERSE);
}

static bool
test_groups(const struct paired *paired, const struct rise_question *question,
    const struct bootstrap_plan *plan, const struct kind *kind,
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
		rises[i].adverse_students =
		    count_adverse_students(&inquiry, true);
		rises[i].tested = is_tested(&inquiry, kind, &rises[i]);
		if (!rises[i].tested)
			continue;
		kind->measure(&inquiry, plan, &rises[i]);
		tested[count++] = &rises[i];
	}
	qsort(tested, count, sizeof(struct group_rise *), compare_p_values);
	adjust(tested, count);
	free(tested);
	panel_close(&panel);
	return true;
}

bool
bootstrap_group_rises(const struct paired *paired,
    const struct rise_question *question, const struct bootstrap_plan *plan,
    struct group_rise *rises, struct err *err)
{
	static const struct kind rise = { false, measure_rise };

	return test_groups(paired, question, plan, &rise, rises, err);
}

bool
bootstrap_group_gaps(const struct paired *paired,
    const struct rise_question *question, const struct bootstrap_plan *plan,
    struct group_rise *gaps, struct err *err)
{
	static const struct kind gap = { true, measure_gap };

	return test_groups(paired, question, plan, &gap, gaps, err);
}
