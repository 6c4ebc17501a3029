/*
 * facts.h - records reduced to what features need, and their packed form.
 *
 * A fact keeps when it happened, when it was known and when a correction
 * replaced it, so that "as it was known on a date" can be asked at any time.
 * Prediction stores one packed blob for each enrollment and 7-day block; which
 * blob a fact goes to (by its occurred_day) is the caller's business.
 *
 * Packed form, little-endian, no padding:
 *	byte  0		version, 1
 *	then for each fact FACT_SIZE (28) bytes, position strictly ascending:
 *	bytes 0-7	position		uint64
 *	bytes 8-11	occurred_day		int32
 *	bytes 12-15	known_day		int32
 *	bytes 16-19	superseded_day		int32; 0x7fffffff: never
 *	byte  20	kind			enum fact_kind
 *	byte  21	detail			see the kinds
 *	bytes 22-23	code			uint16
 *	bytes 24-27	value			IEEE 754 binary32
 * Zero bytes are zero facts.  The order makes equal sets equal bytes.
 */
#ifndef ML_FACTS_H
#define ML_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { FACTS_VERSION = 1, FACT_SIZE = 28 };

/* Days a fact may carry: 1900-01-01 to 2199-12-31. */
#define FACT_DAY_MIN   INT32_C(-25567)
#define FACT_DAY_MAX   INT32_C(84005)
#define FACT_DAY_NEVER INT32_MAX

/*	kind		detail			code	value
 *	ATTENDANCE	enum fact_attendance	0	0
 *	GRADE		fact_grade_detail()	0	percentage, 0 to 100
 *	INCIDENT	0			type	severity, 1 to 5, whole
 *	ACTIVITY	0			0	count, 0 or more
 *	OUTCOME		enum fact_outcome	result	0; the result is the
 *			sender's code for which outcome it was */
enum fact_kind {
	FACT_ATTENDANCE = 1, /* one row of roll-call: a day or a period */
	FACT_GRADE,
	FACT_INCIDENT,
	FACT_ACTIVITY,
	FACT_OUTCOME
};

enum fact_attendance {
	ATTENDANCE_PRESENT,
	ATTENDANCE_TARDY,
	ATTENDANCE_ABSENT, /* without excuse */
	ATTENDANCE_EXCUSED
};

enum fact_assessment { ASSESSMENT_OTHER, ASSESSMENT_TEST, ASSESSMENT_HOMEWORK };
enum fact_course { COURSE_UNKNOWN, COURSE_CORE, COURSE_ELECTIVE };
enum fact_outcome { OUTCOME_FAVORABLE, OUTCOME_ADVERSE, OUTCOME_CENSORED };

struct fact {
	uint64_t position;    /* of the record in the log; unique */
	int32_t occurred_day; /* in the tenant's time zone, as all days */
	int32_t known_day;
	int32_t superseded_day; /* known day of the record that supersedes */
	float value;
	uint16_t code;
	uint8_t kind; /* enum fact_kind */
	uint8_t detail;
};

/* Facts by position, strictly ascending.  Begin with { .arena = arena }. */
struct fact_list {
	struct arena *arena; /* borrowed: where facts grow */
	struct fact *facts;  /* in arena */
	size_t count;
	size_t room;
};

/* test, exam, quiz are tests; homework, assignment are homework, in any
 * letter case; everything else, and NULL, is OTHER. */
enum fact_assessment fact_assessment_of(const char *type);
uint8_t fact_grade_detail(enum fact_assessment assessment,
    enum fact_course course);
enum fact_assessment fact_grade_assessment(uint8_t detail);
enum fact_course fact_grade_course(uint8_t detail);

/* A 16-bit code for an incident's type: FNV-1a of the text (32 bits) with its
 * halves xor-ed.  Two types share a code once in 65,536 pairs; then they count
 * as one type. */
uint16_t fact_type_code(const char *type);

/* Was the fact known on the day, and not yet superseded? */
bool fact_is_known(const struct fact *fact, int32_t day);

/* Does the fact keep to the table above?  ERR_INVALID names what does not. */
MUST_CHECK bool fact_check(const struct fact *fact, struct err *err);

/* Add a fact; false when its position is there already, and then nothing has
 * changed: applying a record twice is applying it once. */
bool facts_insert(struct fact_list *list, const struct fact *fact);

/* From `day` on the fact at `position` no longer counts; of several days the
 * earliest stays.  False when there is no such fact. */
bool facts_supersede(struct fact_list *list, uint64_t position, int32_t day);

/* Add the packed form of the list to `out`; a list out of order is a bug. */
void facts_pack(const struct fact_list *list, struct buf *out);

/* Add the facts of one blob to the end of `out`, which stays a list only when
 * it was empty before: several blobs unpacked one after another make a plain
 * array for features_build(), not one for facts_insert().  On failure `out`
 * is as it was and `err` is ERR_INVALID: unknown version, torn size,
 * positions out of order, a fact that fails fact_check(). */
MUST_CHECK bool facts_unpack(struct slice packed, struct fact_list *out,
    struct err *err);

#endif
