/*
 * check.h - is a record one that we take?  Pure: no clock, no database.
 */
#ifndef INGESTION_CHECK_H
#define INGESTION_CHECK_H

#include "base/err.h"
#include "proto/ingestion.h"

struct check_rules {
	int32_t today; /* the tenant's local day */
	/* May the source say what was known when, and tell of days to come? */
	bool may_tell_history;
};

/*
 * What the table of the message cannot say: which fields belong to which kind,
 * days between 1990 and ten years ahead, nothing after tomorrow, known_on only
 * from those who may and not before the day itself.  Names and ranges were
 * checked by the codec.
 *
 * Exactly one of `date` and `occurred_at` must be there; `occurred_on` is the
 * local day of either.  False: each fault is a place in `err`, named by the
 * field.
 */
MUST_CHECK bool record_check(const struct record *record, int32_t occurred_on,
    const struct check_rules *rules, struct err *err);

/* 1990-01-01 to ten years after today? */
bool day_is_plausible(int32_t day, int32_t today);

#endif
