/*
 * training.h - what services ask of training: which models its aliases point
 * to, what it has of a version, and its file with its signatures.
 */
#ifndef PROTO_CLIENT_TRAINING_H
#define PROTO_CLIENT_TRAINING_H

#include "service/call.h"

/* Where the aliases point, in the worker's arena. */
struct alias_list;
MUST_CHECK bool training_aliases(struct worker *w, const char *tenant,
    struct alias_list *aliases, struct err *err);

/* The champion's version; NULL: there is none yet.  In the worker's arena. */
MUST_CHECK bool training_champion(struct worker *w, const char *tenant,
    const char **version, struct err *err);

/* What it has of a version, with what the gate said of it last, in the worker's
 * arena; ERR_NOT_FOUND. */
struct model_row;
MUST_CHECK bool training_model(struct worker *w, const char *tenant,
    const char *version, struct model_row *model, struct err *err);

/* A model file, in the worker's arena.  Its digest is for the caller to check
 * (model_load does). */
MUST_CHECK bool training_model_file(struct worker *w, const char *tenant,
    const char *version, struct slice *file, struct err *err);

/* The signatures of a version, newest first, in the worker's arena. */
struct model_signature_list;
MUST_CHECK bool training_model_signatures(struct worker *w, const char *tenant,
    const char *version, struct model_signature_list *signatures,
    struct err *err);

#endif
