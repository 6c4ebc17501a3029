/*
 * chaos.h - a stream disturbed on purpose, by a seed, whose right end is
 * known.
 *
 * What bad lines and bad senders do, in the order in which it happens here:
 *	corrupt	a record in 30 is damaged, so that no reader may take it:
 *		cut off, not UTF-8, of a student nobody knows, on no day.  Its
 *		id stays readable.
 *	repeat	a record in 20 is followed by one that was told before,
 *		unchanged: in the same batch or in a later one.
 *	shuffle	the records of a batch are put into any order.
 *	delay	a batch waits with up to four others until chance picks it;
 *		one in five goes out and stays, to be sent once more under its
 *		key.
 * So each whole record must be in the log once, whichever of its copies came
 * first, and each damaged one in quarantine.  Pure: no clock, no connection.
 */
#ifndef SIMULATOR_CHAOS_H
#define SIMULATOR_CHAOS_H

#include <stdbool.h>

#include "base/random.h"
#include "services/simulator/parcel.h"

enum { CHAOS_WAITING = 5, CHAOS_REMEMBERED = 64 };

struct chaos {
	struct random random;
	struct parcel waiting[CHAOS_WAITING]; /* owned: held back */
	size_t waiting_count;
	struct parcel *leaving; /* one of them: given out, for the last time */
	struct buf told[CHAOS_REMEMBERED]; /* owned: whole records, a ring */
	size_t told_count;
};

void chaos_init(struct chaos *chaos, uint64_t seed, uint64_t stream);
void chaos_close(struct chaos *chaos);

/* Add a record, damaged perhaps and with company perhaps.  `line` is JSON of a
 * record with an id, a student and a date, without a newline. */
void chaos_tell(struct chaos *chaos, struct parcel *parcel, struct slice line,
    const char *id);

/* Hold the parcel back, its records in any order; `parcel` becomes empty, with
 * the next number. */
void chaos_hold(struct chaos *chaos, struct parcel *parcel);

/* What is sent now, borrowed until the next call; NULL: nothing until the next
 * chaos_hold.  With `is_end` all goes out. */
struct parcel *chaos_next(struct chaos *chaos, bool is_end);

#endif
