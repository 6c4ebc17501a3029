/*
 * played_training.h - a training that the test plays, over a real bus: it says
 * which model is champion and gives that model's file with its signature.
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

struct training {
	struct bus *bus; /* NULL: away */
	struct bus_seat *seat;
	pthread_t thread;
	struct buf file;                  /* of any model asked for */
	struct slice signature;           /* of it, borrowed; empty: none */
	char champion[MODEL_DIGEST_SIZE]; /* "": none */
	atomic_int fetched;               /* files given */
};

static inline void
answer_aliases(struct training *training)
{
	struct bus_answer head = { .status = 200,
		.content_type = "application/json" };
	char body[300] = "{\"items\": []}";

	if (training->champion[0] != '\0')
		snprintf(body, sizeof(body),
		    "{\"items\": [{\"alias\": \"champion\", \"version\":"
		    " \"%s\", \"kind\": \"network\","
		    " \"moved_at\": \"2026-01-01T00:00:00Z\"}]}",
		    training->champion);
	bus_answer(training->seat, &head, slice_of(body));
}

static inline void
answer_signatures(struct training *training)
{
	struct bus_answer head = { .status = 200,
		.content_type = "application/json" };
	struct model_signature one = { training->champion,
		training->signature };
	struct model_signature_list list = { &one,
		training->signature.size > 0 };
	struct buf body = { 0 };

	json_encode(&model_signature_list_message, &list, &body);
	bus_answer(training->seat, &head, buf_slice(&body));
	buf_close(&body);
}

static inline void *
play_training(void *user)
{
	struct bus_answer file = { .status = 200,
		.content_type = "application/octet-stream" };
	struct training *training = user;
	struct question question;
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena, 4096);
	while (bus_take(training->seat, &arena, &question, &err)) {
		if (strcmp(question.head.target, "/internal/aliases") == 0) {
			answer_aliases(training);
		} else if (strstr(question.head.target, "/signatures")) {
			answer_signatures(training);
		} else {
			training->fetched++;
			bus_answer(training->seat, &file,
			    buf_slice(&training->file));
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
training_promote(struct training *training, struct model *model)
{
	buf_clear(&training->file);
	model_save(model, &training->file);
	model_digest(buf_slice(&training->file), training->champion);
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
	buf_close(&training->file);
}

#endif
