/*
 * answer.h - from a score to the words that people read.  Pure: no clock, no
 * database.  What it fills points into the arena.
 */
#ifndef PREDICTION_ANSWER_H
#define PREDICTION_ANSWER_H

#include "proto/prediction.h"
#include "services/prediction/look.h"

enum { TREND_POINTS = 8, TREND_STEP_DAYS = 7 };

/* Everything of the prediction that one look gives: score, category,
 * interval, days, the next review, and a trend of this one point. */
void answer_fill(const struct look *look, struct arena *arena,
    struct prediction *prediction);

/* The trend, oldest first: those of the looks that have a score. */
void answer_trend(const struct look *looks, size_t count, struct arena *arena,
    struct prediction *prediction);

/* Reasons, strongest first, the groups' shares and the next step: the advice
 * of the strongest reason that raises the score and can be acted on. */
void answer_reasons(const struct look *look, const struct model *model,
    const struct explanation *explanation, struct arena *arena,
    struct prediction *prediction);

/* The last step's features and the context inputs. */
void answer_features(const struct look *look, struct arena *arena,
    struct prediction *prediction);
enum { ANSWER_VALUES = FEATURE_ROWS };
/* The same as bare values, NaN missing. */
void answer_values(const struct look *look, float values[ANSWER_VALUES]);

/* When to look again: after 7 days (critical, high), 14 (medium) or 28 (low),
 * but not after the course's end. */
int32_t answer_review(enum risk_category category, int32_t day,
    int32_t course_end_day);

/* What the caller did not ask for is taken out. */
struct wish {
	bool has_features;
	bool has_reasons;
	size_t reasons_most; /* 0: all */
	size_t trend_most;   /* the last ones; 0: all */
};
void answer_trim(const struct wish *wish, struct prediction *prediction);

/* A copy in `arena` without reasons, features and earlier weeks; ids of
 * student and course are the subject's. */
struct prediction *answer_shorten(const struct prediction *prediction,
    const struct subject *subject, struct arena *arena);

#endif
