/*
 * clock.c - what time it is, days and dates, and RFC 3339.
 *
 * The civil calendar is Howard Hinnant's: years begin in March, eras are 400
 * years, and both directions are exact integer arithmetic.
 */
#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static _Atomic int64_t frozen_at;

static int64_t
read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t
clock_now(void)
{
	int64_t frozen = atomic_load(&frozen_at);

	return frozen != 0 ? frozen : read_clock(CLOCK_REALTIME);
}

int64_t
clock_ticks(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
clock_worked(void)
{
	struct timespec worked;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &worked);
	return worked.tv_sec * INT64_C(1000000000) + worked.tv_nsec;
}

void
clock_freeze(int64_t now)
{
	atomic_store(&frozen_at, now);
}

int32_t
day_of(int64_t time)
{
	int64_t day = time / DAY_US;

	return (int32_t)(time % DAY_US < 0 ? day - 1 : day);
}

int32_t
day_from_civil(int year, int month, int day)
{
	int shifted = month <= 2 ? year - 1 : year;
	int era = (shifted >= 0 ? shifted : shifted - 399) / 400;
	int year_of_era = shifted - era * 400;
	int day_of_year =
	    (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 -
	    year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

void
day_to_civil(int32_t day, int *year, int *month, int *month_day)
{
	int shifted = day + 719468;
	int era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int day_of_era = shifted - era * 146097;
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
			      day_of_era / 146096) /
	    365;
	int day_of_year = day_of_era -
	    (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int shifted_month = (5 * day_of_year + 2) / 153;

	*month_day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
	*month = shifted_month + (shifted_month < 10 ? 3 : -9);
	*year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

int
day_of_week(int32_t day)
{
	int shifted = (day + 3) % 7; /* 1970-01-01 was a Thursday */

	return shifted < 0 ? shifted + 7 : shifted;
}

/* Exactly `count` digits at *text; moves past them. */
static bool
read_digits(const char **text, int count, int *value)
{
	*value = 0;
	for (int i = 0; i < count; i++) {
		char c = (*text)[i];

		if (c < '0' || c > '9')
			return false;
		*value = *value * 10 + (c - '0');
	}
	*text += count;
	return true;
}

static bool
read_char(const char **text, char wanted)
{
	if (**text != wanted)
		return false;
	(*text)++;
	return true;
}

static bool
read_day(const char **text, int32_t *day)
{
	int year, month, month_day, check_year, check_month, check_day;

	if (!read_digits(text, 4, &year) || !read_char(text, '-') ||
	    !read_digits(text, 2, &month) || !read_char(text, '-') ||
	    !read_digits(text, 2, &month_day))
		return false;
	if (year < 1900 || year > 2199 || month < 1 || month > 12)
		return false;
	*day = day_from_civil(year, month, month_day);
	day_to_civil(*day, &check_year, &check_month, &check_day);
	return check_year == year && check_month == month &&
	    check_day == month_day;
}

bool
day_parse(const char *text, int32_t *day)
{
	return read_day(&text, day) && *text == '\0';
}

void
day_print(int32_t day, char text[DAY_TEXT_SIZE])
{
	int year, month, month_day;

	day_to_civil(day, &year, &month, &month_day);
	snprintf(text, DAY_TEXT_SIZE, "%04d-%02d-%02d", year, month, month_day);
}

/* .25 and the like; further digits than six are dropped. */
static bool
read_fraction(const char **text, int64_t *microseconds)
{
	int64_t unit = SECOND_US / 10;

	*microseconds = 0;
	if (**text != '.')
		return true;
	(*text)++;
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9'; (*text)++, unit /= 10)
		*microseconds += unit * (**text - '0');
	return true;
}

/* Z, or the offset that was added to UTC, in minutes. */
static bool
read_offset(const char **text, int *minutes)
{
	int sign = **text == '-' ? -1 : 1;
	int hour, minute;

	*minutes = 0;
	if (**text == 'Z' || **text == 'z') {
		(*text)++;
		return true;
	}
	if (**text != '+' && **text != '-')
		return false;
	(*text)++;
	if (!read_digits(text, 2, &hour) || !read_char(text, ':') ||
	    !read_digits(text, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*minutes = sign * (hour * 60 + minute);
	return true;
}

bool
clock_parse(const char *text, int64_t *time)
{
	int hour, minute, second, offset;
	int64_t fraction;
	int32_t day;

	if (!read_day(&text, &day) ||
	    (*text != 'T' && *text != 't' && *text != ' '))
		return false;
	text++;
	if (!read_digits(&text, 2, &hour) || !read_char(&text, ':') ||
	    !read_digits(&text, 2, &minute) || !read_char(&text, ':') ||
	    !read_digits(&text, 2, &second) ||
	    !read_fraction(&text, &fraction) || !read_offset(&text, &offset))
		return false;
	if (hour > 23 || minute > 59 || second > 60 || *text != '\0')
		return false;
	*time = day * DAY_US +
	    (hour * 3600 + (minute - offset) * 60 + second) * SECOND_US +
	    fraction;
	return true;
}

void
clock_print(int64_t time, char text[CLOCK_TEXT_SIZE])
{
	int32_t day = day_of(time);
	int64_t rest = time - day * DAY_US;
	int seconds = (int)(rest / SECOND_US);
	int fraction = (int)(rest % SECOND_US);
	char date[DAY_TEXT_SIZE];
	int size;

	day_print(day, date);
	size = snprintf(text, CLOCK_TEXT_SIZE, "%sT%02d:%02d:%02d", date,
	    seconds / 3600, seconds / 60 % 60, seconds % 60);
	if (fraction != 0)
		size += snprintf(text + size, CLOCK_TEXT_SIZE - (size_t)size,
		    ".%06d", fraction);
	snprintf(text + size, CLOCK_TEXT_SIZE - (size_t)size, "Z");
}
