/*
 * uuid.h - UUID version 7 (RFC 9562): 48 bits of milliseconds, then chance.
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>

enum { UUID_TEXT_SIZE = 37 };

/* A new id in its text form, lower case.  Ids of one process sort by time to
 * the millisecond. */
void uuid_make(char text[UUID_TEXT_SIZE]);

/* Is this the 36-character text form of any UUID? */
bool uuid_is_valid(const char *text);

#endif
