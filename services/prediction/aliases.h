/*
 * aliases.h - keeps the models that training's aliases point to: the champion
 * is served, challenger and shadow are at hand beside it.
 *
 * A version is fetched when training tells that an alias was moved to it, and
 * a job compares every few seconds, so that neither a lost event nor a new
 * database leaves a tenant behind.
 * An alias moves here only after the bytes have the digest that is the
 * version's name, a key of prediction.model_keys_file has signed that digest,
 * and the file has loaded, golden rows and all; one that is refused is logged,
 * and the alias stays where it was.  A file that no alias needs any more is
 * forgotten some minutes later.
 */
#ifndef PREDICTION_ALIASES_H
#define PREDICTION_ALIASES_H

#include "service/service.h"

/* job_kind.run: compare each tenant's aliases with those of training. */
bool follow_aliases(struct worker *w, bool *again, struct err *err);

#endif
