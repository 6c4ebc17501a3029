/*
 * gate.h - may this challenger become champion?
 *
 * A pure decision over evidence that others gathered on one later-cohort
 * test set (bootstrap.h) and while loading the model file.  A verdict names
 * every rule that refused, not the first alone, for the audit line.
 *
 * The rules:
 *   log loss   the one-sided upper 95 % bound of the difference challenger
 *              minus champion is under GATE_MARGIN
 *   tie        a mean difference under GATE_MARGIN either way is a tie, and a
 *              tie serves the simplest: then a challenger of a more complex
 *              kind than the champion is refused
 *   groups     of no group with enough adverse outcomes is the lower bound
 *              of the rise in false-negative rate over GATE_GROUP_MARGIN
 *   gap        of no group with enough adverse outcomes is the lower bound of
 *              the gap to everyone else in false-negative rate over
 *              GATE_GAP_MARGIN: a model that finds one group and not another
 *              is not served without a person's word
 *   files      it comes out of its file whole, golden vectors and all; and if
 *              the file says that 8-bit weights may serve it, golden vectors
 *              come out by them too.  A network whose 8-bit form is not near
 *              enough has none: it is judged as what is served, f32
 *   leak       no single input gives the outcomes of the test away (leak.h):
 *              figures of such a test say nothing
 * Without a champion the last three alone decide.  A bound that is not a
 * number proves nothing and refuses.
 *
 * Of several new models each is judged, and what is refused stands in no
 * other's way (gate_pick).  No bound is corrected for that
 * (docs/decisions/0022-every-new-model-is-judged.md).
 */
#ifndef ML_GATE_H
#define ML_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "ml/bootstrap.h"
#include "ml/leak.h"

#define GATE_MARGIN       0.005 /* nats a sample */
#define GATE_GROUP_MARGIN 0.05  /* of the false-negative rate */
/* Groups with fewer adverse outcomes have fewer high scores and so, at one
 * cut, higher false-negative rates, wronged or not: the margin is wide. */
#define GATE_GAP_MARGIN 0.15

/* What a model is, the simplest first. */
enum gate_kind { GATE_LOGISTIC, GATE_TREES, GATE_NETWORK };

enum gate_reason {
	GATE_GOLDEN_VECTORS,
	GATE_QUANTISATION,
	GATE_LOG_LOSS,
	GATE_TIE,
	GATE_GROUP,
	GATE_LEAK,
	GATE_GAP,
	GATE_REASONS
};

struct gate_evidence {
	enum gate_kind challenger;
	const char *file_fault; /* borrowed; NULL: it comes out whole */
	bool has_int8;          /* its file says that there is such a form */
	bool int8_passes;       /* its golden vectors come out */
	struct leak leak;       /* of the test's samples */
	const struct group_rise *gap; /* borrowed, (gap_count) */
	size_t gap_count;
	bool has_champion; /* false: nothing below is read */
	enum gate_kind champion;
	struct difference log_loss;
	const struct group_rise *group; /* borrowed, (group_count) */
	size_t group_count;
};

struct gate_verdict {
	bool allowed;
	bool refused_by[GATE_REASONS];
	const struct group_rise *worst; /* borrowed: the refusing group with
					   the highest bound, or NULL */
	char text[480]; /* the refusals in words, so many as there is room
			   for; "" when allowed */
};

void gate_decide(const struct gate_evidence *evidence,
    struct gate_verdict *verdict);

/* "log-loss", stable for programs. */
const char *gate_reason_slug(enum gate_reason reason);

/* One of several new models, each of which the gate has judged. */
struct gate_candidate {
	enum gate_kind kind;
	bool allowed;
	double log_loss; /* on the same samples, averaged over weeks */
};

/* Of those that are allowed, or of all when none is: the simplest whose log
 * loss is less than GATE_MARGIN above the best of them.  Among equally simple
 * ones the better, then the earlier.  Candidates whose log loss is not finite
 * are passed over; `count` when all are. */
size_t gate_pick(const struct gate_candidate *candidate, size_t count);

#endif
