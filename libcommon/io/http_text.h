/*
 * http_text.h - the small texts of HTTP: values in, values out.
 *
 * Percent-encoding and queries (RFC 3986, and + for a blank as HTML forms
 * write it), tokens and field values (RFC 9110, 5.5 and 5.6.2), media types
 * (8.3.1), content negotiation (12.4, 12.5), dates (5.6.7).
 */
#ifndef IO_HTTP_TEXT_H
#define IO_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"

enum { HTTP_DATE_SIZE = 30 };

/* %41 becomes A, and with `plus_is_blank` + a blank.  NULL when a % is not
 * followed by two hex digits, or a NUL would come out. */
const char *http_decode(struct arena *arena, struct slice text,
    bool plus_is_blank);

/* Take the next name=value off the front of `query`, both still encoded;
 * false when none is left.  Empty pairs are skipped. */
bool http_next_param(struct slice *query, struct slice *name,
    struct slice *value);

/* Take the next segment off a path: "/a/b" gives "a", then "b".  A slash at
 * the end gives an empty last segment; "/" alone gives none. */
bool http_next_segment(struct slice *path, struct slice *segment);

/* Is this a token, such as a header's name? */
bool http_is_token(struct slice text);
/* May this stand as a header's value?  No control characters but the tab. */
bool http_is_value(const char *text);

/* Is "application/json; charset=utf-8" an "application/json"? */
bool http_media_is(const char *content_type, const char *media_type);

/* Does an Accept or Accept-Encoding header take `offer`?  The most specific
 * of its members decides, a weight of 0 refuses; NULL takes everything. */
bool http_accepts(const char *header, const char *offer);

/* "Not Found" for 404; "" for a status without a registered phrase. */
const char *http_reason(int status);

/* Sun, 06 Nov 1994 08:49:37 GMT */
void http_date(time_t time, char text[HTTP_DATE_SIZE]);

#endif
