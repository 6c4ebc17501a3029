/*
 * slot.h - one field of a struct being filled: checks what comes in against
 * the field's row and stores it, whatever it was read from.  Shared by the
 * JSON, binary and query codecs; not for others.
 */
#ifndef WIRE_SLOT_H
#define WIRE_SLOT_H

#include "base/arena.h"
#include "base/err.h"
#include "wire/message.h"

/* Where in the input we are: a chain from the innermost name outwards. */
struct place {
	const struct place *up; /* borrowed; NULL: outermost */
	const char *name;	/* NULL: an item of what is above */
	size_t name_size;
	size_t index; /* of the item */
};

struct place place_member(const struct place *up, struct slice name);
struct place place_item(const struct place *up, size_t index);

/* err_at() with the place printed, `records[3].score`.  Returns false. */
bool place_fault(const struct place *place, struct err *err,
    const char *format, ...) PRINTF_LIKE(3, 4);

struct slot {
	const struct field *field;
	void *value; /* the struct that holds the field */
	const struct place *place;
	struct arena *arena;
	struct err *err;
};

/* Each notes a fault and returns false when the value is not allowed. */

/* TEXT TIME DAY CHOICE BYTES from their JSON text, a NUL behind it. */
bool slot_text(const struct slot *slot, struct slice text);
/* INTEGER REAL; `shown` is the number as it was written, for messages. */
bool slot_number(const struct slot *slot, double number, struct slice shown);
bool slot_flag(const struct slot *slot, bool flag);
/* INTEGER TIME DAY CHOICE by their value in C. */
bool slot_integer(const struct slot *slot, int64_t number);
/* BYTES as they are; RAW: one JSON value that was checked. */
bool slot_bytes(const struct slot *slot, struct slice bytes);
/* A zeroed array of `count` items of `size` bytes for MANY, TEXTS, REALS;
 * NULL when there may not be that many. */
void *slot_array(const struct slot *slot, size_t count, size_t size);
void *slot_message(const struct slot *slot);

/* A copy in the arena for an item of TEXTS; NULL when it holds a NUL. */
const char *slot_copy(const struct slot *slot, struct slice text);

/* What a field wants, in words: "a whole number". */
const char *slot_wanted(const struct field *field);

#endif
