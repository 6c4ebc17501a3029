/*
 * signing.h - models are signed by the key of training.signing_key_file, which
 * is the process's state (a struct signer; NULL: no key is set).
 */
#ifndef TRAINING_SIGNING_H
#define TRAINING_SIGNING_H

#include "secure/signature.h"
#include "service/service.h"

/* service_kind.start and stop. */
bool signing_open(struct worker *w, void **state, struct err *err);
void signing_close(void *state);

/* Sign a model, in the transaction that stores it.  Without a key nothing is
 * done.  ERR_INTERNAL: the file is not that version. */
MUST_CHECK bool signing_sign(struct worker *w, const char *tenant,
    const char *version, struct slice file, struct err *err);

/* job_kind.run: models from before there were signatures, one at a time. */
bool signing_catch_up(struct worker *w, bool *again, struct err *err);

#endif
