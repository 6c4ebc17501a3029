/* models.c - loaded models by version, and work space on loan. */
#include "services/prediction/models.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ml/kernels.h"
#include "ml/model_file.h"
#include "proto/prediction.h"
#include "services/prediction/queries.h"
#include "services/prediction/shadow_queue.h"

/* What a few tenants are served with, and those that were replaced; the first
 * place explains, the others score. */
enum { MODELS_KEPT = 48, REFUSALS_KEPT = 8, EXPLAINING = 0, PLACES = 3 };

#define REFUSED_FOR_US (60 * SECOND_US)

struct refusal {
	char version[MODEL_DIGEST_SIZE]; /* "": none */
	char why[512];
	int64_t until; /* then it may be tried again */
};

struct kept {
	struct model *model; /* reference; NULL: none yet */
	uint64_t used;       /* when: the latest has the highest number */
};

struct place {
	bool is_taken;
	struct model *model; /* reference: whose shape the scratch has */
	struct model_scratch *scratch; /* owned */
};

struct models {
	struct keyring *keys;         /* owned; never changed */
	struct shadow_queue *shadows; /* owned; has a lock of its own */
	pthread_mutex_t lock;         /* guards what follows */
	pthread_cond_t is_free;
	struct kept kept[MODELS_KEPT];
	uint64_t uses;
	struct place places[PLACES];
	bool is_large_taken;
	struct refusal refused[REFUSALS_KEPT];
	size_t next_refusal; /* the oldest */
};

struct models *
models_new(struct keyring *keys)
{
	struct models *models = mem_alloc(1, sizeof(*models));

	models->keys = keys;
	models->shadows = shadow_queue_new();
	pthread_mutex_init(&models->lock, NULL);
	pthread_cond_init(&models->is_free, NULL);
	return models;
}

bool
models_open(struct worker *w, void **models, struct err *err)
{
	const struct prediction_settings *settings = w->settings;
	struct keyring *keys;

	if (settings->kernels[0] != '\0' && !kernels_find(settings->kernels))
		return err_set(err, ERR_INVALID,
		    "setting kernels: this machine has no %s; empty: its best",
		    settings->kernels);
	if (!keyring_open(settings->model_keys_file, &keys, err))
		return err_in(err, "model_keys_file");
	*models = models_new(keys);
	return true;
}

void
models_free(struct models *models)
{
	if (models == NULL)
		return;
	for (size_t i = 0; i < PLACES; i++) {
		model_scratch_free(models->places[i].scratch);
		model_unref(models->places[i].model);
	}
	for (size_t i = 0; i < MODELS_KEPT; i++)
		model_unref(models->kept[i].model);
	pthread_cond_destroy(&models->is_free);
	pthread_mutex_destroy(&models->lock);
	shadow_queue_free(models->shadows);
	keyring_free(models->keys);
	free(models);
}

struct shadow_queue *
models_shadows(const struct models *models)
{
	return models->shadows;
}

const struct keyring *
models_keys(const struct models *models)
{
	return models->keys;
}

/* Where the version is; NULL when it is not in memory.  Under the lock. */
static struct kept *
look_up(struct models *models, const char *version)
{
	for (size_t i = 0; i < MODELS_KEPT; i++)
		if (models->kept[i].model != NULL &&
		    strcmp(models->kept[i].model->digest, version) == 0)
			return &models->kept[i];
	return NULL;
}

/* A reference to the model of that version; NULL when it is not in memory. */
static struct model *
find(struct models *models, const char *version)
{
	struct model *found = NULL;
	struct kept *kept;

	pthread_mutex_lock(&models->lock);
	kept = look_up(models, version);
	if (kept != NULL) {
		kept->used = ++models->uses;
		found = model_ref(kept->model);
	}
	pthread_mutex_unlock(&models->lock);
	return found;
}

/* In place of the one that was not used for longest, unless another thread
 * has loaded the version meanwhile. */
static void
keep(struct models *models, struct model *model)
{
	struct kept *kept = &models->kept[0];

	pthread_mutex_lock(&models->lock);
	if (look_up(models, model->digest) == NULL) {
		for (size_t i = 1; i < MODELS_KEPT; i++)
			if (models->kept[i].used < kept->used)
				kept = &models->kept[i];
		model_unref(kept->model);
		*kept = (struct kept){ model_ref(model), ++models->uses };
	}
	pthread_mutex_unlock(&models->lock);
}

static void
say_why_not_int8(const struct model *model)
{
	log_warn("8-bit weights are not used: version=%s reason=\"%s\"",
	    model->digest,
	    quantisation_passes(&model->quantisation)
		? "golden rows do not come out by them on this machine"
		: "its file does not say that they are near enough");
}

static bool
set_arithmetic(const struct prediction_settings *settings, struct model *model,
    struct err *err)
{
	if (!model_set_arithmetic(model, settings->kernels, settings->int8,
		err))
		return err_in(err, "setting kernels");
	if (settings->int8 && model->network != NULL && !model->is_int8)
		say_why_not_int8(model);
	log_info("model was loaded: version=%s arithmetic=%s kernels=%s",
	    model->digest, model->is_int8 ? "int8" : "f32",
	    model->network ? network_kernels(model->network) : "none");
	return true;
}

bool
models_take(struct worker *w, const char *tenant, const char *version,
    struct model **model, struct err *err)
{
	struct models *models = w->state;
	struct db_result result = { 0 };
	struct signed_file file;
	bool is_loaded;

	*model = find(models, version);
	if (*model != NULL)
		return true;
	if (!db_query(w->db, &query_model_file,
		DB_ARGS(db_text(tenant), db_text(version)), &result, err))
		return false;
	if (result.row_count == 0) {
		db_result_close(&result);
		err_set(err, ERR_UNAVAILABLE,
		    "the model was replaced at this moment; ask again");
		err->retry_after = 1;
		return false;
	}
	file = (struct signed_file){ db_get_bytes(&result, 0, 0),
		db_is_null(&result, 0, 1) ? (struct slice){ NULL, 0 }
					  : db_get_bytes(&result, 0, 1) };
	is_loaded = model_is_vouched_for(models->keys, &file, version, err) &&
	    model_load(file.bytes, version, model, err);
	db_result_close(&result);
	if (!is_loaded) {
		/* Nothing that the caller could put right. */
		err->code = ERR_UNAVAILABLE;
		return err_in(err, "model %.12s is not served", version);
	}
	if (!set_arithmetic(w->settings, *model, err)) {
		model_unref(*model);
		*model = NULL;
		return err_in(err, "model %.12s", version);
	}
	keep(models, *model);
	return true;
}

/* The version's; NULL: none. */
static struct refusal *
find_refusal(struct models *models, const char *version)
{
	for (size_t i = 0; i < REFUSALS_KEPT; i++)
		if (strcmp(models->refused[i].version, version) == 0)
			return &models->refused[i];
	return NULL;
}

static struct refusal *
oldest_refusal(struct models *models)
{
	struct refusal *oldest = &models->refused[models->next_refusal];

	models->next_refusal = (models->next_refusal + 1) % REFUSALS_KEPT;
	return oldest;
}

void
models_refuse(struct models *models, const char *version, const char *why)
{
	struct refusal *refusal;

	pthread_mutex_lock(&models->lock);
	refusal = find_refusal(models, version);
	if (refusal == NULL)
		refusal = oldest_refusal(models);
	snprintf(refusal->version, sizeof(refusal->version), "%s", version);
	snprintf(refusal->why, sizeof(refusal->why), "%s", why);
	refusal->until = clock_now() + REFUSED_FOR_US;
	pthread_mutex_unlock(&models->lock);
}

const char *
models_refusal(struct models *models, const char *version, struct arena *arena)
{
	const struct refusal *refusal;
	const char *why = NULL;

	pthread_mutex_lock(&models->lock);
	refusal = find_refusal(models, version);
	if (refusal != NULL && clock_now() < refusal->until)
		why = arena_copy(arena, refusal->why);
	pthread_mutex_unlock(&models->lock);
	return why;
}

/* A free place, one that has thought with the model before if there is one;
 * PLACES when all are taken. */
static size_t
choose_place(const struct models *models, const struct model *model,
    bool explains)
{
	size_t chosen = PLACES;

	for (size_t i = 0; i < PLACES; i++)
		if (!models->places[i].is_taken &&
		    explains == (i == EXPLAINING) &&
		    (chosen == PLACES || models->places[i].model == model))
			chosen = i;
	return chosen;
}

static void
fit_place(struct place *place, struct model *model, bool explains)
{
	if (place->model == model)
		return;
	model_scratch_free(place->scratch);
	model_unref(place->model);
	place->model = model_ref(model);
	place->scratch = model_scratch_new(model, explains);
}

struct thinker
thinker_take(struct models *models, struct model *model, bool explains)
{
	size_t chosen;

	pthread_mutex_lock(&models->lock);
	while ((chosen = choose_place(models, model, explains)) == PLACES)
		pthread_cond_wait(&models->is_free, &models->lock);
	models->places[chosen].is_taken = true;
	pthread_mutex_unlock(&models->lock);
	fit_place(&models->places[chosen], model, explains);
	return (
	    struct thinker){ model, models->places[chosen].scratch, chosen };
}

void
thinker_give(struct models *models, struct thinker *thinker)
{
	pthread_mutex_lock(&models->lock);
	models->places[thinker->place].is_taken = false;
	pthread_cond_broadcast(&models->is_free);
	pthread_mutex_unlock(&models->lock);
}

bool
large_take(struct models *models)
{
	bool is_ours;

	pthread_mutex_lock(&models->lock);
	is_ours = !models->is_large_taken;
	models->is_large_taken = true;
	pthread_mutex_unlock(&models->lock);
	return is_ours;
}

void
large_give(struct models *models)
{
	pthread_mutex_lock(&models->lock);
	models->is_large_taken = false;
	pthread_mutex_unlock(&models->lock);
}

bool
large_busy(struct err *err)
{
	err_set(err, ERR_UNAVAILABLE,
	    "another large answer is being made; ask again in a moment");
	err->retry_after = 1;
	return false;
}
