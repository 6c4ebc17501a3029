/*
 * discipline.c - features 29 to 41: how often, how grave, how close together.
 */
#include <math.h>
#include <stdlib.h>

#include "ml/feature_parts.h"

enum { RECENT_DAYS = 27, HIGH_SEVERITY = 4 };

/* The incidents of all windows, laid out for slopes over parts of them. */
struct incidents {
	const struct mark *marks;
	double *order;    /* (count) 0, 1, 2 ... */
	double *severity; /* (count) */
	double *gap;      /* (count) days since the one before; [0] unused */
	size_t *same;     /* (count) 1 + index of the one before of the same
			   * type; 0: there is none */
};

/* An incident's type and place, to find the one before of the same type. */
struct typed {
	uint16_t code;
	size_t index;
};

static int
by_type(const void *left, const void *right)
{
	const struct typed *a = left;
	const struct typed *b = right;

	if (a->code != b->code)
		return a->code < b->code ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

static void
link_types(const struct feature_task *task, size_t *same)
{
	size_t count = task->incidents.count;
	struct typed *typed = arena_array(task->arena, count, sizeof(*typed));

	for (size_t i = 0; i < count; i++)
		typed[i] = (struct typed){ task->incidents.marks[i].code, i };
	qsort(typed, count, sizeof(*typed), by_type);
	for (size_t i = 1; i < count; i++)
		if (typed[i].code == typed[i - 1].code)
			same[typed[i].index] = typed[i - 1].index + 1;
}

static void
lay_out(const struct feature_task *task, struct incidents *all)
{
	const struct marks *marks = &task->incidents;
	size_t count = marks->count;

	all->marks = marks->marks;
	all->order = arena_array(task->arena, count, sizeof(double));
	all->severity = arena_array(task->arena, count, sizeof(double));
	all->gap = arena_array(task->arena, count, sizeof(double));
	all->same = arena_array(task->arena, count, sizeof(size_t));
	for (size_t i = 0; i < count; i++) {
		all->order[i] = (double)i;
		all->severity[i] = (double)marks->marks[i].value;
		if (i > 0)
			all->gap[i] =
			    marks->marks[i].day - marks->marks[i - 1].day;
	}
	link_types(task, all->same);
}

static void
fill_severity(const struct incidents *all, size_t from, size_t to,
    float *values)
{
	size_t count = to - from;
	struct spread spread = spread_of(all->severity + from, count);
	double highest = NAN;
	size_t high = 0;

	for (size_t i = from; i < to; i++) {
		highest = fmax(highest, all->severity[i]);
		high += all->severity[i] >= HIGH_SEVERITY;
	}
	values[FEATURE_SEVERITY_MEAN] = (float)spread.mean;
	values[FEATURE_SEVERITY_MAX] = (float)highest;
	values[FEATURE_SEVERITY_STD] = (float)spread.std;
	values[FEATURE_SEVERITY_TREND] =
	    (float)slope_of(all->order + from, all->severity + from, count);
	values[FEATURE_HIGH_SEVERITY_RATE] = ratio((double)high, (double)count);
}

/* Gaps within the window: the one before `from` is not there. */
static void
fill_gaps(const struct incidents *all, size_t from, size_t to, float *values)
{
	size_t count = to - from < 2 ? 0 : to - from - 1;
	const double *gap = count == 0 ? NULL : all->gap + from + 1;
	double smallest = NAN;

	for (size_t i = 0; i < count; i++)
		smallest = fmin(smallest, gap[i]);
	values[FEATURE_TIME_BETWEEN_MEAN] = (float)spread_of(gap, count).mean;
	values[FEATURE_TIME_BETWEEN_MIN] = (float)smallest;
	values[FEATURE_INCIDENT_ACCELERATION] =
	    (float)-slope_of(all->order + from, gap, count);
}

static void
fill_types(const struct incidents *all, size_t from, size_t to, float *values)
{
	size_t types = 0;

	for (size_t i = from; i < to; i++)
		types += all->same[i] <= from;
	values[FEATURE_TYPE_DIVERSITY] =
	    types < 2 ? NAN : ratio((double)types, (double)(to - from));
}

static void
fill_recent(const struct incidents *all, size_t from, size_t to,
    int32_t first_day, float *values)
{
	size_t recent = to;

	while (recent > from && all->marks[recent - 1].day >= first_day)
		recent--;
	values[FEATURE_RECENT_INCIDENT_COUNT] = (float)(to - recent);
	values[FEATURE_RECENT_SEVERITY_MEAN] =
	    (float)spread_of(all->severity + recent, to - recent).mean;
}

void
discipline_features(const struct feature_task *task, float *steps)
{
	struct incidents all;
	size_t from = 0;
	size_t to = 0;

	lay_out(task, &all);
	for (size_t step = 0; step < task->step_count; step++) {
		struct day_range window = window_of(task, step);
		float *values = steps + step * FEATURE_COUNT;

		window_marks(&task->incidents, window, &from, &to);
		values[FEATURE_INCIDENT_COUNT] = (float)(to - from);
		values[FEATURE_INCIDENT_MONTHLY_RATE] =
		    (float)((double)(to - from) / WINDOW_DAYS * 30);
		fill_severity(&all, from, to, values);
		fill_gaps(&all, from, to, values);
		fill_types(&all, from, to, values);
		fill_recent(&all, from, to, window.last - RECENT_DAYS + 1,
		    values);
	}
}
