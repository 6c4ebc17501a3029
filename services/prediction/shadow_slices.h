/*
 * shadow_slices.h - from pairs of scores to the figures of a report: all of
 * them, and parts of them.  Pure: no clock, no database.
 */
#ifndef PREDICTION_SHADOW_SLICES_H
#define PREDICTION_SHADOW_SLICES_H

#include "proto/prediction.h"
#include "services/prediction/look.h"

/* One enrollment's scores as of one day. */
struct shadow_sample {
	double champion, shadow; /* scores, in [0, 1] */
	double champion_us, shadow_us;
	uint64_t student;   /* hash of the id */
	const char *course; /* borrowed */
	const char *school; /* borrowed; NULL: none */
	int32_t week;       /* of the course */
	uint8_t champion_category, shadow_category;
	bool is_known;   /* the outcome */
	uint8_t adverse; /* 1: it was */
};

enum { SHADOW_SLICES_MOST = 5000 };

/* The slices of all samples, by week, by course and by school, into
 * report->items, in the arena; `scratch` is reset, and the samples are put in
 * another order.  Figures rest on 20 students or more.  ERR_INVALID when there
 * are too many slices. */
MUST_CHECK bool shadow_slices(struct shadow_sample *samples, size_t count,
    struct arena *scratch, struct arena *arena, struct shadow_report *report,
    struct err *err);

#endif
