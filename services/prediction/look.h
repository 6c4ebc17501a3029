/*
 * look.h - an enrollment looked at from one day: features, then a score.
 */
#ifndef PREDICTION_LOOK_H
#define PREDICTION_LOOK_H

#include "services/prediction/models.h"
#include "services/prediction/subject.h"

/* Scores are rounded once, to this many parts of one, and everything is made
 * of the rounded number: what is stored, printed, ranked and categorised. */
enum { SCORE_PARTS = 10000 };

/* Looks that are scored in one batch. */
enum { LOOKS_TOGETHER = 64 };

struct look {
	const struct subject *subject; /* borrowed; NULL: rows of nobody */
	int32_t day;
	struct feature_sequence sequence;
	/* Only when sequence.status is FEATURES_READY: */
	float logit;                 /* the model's, before calibration */
	double score;                /* rounded */
	enum risk_category category; /* of the rounded score */
	double low, high;            /* rounded; hold the score */
};

/* The score that is printed for a probability. */
double look_round(double probability);
/* In parts: a whole number. */
int look_parts(double score);

/* The week of the course that the day lies in: the first is 1, and those behind
 * the thousandth are the thousandth. */
int32_t look_week(const struct look *look);

/* Fill in the sequence of a look whose subject has its facts, in `arena`;
 * `scratch` is reset. */
void look_build(struct look *look, struct arena *scratch, struct arena *arena);

/* The same for `points` looks of each subject, a subject's side by side;
 * their facts are read meanwhile (subjects_visit).  Looks belong to the rows
 * in their order. */
MUST_CHECK bool looks_build(struct worker *w, const char *tenant,
    struct subjects *subjects, struct look *looks, size_t points,
    struct err *err);

/* How many of them have a score, or will. */
size_t looks_ready(const struct look *looks, size_t count);

/* Fill in what follows the sequence. */
void looks_score(const struct thinker *thinker, struct arena *arena,
    struct look *looks, size_t count);

#endif
