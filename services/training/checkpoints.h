/*
 * checkpoints.h - what a job that is broken off goes on from: a folder of its
 * own, and in it a file for each piece of work that takes long.
 *
 * A file is the SHA-256 of the rest (32 bytes) and the rest.  It gets its name
 * when it is whole and on the disk, so after `kill -9`, of the process or the
 * machine, a name stands for the old content or the new one.  What is read
 * back proves by its sum that it is whole, and nothing more: whoever asked for
 * it checks what it says.  Names say what was worked on, never on whom.
 */
#ifndef TRAINING_CHECKPOINTS_H
#define TRAINING_CHECKPOINTS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Safe from any thread, each with names of its own. */
struct checkpoints {
	int folder; /* owned */
};

/* The folder is made when it is not there, its parent is not.  Fails also
 * when it is no folder of ours, or others may write to it. */
MUST_CHECK bool checkpoints_open(struct checkpoints *checkpoints,
    const char *folder, struct err *err);
void checkpoints_close(struct checkpoints *checkpoints);

MUST_CHECK bool checkpoints_put(const struct checkpoints *checkpoints,
    const char *name, struct slice bytes, struct err *err);

/* Append to `out` what was put under the name; nothing where nothing was.
 * ERR_INVALID: it is not whole. */
MUST_CHECK bool checkpoints_get(const struct checkpoints *checkpoints,
    const char *name, struct buf *out, struct err *err);

#endif
