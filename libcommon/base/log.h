/*
 * log.h - one event a line, in the past tense, with facts.
 *
 *	log_info("import finished: import=%s rows=%zu refused=%zu", id, n, r);
 *
 * What stands before the first colon is the event; behind it come facts,
 * `key=%...`, parted by single blanks.  A value may hold anything.  On a
 * terminal the line is read by people, elsewhere it is one JSON object.  The
 * compiler checks the arguments.  Never log a student's name, address or
 * mark; ids of students are private too: log ours, not theirs.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/must.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Once, before threads start: who is writing, and from which level up. */
void log_init(const char *program, enum log_level from);

/* The request id that this thread's lines carry; NULL for none.  Borrowed
 * until it is set anew. */
void log_request(const char *request_id);

void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *format, ...) PRINTF_LIKE(1, 2);
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);

/* The latest error line's event and time, for status pages; false: none. */
struct log_last {
	long long time; /* microseconds since 1970 */
	char text[256];
};
_Bool log_last_error(struct log_last *last);

#endif
