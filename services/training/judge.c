/*
 * judge.c - differences, groups, the gate, and the verdict in words.
 */
#include "services/training/judge.h"

#include <string.h>

#include "base/must.h"
#include "ml/gate.h"

enum { HIGH_CUT = 1 };

static enum gate_kind
gate_kind_of(enum model_kind kind)
{
	switch (kind) {
	case MODEL_NETWORK:
		return GATE_NETWORK;
	case MODEL_LOGISTIC:
		return GATE_LOGISTIC;
	case MODEL_TREES:
		return GATE_TREES;
	}
	must(!"a kind of model");
	return GATE_NETWORK;
}

static struct paired
make_pair(const struct assessment *a, const struct contender *champion,
    const struct contender *challenger)
{
	return (struct paired){ a->test->count, champion->scores,
		challenger->scores, a->test->adverse, a->test->student,
		a->test->week };
}

static bool
measure_difference(const struct assessment *a, const struct contender *from,
    const struct contender *to, struct difference *difference, struct err *err)
{
	struct bootstrap_plan plan = { a->seed, ASSESS_RESAMPLES };
	struct paired paired = make_pair(a, from, to);

	return bootstrap_log_loss_difference(&paired, &plan, difference, err);
}

/* Of those that are no logistic regression. */
static enum model_kind
best_other(const struct trialled *t)
{
	return t->loss[MODEL_TREES] < t->loss[MODEL_NETWORK] ? MODEL_TREES
							     : MODEL_NETWORK;
}

static const struct contender *
reference_of(const struct trialled *t, enum model_kind kind)
{
	if (t->champion != NULL)
		return t->champion;
	return &t->fresh[kind == MODEL_LOGISTIC ? best_other(t)
						: MODEL_LOGISTIC];
}

static bool
measure_all(const struct trialled *t, const struct assessment *a,
    struct judgement *judgement, struct err *err)
{
	for (int i = 0; i < MODEL_KINDS; i++)
		if (!measure_difference(a, reference_of(t, (enum model_kind)i),
			&t->fresh[i], &judgement->difference[i], err))
			return false;
	return true;
}

/* Between groups, of the winner alone; `masks` is for measure_rises too. */
static bool
measure_gaps(const struct assessment *a, const struct contender *winner,
    const struct group_mask *masks, size_t count,
    struct gate_evidence *evidence, struct err *err)
{
	struct bootstrap_plan plan = { a->seed, ASSESS_RESAMPLES };
	struct paired paired = make_pair(a, winner, winner);
	double cut = winner->model->cuts[HIGH_CUT];
	struct rise_question question = { masks, count, { cut, cut },
		GATE_GAP_MARGIN };
	struct group_rise *gaps =
	    arena_array(a->arena, count + 1, sizeof(*gaps));

	evidence->gap = gaps;
	evidence->gap_count = count;
	return count == 0 ||
	    bootstrap_group_gaps(&paired, &question, &plan, gaps, err);
}

/* Against the champion. */
static bool
measure_rises(const struct trialled *t, const struct assessment *a,
    const struct contender *winner, const struct group_mask *masks,
    size_t count, struct gate_evidence *evidence, struct err *err)
{
	struct bootstrap_plan plan = { a->seed, ASSESS_RESAMPLES };
	struct paired paired = make_pair(a, t->champion, winner);
	struct rise_question question = { masks, count,
		{ t->champion->model->cuts[HIGH_CUT],
		    winner->model->cuts[HIGH_CUT] },
		GATE_GROUP_MARGIN };
	struct group_rise *rises =
	    arena_array(a->arena, count + 1, sizeof(*rises));

	evidence->group = rises;
	evidence->group_count = count;
	return count == 0 ||
	    bootstrap_group_rises(&paired, &question, &plan, rises, err);
}

/* Why it is the winner among the new ones. */
static const char *
reason_of(const struct trialled *t, enum model_kind winner)
{
	bool is_best = true;

	for (int i = 0; i < MODEL_KINDS; i++)
		is_best = is_best && t->loss[winner] <= t->loss[i];
	if (!is_best)
		return "as good, and simpler";
	return winner == MODEL_LOGISTIC
	    ? "no worse, and simpler"
	    : "better than what is simpler by more than a tie";
}

static const char *
tell_choice(const struct trialled *t, enum model_kind winner,
    struct arena *arena)
{
	return arena_printf(arena,
	    "log loss %.4f (logistic regression), %.4f (boosted trees), "
	    "%.4f (network): of the new ones %s is %s",
	    t->loss[MODEL_LOGISTIC], t->loss[MODEL_TREES],
	    t->loss[MODEL_NETWORK], model_kind_name(winner),
	    reason_of(t, winner));
}

static const char *
tell_winner(const struct trialled *t, const struct judgement *judgement,
    struct arena *arena)
{
	const struct difference *d = &judgement->difference[judgement->winner];

	return arena_printf(arena,
	    "%s; it differs from %s by %+.4f, 95 %% bound %+.4f",
	    judgement->choice,
	    t->champion != NULL ? "the champion"
				: reference_of(t, judgement->winner)->name,
	    d->mean, d->upper);
}

static void
list_refusals(const struct gate_verdict *verdict, struct arena *arena,
    struct judgement *judgement)
{
	judgement->refused_by =
	    arena_array(arena, GATE_REASONS, sizeof(const char *));
	for (enum gate_reason i = 0; i < GATE_REASONS; i++)
		if (verdict->refused_by[i])
			judgement->refused_by[judgement->refused_by_count++] =
			    gate_reason_slug(i);
}

/* Which form of a network that passes will serve, if it is not any. */
static const char *
tell_form(const struct gate_evidence *evidence)
{
	return evidence->challenger == GATE_NETWORK && !evidence->has_int8
	    ? ", to be served by f32 alone: 8-bit weights are not near enough"
	    : "";
}

static void
decide(const struct trialled *t, const struct gate_evidence *evidence,
    struct arena *arena, struct judgement *judgement)
{
	struct gate_verdict verdict;
	const char *winner;

	judgement->choice = tell_choice(t, judgement->winner, arena);
	winner = tell_winner(t, judgement, arena);
	gate_decide(evidence, &verdict);
	judgement->allowed = verdict.allowed;
	list_refusals(&verdict, arena, judgement);
	judgement->verdict = verdict.allowed
	    ? arena_printf(arena, "%s; the gate lets it pass%s", winner,
		  tell_form(evidence))
	    : arena_printf(arena, "%s; refused: %s", winner, verdict.text);
}

static void
add_proof(const struct proof *proof, struct gate_evidence *evidence)
{
	evidence->file_fault = proof->fault;
	evidence->has_int8 = proof->has_int8;
	evidence->int8_passes = proof->int8_passes;
}

static enum model_kind
pick_winner(const struct trialled *t)
{
	struct gate_candidate candidates[MODEL_KINDS];
	size_t pick;

	for (int i = 0; i < MODEL_KINDS; i++)
		candidates[i] =
		    (struct gate_candidate){ gate_kind_of((enum model_kind)i),
			    t->loss[i] };
	pick = gate_pick(candidates, MODEL_KINDS);
	return pick < MODEL_KINDS ? (enum model_kind)pick : MODEL_LOGISTIC;
}

bool
judge(const struct trialled *trialled, const struct assessment *assessment,
    const struct groups *groups, struct judgement *judgement, struct err *err)
{
	const struct cohort *test = assessment->test;
	const struct contender *winner;
	struct gate_evidence evidence = { .leak = leak_find(test->rows,
					      test->adverse, test->count) };
	struct group_mask *masks;
	size_t count;

	*judgement = (struct judgement){ .winner = pick_winner(trialled),
		.leak = evidence.leak };
	winner = &trialled->fresh[judgement->winner];
	if (!measure_all(trialled, assessment, judgement, err))
		return false;
	add_proof(&trialled->proofs[judgement->winner], &evidence);
	evidence.challenger = gate_kind_of(judgement->winner);
	groups_masks(groups, test, assessment->arena, &masks, &count);
	if (!measure_gaps(assessment, winner, masks, count, &evidence, err))
		return false;
	evidence.has_champion = trialled->champion != NULL;
	if (evidence.has_champion) {
		evidence.champion =
		    gate_kind_of(trialled->champion->model->kind);
		evidence.log_loss = judgement->difference[judgement->winner];
		if (!measure_rises(trialled, assessment, winner, masks, count,
			&evidence, err))
			return false;
	}
	decide(trialled, &evidence, assessment->arena, judgement);
	return true;
}
