/*
 * proof.h - a new model read back from its file, as prediction would read it
 * (services/prediction/models.c): does it come out whole, and may 8-bit weights
 * serve it?
 */
#ifndef TRAINING_PROOF_H
#define TRAINING_PROOF_H

#include "base/arena.h"
#include "base/buf.h"

struct proof {
	const char *fault; /* in the arena: why the file cannot be loaded;
			      NULL: it can, and its golden rows come out */
	bool has_int8;     /* a network whose file says that 8-bit weights are
			      near enough (ml/quantisation.h) */
	bool int8_passes;  /* and its golden rows bear that out */
};

/* `version`: the SHA-256 that the file is known by. */
struct proof proof_of(struct slice file, const char *version,
    struct arena *arena);

#endif
