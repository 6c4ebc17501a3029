/*
 * json.h - messages to JSON and back, checked against their tables.
 *
 * Decoding refuses what is not UTF-8, keys given twice, unknown keys (unless
 * JSON_LENIENT), numbers out of range or not whole where they must be, NUL in
 * texts, depth over 32, anything behind the value.  Each fault is a place in
 * `err`, named like `records[3].score`; up to ERR_PLACES are found in one go.
 * MALFORMED: it is no JSON (the detail names the byte, the first is byte 1);
 * INVALID: it is, but breaks the table's rules.  null in place of an optional
 * field is the same as leaving it out.  A number has at most 60 characters.
 */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include "base/arena.h"
#include "base/err.h"
#include "wire/message.h"

enum json_manner {
	JSON_STRICT,	/* unknown keys are faults */
	JSON_LENIENT	/* unknown keys are passed over */
};

/* Fill `*value` (a struct of the message's kind) from `text`. */
MUST_CHECK bool json_decode(const struct message *message, struct slice text,
    enum json_manner manner, struct arena *arena, void *value,
    struct err *err);

/*
 * Items one by one, for batches where one bad item must not spoil the rest:
 * `text` is an object whose member `list` is an array of `item` messages and
 * whose other members are `message`'s fields (the field named `list` in
 * `message` is a RAW one and is left empty).  `take` is called for each item
 * with its raw text; when the item is bad, `value` is NULL and `fault` says
 * why, its places starting with `LIST[INDEX]`.  An item that is no JSON is
 * refused alone as long as its quotes and brackets are paired.  `value` is
 * complete before the first `take`.  False only when the whole cannot be
 * read (then nothing was taken) or `take` returned false (it has filled err
 * then).
 */
struct json_item {
	size_t index;
	struct slice raw;	 /* the item's own text, as it came */
	void *value;		 /* NULL: refused; lives until take returns */
	const struct err *fault; /* why it was refused */
};
typedef bool json_take(void *user, const struct json_item *item,
    struct err *err);
MUST_CHECK bool json_decode_list(const struct message *message,
    const char *list, const struct message *item, struct slice text,
    struct arena *arena, void *value, json_take *take, void *user,
    struct err *err);

/* Append the message; absent optional fields are left out. */
void json_encode(const struct message *message, const void *value,
    struct buf *out);

/* The same for logs: private values become "(private)". */
void json_redact(const struct message *message, const void *value,
    struct buf *out);

/* Append what json_encode() wrote (or any one JSON value) with line ends and
 * two blanks a level, for people. */
void json_pretty(struct buf *out, struct slice json);

/* Append one JSON text with quotes; what is not UTF-8 becomes U+FFFD. */
void json_text(struct buf *out, struct slice text);
/* Append the shortest form that reads back the same; NaN and infinities
 * become null. */
void json_real(struct buf *out, double value);

#endif
