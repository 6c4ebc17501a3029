/*
 * file.h - what open files are asked for in more than one place.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* All of the bytes, however many calls that takes; `what` is being written, in
 * words for the error ("a checkpoint"). */
MUST_CHECK bool file_write(int file, struct slice bytes, const char *what,
    struct err *err);

#endif
