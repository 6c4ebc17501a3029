/*
 * played_training.h - a training that the test plays, over a real bus: it says
 * which models its aliases point to, gives their files with signatures, and
 * tells what the gate said of a version.
 */
#ifndef TESTS_PLAYED_TRAINING_H
#define TESTS_PLAYED_TRAINING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "ml/model_file.h"
#include "proto/training.h"
#include "tests/support/open_bus.h"
#include "wire/json.h"

enum played_alias {
	PLAYED_CHAMPION,
	PLAYED_CHALLENGER,
	PLAYED_SHADOW,
	PLAYED_COUNT
};

struct played_model {
	char version[MODEL_DIGEST_SIZE]; /* "": the alias points nowhere */
	struct buf file;
	struct slice signature; /* of it, borrowed; empty: none */
};

struct training {
	struct bus *bus; /* NULL: away */
	struct bus_seat *seat;
	pthread_t thread;
	struct played_model models[PLAYED_COUNT];
	/* The gate has judged this version alone, "" none; a refusal is by
	 * log-loss and leak. */
	char judged[MODEL_DIGEST_SIZE];
	enum gate_outcome outcome;
	atomic_int fetched; /* files given */
};

static inline void
answer_aliases(struct training *training)
{
	static const char *const names[] = { "champion", "challenger",
		"shadow" };
	struct bus_answer head = { .status = 200,
		.content_type = "application/json" };
	struct alias items[PLAYED_COUNT];
	struct alias_list list = { items, 0 };
	struct buf body = { 0 };

	for (size_t i = 0; i < PLAYED_COUNT; i++)
		if (training->models[i].version[0] != '\0')
			items[list.items_count++] =
			    (struct alias){ .alias = names[i],
				    .version = training->models[i].version };
	json_encode(&alias_list_message, &list, &body);
	bus_answer(training->seat, &head, buf_slice(&body));
	buf_close(&body);
}

/* The model that a target asks about. */
static inline struct played_model *
played_find(struct training *training, const char *target)
{
	for (size_t i = 0; i < PLAYED_COUNT; i++)
		if (training->models[i].version[0] != '\0' &&
		    strstr(target, training->models[i].version) != NULL)
			return &training->models[i];
	return NULL;
}

static inline void
answer_signatures(struct training *training, const struct played_model *model)
{
	struct bus_answer head = { .status = 200,
		.content_type = "application/json" };
	struct model_signature one = { model->version, model->signature };
	struct model_signature_list list = { &one, model->signature.size > 0 };
	struct buf body = { 0 };

	json_encode(&model_signature_list_message, &list, &body);
	bus_answer(training->seat, &head, buf_slice(&body));
	buf_close(&body);
}

/* About a model that training does not have (any more). */
static inline void
answer_gone(struct training *training)
{
	struct bus_answer head = { .status = 404,
		.content_type = "application/problem+json" };

	bus_answer(training->seat, &head,
	    slice_of("{\"type\": \"/problems/not-found\", \"status\": 404,"
		     " \"title\": \"Not found\"}"));
}

/* The version of a target that asks for a model's row; NULL: another one. */
static inline const char *
played_row(const char *target)
{
	static const char path[] = "/internal/models/";
	size_t size = strlen(path);

	return strncmp(target, path, size) == 0 &&
		strchr(target + size, '/') == NULL
	    ? target + size
	    : NULL;
}

/* `version` may be the beginning of the one that was judged. */
static inline void
answer_row(struct training *training, const char *version)
{
	static const char *rules[] = { "log-loss", "leak" };
	struct bus_answer head = { .status = 200,
		.content_type = "application/json" };
	bool is_judged =
	    strncmp(training->judged, version, strlen(version)) == 0;
	bool is_refused = is_judged && training->outcome == GATE_REFUSED;
	struct model_row row = {
		.version = is_judged ? training->judged : version,
		.has_outcome = is_judged,
		.outcome = training->outcome,
		.refused_by = rules,
		.refused_by_count = is_refused ? ARRAY_SIZE(rules) : 0,
	};
	struct buf body = { 0 };

	if (strlen(row.version) < MODEL_DIGEST_SIZE - 1) {
		answer_gone(training);
		return;
	}
	json_encode(&model_row_message, &row, &body);
	bus_answer(training->seat, &head, buf_slice(&body));
	buf_close(&body);
}

static inline void *
play_training(void *user)
{
	struct bus_answer file = { .status = 200,
		.content_type = "application/octet-stream" };
	struct training *training = user;
	const struct played_model *model;
	const char *version;
	struct question question;
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena, 4096);
	while (bus_take(training->seat, &arena, &question, &err)) {
		model = played_find(training, question.head.target);
		version = played_row(question.head.target);
		if (strcmp(question.head.target, "/internal/aliases") == 0) {
			answer_aliases(training);
		} else if (version != NULL) {
			answer_row(training, version);
		} else if (model == NULL) {
			answer_gone(training);
		} else if (strstr(question.head.target, "/signatures")) {
			answer_signatures(training, model);
		} else {
			training->fetched++;
			bus_answer(training->seat, &file,
			    buf_slice(&model->file));
		}
		arena_reset(&arena);
	}
	arena_close(&arena);
	return NULL;
}

/* `training` is zeroed. */
static inline void
training_open(struct training *training, const char *folder, const char *key)
{
	struct err err = { 0 };

	training->bus = open_bus(folder, "training", key);
	if (!bus_listen(training->bus, &err))
		fail_msg("%s", err.detail);
	training->seat = bus_seat_new(training->bus);
	pthread_create(&training->thread, NULL, play_training, training);
}

/* Its answers from now on; gives the model back. */
static inline void
training_move(struct training *training, enum played_alias alias,
    struct model *model)
{
	struct played_model *played = &training->models[alias];

	buf_clear(&played->file);
	model_save(model, &played->file);
	model_digest(buf_slice(&played->file), played->version);
	model_unref(model);
}

/* From now on it does not answer; more than once does no harm. */
static inline void
training_leave(struct training *training)
{
	if (training->bus == NULL)
		return;
	bus_close(training->bus);
	pthread_join(training->thread, NULL);
	bus_seat_free(training->seat);
	bus_free(training->bus);
	training->bus = NULL;
}

static inline void
training_close(struct training *training)
{
	training_leave(training);
	for (size_t i = 0; i < PLAYED_COUNT; i++)
		buf_close(&training->models[i].file);
}

#endif
