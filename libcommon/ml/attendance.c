/*
 * attendance.c - features 0 to 13: how much, on which days, in what rows.
 *
 * Sums and weekly rates are taken once for each block of 7 days; spells of
 * absence are found once and clipped to each window.
 */
#include <math.h>

#include "base/clock.h"
#include "ml/feature_parts.h"

enum { MONDAY = 0, FRIDAY = 4 };

/* Sums of the shares of tracked days. */
struct tally {
	double days;
	double attended;
	double tardy;
	double absent;
	double excused;
	double absent_monday; /* both kinds */
	double absent_friday;
	double tardy_monday;
	double tardy_friday;
};

/* Missed school days in a row, by their number among the grid's school days:
 * first to last, inclusive. */
struct spell {
	int32_t first;
	int32_t last;
};

struct attendance {
	size_t block_count;
	struct tally blocks[BLOCKS_MAX];
	int32_t school_days[BLOCKS_MAX + 1]; /* before each block begins */
	struct spell spells[GRID_DAYS_MAX];
	size_t spell_count;
};

static void
add_day(struct tally *tally, const struct day_tally *day, int weekday)
{
	double rows = day->rows;
	double tardy = day->tardy / rows;
	double missed = (day->absent + day->excused) / rows;

	tally->days++;
	tally->attended += (rows - day->absent - day->excused) / rows;
	tally->tardy += tardy;
	tally->absent += day->absent / rows;
	tally->excused += day->excused / rows;
	tally->absent_monday += weekday == MONDAY ? missed : 0;
	tally->absent_friday += weekday == FRIDAY ? missed : 0;
	tally->tardy_monday += weekday == MONDAY ? tardy : 0;
	tally->tardy_friday += weekday == FRIDAY ? tardy : 0;
}

static void
add_tally(struct tally *sum, const struct tally *more)
{
	sum->days += more->days;
	sum->attended += more->attended;
	sum->tardy += more->tardy;
	sum->absent += more->absent;
	sum->excused += more->excused;
	sum->absent_monday += more->absent_monday;
	sum->absent_friday += more->absent_friday;
	sum->tardy_monday += more->tardy_monday;
	sum->tardy_friday += more->tardy_friday;
}

/* Does half of the day's rows or more say absent? */
static bool
is_missed(const struct day_tally *day)
{
	return day->rows > 0 &&
	    2 * ((uint64_t)day->absent + day->excused) >= day->rows;
}

/* The school day with this number is missed: lengthen the last spell or
 * begin one. */
static void
add_missed(struct attendance *all, int32_t number)
{
	struct spell *last = &all->spells[all->spell_count];

	if (all->spell_count > 0 && last[-1].last == number - 1) {
		last[-1].last = number;
		return;
	}
	*last = (struct spell){ number, number };
	all->spell_count++;
}

static void
lay_out(const struct feature_task *task, struct attendance *all)
{
	int weekday = day_of_week(task->first_day);
	int32_t number = 0;

	all->block_count = task->step_count + FEATURE_WINDOW_WEEKS - 1;
	for (size_t i = 0; i < all->block_count * BLOCK_DAYS; i++) {
		const struct day_tally *day = &task->days[i];
		size_t block = i / BLOCK_DAYS;

		if (i % BLOCK_DAYS == 0)
			all->school_days[block] = number;
		if (day->rows > 0)
			add_day(&all->blocks[block], day, weekday);
		if (calendar_is_school_day(&task->calendar,
			task->first_day + (int32_t)i)) {
			if (is_missed(day))
				add_missed(all, number);
			number++;
		}
		weekday = (weekday + 1) % BLOCK_DAYS;
	}
	all->school_days[all->block_count] = number;
}

static void
fill_shares(const struct tally *sum, float *values)
{
	double missed = sum->absent + sum->excused;

	values[FEATURE_ATTENDANCE_RATE] = ratio(sum->attended, sum->days);
	values[FEATURE_ABSENCE_RATE] = ratio(sum->absent, sum->days);
	values[FEATURE_TARDY_RATE] = ratio(sum->tardy, sum->days);
	values[FEATURE_EXCUSED_RATE] = ratio(sum->excused, sum->days);
	values[FEATURE_ABSENCE_MONDAY_RATIO] =
	    ratio(sum->absent_monday, missed);
	values[FEATURE_ABSENCE_FRIDAY_RATIO] =
	    ratio(sum->absent_friday, missed);
	values[FEATURE_TARDY_MONDAY_RATIO] =
	    ratio(sum->tardy_monday, sum->tardy);
	values[FEATURE_TARDY_FRIDAY_RATIO] =
	    ratio(sum->tardy_friday, sum->tardy);
	values[FEATURE_TOTAL_DAYS_TRACKED] = (float)sum->days;
}

static void
fill_weeks(const struct tally *blocks, float *values)
{
	double week[FEATURE_WINDOW_WEEKS];
	double rate[FEATURE_WINDOW_WEEKS];
	struct spread spread;
	size_t count = 0;

	for (size_t i = 0; i < FEATURE_WINDOW_WEEKS; i++) {
		if (blocks[i].days <= 0)
			continue;
		week[count] = (double)i;
		rate[count++] = blocks[i].attended / blocks[i].days;
	}
	spread = spread_of(rate, count);
	values[FEATURE_ATTENDANCE_MEAN] = (float)spread.mean;
	values[FEATURE_ATTENDANCE_STD] = (float)spread.std;
	values[FEATURE_ATTENDANCE_TREND] = (float)slope_of(week, rate, count);
}

/* Spells that touch the school days from `first` up to `end`, clipped.  `from`
 * is the first spell that may do so and moves forward. */
static void
fill_spells(const struct attendance *all, size_t step, size_t *from,
    float *values)
{
	int32_t first = all->school_days[step];
	int32_t end = all->school_days[step + FEATURE_WINDOW_WEEKS];
	int32_t longest = 0;
	double between = 0;
	size_t i;

	while (*from < all->spell_count && all->spells[*from].last < first)
		(*from)++;
	for (i = *from; i < all->spell_count && all->spells[i].first < end;
	     i++) {
		const struct spell *spell = &all->spells[i];
		int32_t low = spell->first > first ? spell->first : first;
		int32_t high = spell->last < end ? spell->last + 1 : end;

		if (high - low > longest)
			longest = high - low;
		if (i > *from)
			between += spell->first - spell[-1].last - 1;
	}
	values[FEATURE_ABSENCE_CONSECUTIVE_DAYS] = (float)longest;
	values[FEATURE_ABSENCE_GAPS_MEAN] =
	    i - *from < 2 ? NAN : (float)(between / (double)(i - *from - 1));
}

void
attendance_features(const struct feature_task *task, float *steps)
{
	struct attendance *all = arena_alloc(task->arena, sizeof(*all));
	size_t from = 0;

	lay_out(task, all);
	for (size_t step = 0; step < task->step_count; step++) {
		float *values = steps + step * FEATURE_COUNT;
		struct tally sum = { 0 };

		for (size_t i = 0; i < FEATURE_WINDOW_WEEKS; i++)
			add_tally(&sum, &all->blocks[step + i]);
		fill_shares(&sum, values);
		fill_weeks(&all->blocks[step], values);
		fill_spells(all, step, &from, values);
		if (sum.days <= 0)
			values[FEATURE_ABSENCE_CONSECUTIVE_DAYS] = NAN;
	}
}
