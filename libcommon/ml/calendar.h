/*
 * calendar.h - which days are school days, and how many lie in a range.
 *
 * A day is base/clock.h's: int32_t days since 1970-01-01, here of the
 * tenant's time zone.  A calendar is values only and is never changed by
 * these functions; its holidays are borrowed.
 */
#ifndef ML_CALENDAR_H
#define ML_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct day_range {
	int32_t first;
	int32_t last; /* inclusive, not before first */
};

enum { CALENDAR_MONDAY_TO_FRIDAY = 0x1f, CALENDAR_EVERY_DAY = 0x7f };

struct calendar {
	uint8_t weekdays;                 /* bit 0 Monday ... bit 6 Sunday */
	const struct day_range *holidays; /* borrowed; sorted, disjoint */
	size_t holiday_count;
};

/* All seven days and no holidays. */
struct calendar calendar_all_days(void);

/* ERR_INVALID when no or unknown weekdays are set, a range ends before it
 * begins, or ranges overlap or are out of order. */
MUST_CHECK bool calendar_check(const struct calendar *calendar,
    struct err *err);

bool calendar_is_school_day(const struct calendar *calendar, int32_t day);

/* School days from `first` to `last`, both included; 0 when last < first.
 * O(log holidays + holidays inside). */
int32_t calendar_count(const struct calendar *calendar, int32_t first,
    int32_t last);

#endif
