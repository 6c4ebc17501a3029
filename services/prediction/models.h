/*
 * models.h - the models in memory, and the places to think with them.
 *
 * Which version a tenant is served with stands in its row of `model_alias`; a
 * model is loaded from `model_file` when it is first asked for and stays while
 * it is among the latest few.  So a switch is one row's change: calls before
 * it answer with the old model, calls behind it with the new one.
 *
 * Work space is large, that for explanations most of all (some 14 MB for the
 * usual network), so the process has few places to think, on loan one by one.
 */
#ifndef PREDICTION_MODELS_H
#define PREDICTION_MODELS_H

#include "ml/model.h"
#include "service/service.h"
#include "services/prediction/model_check.h"

struct shadow_queue;
struct models; /* one a process; safe for all threads */

/* Takes the keys over: no model is loaded that none of them signed. */
struct models *models_new(struct keyring *keys);
/* service_kind.start: the models of a process, with the keys of
 * model_keys_file.  Fails when that or the setting `kernels` is none. */
MUST_CHECK bool models_open(struct worker *w, void **models, struct err *err);
void models_free(struct models *models);

/* Scorings that wait for their shadow; the models'. */
struct shadow_queue *models_shadows(const struct models *models);

/* The tenant's model of that version (its row of model_file, its signature
 * verified when it is loaded), with a reference for the caller.  Inside the
 * tenant's transaction. */
MUST_CHECK bool models_take(struct worker *w, const char *tenant,
    const char *version, struct model **model, struct err *err);

/* A place to think with the model, `explains`: model_explain may be called.
 * Waits while all of that kind are taken. */
struct thinker {
	const struct model *model; /* borrowed: the caller's reference */
	struct model_scratch *scratch;
	size_t place;
};
struct thinker thinker_take(struct models *models, struct model *model,
    bool explains);
void thinker_give(struct models *models, struct thinker *thinker);

/* The one place to work on a large answer, which takes some 25 MB until it is
 * sent.  False: it is taken; nobody waits for it, for that would keep a call
 * thread from small questions. */
bool large_take(struct models *models);
void large_give(struct models *models);
/* Returns false: what to answer who did not get it. */
bool large_busy(struct err *err);

#endif
