/*
 * champions.h - keeps each tenant's served model the one that training calls
 * its champion.
 *
 * A version is fetched when training tells that it was promoted, and a job
 * compares every few seconds, so that neither a lost event nor a new database
 * leaves a tenant behind.
 * It replaces the one before only after its bytes have the digest that is its
 * name, a key of prediction.model_keys_file has signed that digest, and it has
 * loaded, golden rows and all; one that is refused is logged and the old one
 * goes on serving.
 */
#ifndef PREDICTION_CHAMPIONS_H
#define PREDICTION_CHAMPIONS_H

#include "service/service.h"

/* job_kind.run: compare each tenant's alias with what is served. */
bool follow_champions(struct worker *w, bool *again, struct err *err);

#endif
