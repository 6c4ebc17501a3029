/*
 * clock.h - what time it is, days and dates, and RFC 3339.
 *
 * A time is an int64_t of microseconds since 1970-01-01T00:00:00Z.  A day is
 * an int32_t of days since 1970-01-01 in the proleptic Gregorian calendar.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_US INT64_C(1000000)
#define DAY_US    (INT64_C(86400) * SECOND_US)

enum { CLOCK_TEXT_SIZE = 32, DAY_TEXT_SIZE = 16 };

int64_t clock_now(void);
/* Microseconds of a clock that never jumps; only differences mean anything. */
int64_t clock_ticks(void);
/* Nanoseconds that the calling thread has computed, waiting not counted; only
 * differences mean anything. */
int64_t clock_worked(void);
/* Tests: stand still at `now`; 0 lets it run again. */
void clock_freeze(int64_t now);

/* 2026-01-31T08:00:00.25Z, or with an offset; days from 1900 to 2199. */
bool clock_parse(const char *text, int64_t *time);
/* Always UTC, microseconds only when there are any. */
void clock_print(int64_t time, char text[CLOCK_TEXT_SIZE]);

int32_t day_of(int64_t time); /* the UTC day that holds the time */
int32_t day_from_civil(int year, int month, int day);
void day_to_civil(int32_t day, int *year, int *month, int *month_day);
int day_of_week(int32_t day);                   /* 0 Monday ... 6 Sunday */
bool day_parse(const char *text, int32_t *day); /* 2026-01-31, 1900 to 2199 */
void day_print(int32_t day, char text[DAY_TEXT_SIZE]);

#endif
