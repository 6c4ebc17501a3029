/*
 * message.h - a message as a table: its fields, their types, ranges and help.
 *
 * The tables are readings of the MESSAGE rows in proto/ (see proto/README.md);
 * nobody fills them by hand.  One table drives the JSON codec (json.h), the
 * binary codec (binary.h), mapping of SQL rows (db/row.h), redaction and the
 * printed documents.
 *
 * In the C struct of a message
 *	TEXT	const char *	NUL-terminated; NULL when absent
 *	INTEGER	int64_t
 *	REAL	double
 *	FLAG	bool
 *	TIME	int64_t		microseconds since 1970, UTC
 *	DAY	int32_t		days since 1970
 *	CHOICE	int		an enum that starts at 0
 *	RAW	struct slice	a JSON value, checked but not taken apart
 *	BYTES	struct slice	any bytes; base64 in JSON
 *	ONE	struct NAME *	another message; NULL when absent
 *	MANY	struct NAME *	array, with size_t FIELD_count beside it
 *	TEXTS	const char **	array, with size_t FIELD_count beside it
 *	REALS	double *	array, with size_t FIELD_count beside it
 * and an OPTIONAL field of a type that has no NULL (INTEGER to CHOICE) has
 * `bool has_FIELD` beside it.  In REALs null is NaN, both ways.
 * What a decoded struct points to belongs to the arena given to the decoder.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum field_type {
	FIELD_TEXT,
	FIELD_INTEGER,
	FIELD_REAL,
	FIELD_FLAG,
	FIELD_TIME,
	FIELD_DAY,
	FIELD_CHOICE,
	FIELD_RAW,
	FIELD_BYTES,
	FIELD_ONE,
	FIELD_MANY,
	FIELD_TEXTS,
	FIELD_REALS
};

enum field_presence { OPTIONAL, REQUIRED };

/* PRIVATE values (a student's id, a mark) never reach a log or a metric. */
enum field_privacy { PUBLIC, PRIVATE };

struct choice {
	const char *const *names; /* by enum value */
	size_t count;
};

struct field {
	const char *name;
	enum field_type type;
	enum field_presence presence;
	enum field_privacy privacy;
	size_t offset;	     /* of the value in the struct */
	size_t has_offset;   /* of has_FIELD; 0 when there is none */
	size_t count_offset; /* of FIELD_count; 0 when there is none */
	double least, most;  /* of a number's value, a text's bytes, an
			      * array's items */
	const struct choice *choice;   /* CHOICE */
	const struct message *message; /* ONE, MANY */
	const char *help;
};

/* In the order of the rows: new rows go to the end, none is ever removed. */
struct fields {
	const struct field *rows;
	size_t count;
};

struct message {
	const char *name;
	const char *help;
	size_t size; /* of the struct */
	struct fields (*fields)(void);
};

/* A body that is empty: what routes name that take or give nothing. */
extern const struct message nothing_message;

const struct field *message_field(const struct message *message,
    const char *name);

/* Is the field there in this struct?  A REQUIRED text or message that is NULL
 * is a bug of whoever filled the struct. */
bool field_is_present(const struct field *field, const void *value);

/* The value of a choice by its name; -1 when there is none. */
int choice_value(const struct choice *choice, const char *name);

#endif
