/*
 * prediction.h - what the files of prediction share: the handlers, and what a
 * process and a thread hold.
 *
 * Journey of a question: predict.c (which enrollment?) > basis.c (rules and
 * model of the tenant) > verdicts.c (cache, stored answers, or look.c computes
 * and answer.c words it) > reply.
 */
#ifndef PREDICTION_PREDICTION_H
#define PREDICTION_PREDICTION_H

#include "proto/prediction.h"
#include "service/call.h"
#include "services/prediction/subject.h"

#define PROTO_DEF "proto/prediction.def"
#include "proto/as_handlers.h"

struct model;
struct model_scratch;
struct models;
struct experiment_arms;
struct shadow_batch;

/* A thread's own (worker.scratch). */
struct tools {
	struct arena chunk;  /* of a chunk of many enrollments: reset by whoever
			      * works in chunks */
	struct arena facts;  /* of few enrollments or one block at a time */
	struct arena look;   /* of the features of one day in the making */
	struct arena longer; /* holds what follows */
	bool has_stored;     /* predictions wait for the commit */
	struct shadow_batch *shadows; /* owned: they wait for the commit too
				       * (shadow.h) */
	char *tenant; /* whose rules are remembered; NULL: nobody's */
	struct rules rules;
	struct experiment_arms *arms; /* of the same tenant; NULL: none ran */
	/* The side thread's. */
	struct model *shadow_model;           /* a reference; NULL: none yet */
	struct model_scratch *shadow_scratch; /* owned: of that model */
	int64_t tell_after; /* clock_ticks: counts rest until then */
};
void *tools_new(struct service *service);
void tools_free(void *tools);
/* Give back the shadow's model and work space. */
void tools_forget_shadow(struct tools *tools);

#endif
