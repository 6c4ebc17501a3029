/*
 * err.h - what went wrong, where, and what to do about it.
 *
 * A function that can fail returns bool and takes `struct err *` last.  The
 * setters below return false, so that reporting is one line:
 *
 *	return err_set(err, ERR_NOT_FOUND, "there is no student %s", id);
 *
 * An error becomes an RFC 9457 problem at the edge: the code gives type,
 * title and status (proto/errors.def), `detail` is for the reader, `places`
 * name what in the input was wrong.  What does not fit of a detail or message
 * is cut behind a whole word, with "...".  A detail of ERR_INTERNAL is for the
 * log; callers outside are not shown it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/must.h"

enum err_code {
	ERR_NONE,
#define ERROR(name, status, slug, title) ERR_##name,
#include "proto/errors.def"
#undef ERROR
	ERR_COUNT
};

enum { ERR_PLACES = 8, ERR_DETAIL_SIZE = 400 };

struct err_place {
	char pointer[128]; /* where in the input: records[3].score */
	char message[160]; /* what is wrong there: 117 is above 100 */
};

struct err {
	enum err_code code; /* ERR_NONE: nothing has failed */
	int retry_after;    /* seconds; 0: the caller is not told */
	size_t place_count; /* all that were found, may exceed ERR_PLACES */
	char detail[ERR_DETAIL_SIZE];
	struct err_place places[ERR_PLACES];
};

/* One row of proto/errors.def. */
struct err_row {
	const char *name; /* NOT_FOUND */
	int status;       /* 404 */
	const char *slug; /* not-found */
	const char *title;
};

const struct err_row *err_row(enum err_code code);

/* The code whose row has this slug; ERR_INTERNAL when there is none. */
enum err_code err_code_of(const char *slug);

/* Each sets code and detail, forgets places, and returns false. */
bool err_set(struct err *err, enum err_code code, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* ERR_INTERNAL with ": " and errno's text behind the detail. */
bool err_os(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Note a place in the input; the code becomes ERR_INVALID if there was none,
 * and the first place is also the detail.  Returns false. */
bool err_at(struct err *err, const char *pointer, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Put "context: " before the detail; the code stays.  Returns false. */
bool err_in(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

void err_clear(struct err *err);

#endif
