/*
 * calendar.c - which days are school days, and how many lie in a range.
 */
#include "ml/calendar.h"

#include "base/clock.h"

struct calendar
calendar_all_days(void)
{
	return (struct calendar){ .weekdays = CALENDAR_EVERY_DAY };
}

bool
calendar_check(const struct calendar *calendar, struct err *err)
{
	const struct day_range *holidays = calendar->holidays;

	if (calendar->weekdays == 0 || calendar->weekdays > CALENDAR_EVERY_DAY)
		return err_at(err, "weekdays", "no or unknown days are set");
	for (size_t i = 0; i < calendar->holiday_count; i++) {
		if (holidays[i].last < holidays[i].first)
			return err_set(err, ERR_INVALID,
			    "holidays[%zu] ends before it begins", i);
		if (i > 0 && holidays[i].first <= holidays[i - 1].last)
			return err_set(err, ERR_INVALID,
			    "holidays[%zu] begins before the one before it "
			    "has ended",
			    i);
	}
	return true;
}

/* The first holiday that ends on or after the day. */
static size_t
find_holiday(const struct calendar *calendar, int32_t day)
{
	size_t low = 0;
	size_t high = calendar->holiday_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (calendar->holidays[middle].last < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
calendar_is_school_day(const struct calendar *calendar, int32_t day)
{
	size_t next;

	if (!(calendar->weekdays >> day_of_week(day) & 1))
		return false;
	next = find_holiday(calendar, day);
	return next == calendar->holiday_count ||
	    calendar->holidays[next].first > day;
}

/* Days of the weekday mask from first to last, holidays or not. */
static int32_t
count_weekdays(const struct calendar *calendar, int32_t first, int32_t last)
{
	int64_t days = (int64_t)last - first + 1;
	int64_t count = days / 7 * __builtin_popcount(calendar->weekdays);

	for (int64_t i = 0; i < days % 7; i++)
		count += calendar->weekdays >> (day_of_week(first) + i) % 7 & 1;
	return (int32_t)count;
}

int32_t
calendar_count(const struct calendar *calendar, int32_t first, int32_t last)
{
	int32_t count;
	size_t i = find_holiday(calendar, first);

	if (last < first)
		return 0;
	count = count_weekdays(calendar, first, last);
	for (;
	     i < calendar->holiday_count && calendar->holidays[i].first <= last;
	     i++) {
		const struct day_range *off = &calendar->holidays[i];

		count -= count_weekdays(calendar,
		    off->first > first ? off->first : first,
		    off->last < last ? off->last : last);
	}
	return count;
}
