/*
 * json_lines.h - cuts NDJSON that arrives in parts into lines.
 *
 * A line ends with \n; a \r before it, empty lines and lines of blanks are
 * dropped but counted.  A line longer than the limit is reported once, when
 * the limit is passed, and the rest of it is skipped without being kept: the
 * cutter never holds more than the limit.
 */
#ifndef WIRE_JSON_LINES_H
#define WIRE_JSON_LINES_H

#include "base/err.h"

#include "base/buf.h"

struct json_lines {
	size_t most;	    /* bytes of a line, without its end */
	size_t line;	    /* lines begun so far; the first is 1 */
	struct buf partial; /* owned: a line whose end has not come */
	bool is_skipping;   /* inside of a line that was too long */
};

/* One line.  `fault` is NULL, or says why there is no text: TOO_LARGE.  The
 * text lives until take returns; take returns false, err filled, to stop. */
typedef bool json_line_take(void *user, size_t line, struct slice text,
    const struct err *fault, struct err *err);

void json_lines_init(struct json_lines *lines, size_t most);
void json_lines_close(struct json_lines *lines);

/* Feed what came next.  False only when take returned false. */
MUST_CHECK bool json_lines_feed(struct json_lines *lines, struct slice part,
    json_line_take *take, void *user, struct err *err);
/* Nothing more will come: the last line needs no end. */
MUST_CHECK bool json_lines_finish(struct json_lines *lines,
    json_line_take *take, void *user, struct err *err);

#endif
