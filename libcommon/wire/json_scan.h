/*
 * json_scan.h - JSON text by places: is it RFC 8259, and where do its parts
 * begin and end?  Used by the codec, and by
 * db/row.c for arrays in columns.
 *
 * cJSON takes more than JSON (+1, 01, raw line ends in texts, what follows
 * the value) and does not say where a value stood; this fills both gaps.
 */
#ifndef WIRE_JSON_SCAN_H
#define WIRE_JSON_SCAN_H

#include "base/buf.h"
#include "base/must.h"

enum { JSON_DEPTH = 32, JSON_NUMBER_SIZE = 60 };

/* Where in a text we are, and what is wrong there if something is. */
struct json_scan {
	const char *at;
	const char *end;
	const char *fault; /* "a text has no end"; NULL: none yet */
};

struct json_scan json_scan_of(struct slice text);
void json_scan_blanks(struct json_scan *scan);

/* Step over one value, checking every byte of it; `depth` levels are open
 * around it. */
MUST_CHECK bool json_scan_value(struct json_scan *scan, int depth);
/* Step over a text with its quotes. */
MUST_CHECK bool json_scan_text(struct json_scan *scan);
/* The whole text is one value: UTF-8, no deeper than JSON_DEPTH. */
MUST_CHECK bool json_scan_whole(struct json_scan *scan);

/* Step over one value by its quotes and brackets alone; false when it does
 * not end.  On text that was checked it cannot fail. */
MUST_CHECK bool json_skip_value(struct json_scan *scan);

/* Parts of an object or array that was checked.  Begin with
 * json_parts_of(its text); false behind the last.  `key` is without quotes,
 * its escapes untouched; NULL for arrays. */
struct json_scan json_parts_of(struct slice text);
bool json_next_part(struct json_scan *parts, struct slice *key,
    struct slice *value);

#endif
