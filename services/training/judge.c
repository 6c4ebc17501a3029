/*
 * judge.c - differences, groups, the gate, and the rulings in words.
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

/* What all of them are judged by. */
struct hearing {
	const struct trialled *trialled;
	const struct assessment *assessment;
	const struct group_mask *masks; /* (count), of the test's samples */
	size_t count;
	struct leak leak;
};

/* Between groups, of the model alone. */
static bool
measure_gaps(const struct hearing *hearing, const struct contender *model,
    struct gate_evidence *evidence, struct err *err)
{
	const struct assessment *a = hearing->assessment;
	struct bootstrap_plan plan = { a->seed, ASSESS_RESAMPLES };
	struct paired paired = make_pair(a, model, model);
	double cut = model->model->cuts[HIGH_CUT];
	struct rise_question question = { hearing->masks, hearing->count,
		{ cut, cut }, GATE_GAP_MARGIN };
	struct group_rise *gaps =
	    arena_array(a->arena, hearing->count + 1, sizeof(*gaps));

	evidence->gap = gaps;
	evidence->gap_count = hearing->count;
	return hearing->count == 0 ||
	    bootstrap_group_gaps(&paired, &question, &plan, gaps, err);
}

/* Against the champion. */
static bool
measure_rises(const struct hearing *hearing, const struct contender *model,
    struct gate_evidence *evidence, struct err *err)
{
	const struct assessment *a = hearing->assessment;
	const struct contender *champion = hearing->trialled->champion;
	struct bootstrap_plan plan = { a->seed, ASSESS_RESAMPLES };
	struct paired paired = make_pair(a, champion, model);
	struct rise_question question = { hearing->masks, hearing->count,
		{ champion->model->cuts[HIGH_CUT],
		    model->model->cuts[HIGH_CUT] },
		GATE_GROUP_MARGIN };
	struct group_rise *rises =
	    arena_array(a->arena, hearing->count + 1, sizeof(*rises));

	evidence->group = rises;
	evidence->group_count = hearing->count;
	return hearing->count == 0 ||
	    bootstrap_group_rises(&paired, &question, &plan, rises, err);
}

static bool
gather_evidence(const struct hearing *hearing, enum model_kind kind,
    struct gate_evidence *evidence, struct err *err)
{
	const struct trialled *t = hearing->trialled;
	const struct contender *model = &t->fresh[kind];

	*evidence = (struct gate_evidence){ .challenger = gate_kind_of(kind),
		.file_fault = t->proofs[kind].fault,
		.has_int8 = t->proofs[kind].has_int8,
		.int8_passes = t->proofs[kind].int8_passes,
		.leak = hearing->leak,
		.has_champion = t->champion != NULL };
	if (!measure_difference(hearing->assessment, reference_of(t, kind),
		model, &evidence->log_loss, err) ||
	    !measure_gaps(hearing, model, evidence, err))
		return false;
	if (t->champion == NULL)
		return true;
	evidence->champion = gate_kind_of(t->champion->model->kind);
	return measure_rises(hearing, model, evidence, err);
}

static void
list_refusals(const struct gate_verdict *verdict, struct arena *arena,
    struct ruling *ruling)
{
	ruling->refused_by =
	    arena_array(arena, GATE_REASONS, sizeof(const char *));
	for (enum gate_reason i = 0; i < GATE_REASONS; i++)
		if (verdict->refused_by[i])
			ruling->refused_by[ruling->refused_by_count++] =
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

static bool
rule(const struct hearing *hearing, enum model_kind kind, struct ruling *ruling,
    struct err *err)
{
	struct arena *arena = hearing->assessment->arena;
	struct gate_evidence evidence;
	struct gate_verdict verdict;
	const char *reference = hearing->trialled->champion != NULL
	    ? "the champion"
	    : reference_of(hearing->trialled, kind)->name;

	if (!gather_evidence(hearing, kind, &evidence, err))
		return false;
	gate_decide(&evidence, &verdict);
	*ruling = (struct ruling){ .difference = evidence.log_loss,
		.allowed = verdict.allowed };
	list_refusals(&verdict, arena, ruling);
	ruling->verdict = arena_printf(arena,
	    "it differs from %s by %+.4f, 95 %% bound %+.4f; %s%s", reference,
	    evidence.log_loss.mean, evidence.log_loss.upper,
	    verdict.allowed ? "the gate lets it pass" : "refused: ",
	    verdict.allowed ? tell_form(&evidence) : verdict.text);
	return true;
}

static enum model_kind
pick_winner(const struct trialled *t, const struct ruling *rulings)
{
	struct gate_candidate candidates[MODEL_KINDS];
	size_t pick;

	for (int i = 0; i < MODEL_KINDS; i++)
		candidates[i] =
		    (struct gate_candidate){ gate_kind_of((enum model_kind)i),
			    rulings[i].allowed, t->loss[i] };
	pick = gate_pick(candidates, MODEL_KINDS);
	return pick < MODEL_KINDS ? (enum model_kind)pick : MODEL_LOGISTIC;
}

/* Why it is the winner among those that were in question, which are as
 * allowed as it is. */
static const char *
reason_of(const struct trialled *t, const struct judgement *judgement)
{
	enum model_kind winner = judgement->winner;
	bool is_best = true, is_simplest = true, is_only = true;

	for (int i = 0; i < MODEL_KINDS; i++) {
		if (i == (int)winner ||
		    judgement->rulings[i].allowed !=
			judgement->rulings[winner].allowed)
			continue;
		is_only = false;
		if (t->loss[i] < t->loss[winner])
			is_best = false;
		if (gate_kind_of((enum model_kind)i) < gate_kind_of(winner))
			is_simplest = false;
	}
	if (is_only)
		return "the only one";
	if (!is_best)
		return "as good, and simpler";
	return is_simplest ? "no worse, and simpler"
			   : "better than what is simpler by more than a tie";
}

/* The rules that refused the others of an allowed winner. */
static const char *
tell_refused(const struct judgement *judgement, struct arena *arena)
{
	const char *told = "";

	if (!judgement->rulings[judgement->winner].allowed)
		return told;
	for (int i = 0; i < MODEL_KINDS; i++) {
		const struct ruling *ruling = &judgement->rulings[i];

		for (size_t k = 0; k < ruling->refused_by_count; k++)
			told = k > 0
			    ? arena_printf(arena, "%s, %s", told,
				  ruling->refused_by[k])
			    : arena_printf(arena, "%s; %s is refused by %s",
				  told, model_kind_name((enum model_kind)i),
				  ruling->refused_by[k]);
	}
	return told;
}

static const char *
tell_choice(const struct trialled *t, const struct judgement *judgement,
    struct arena *arena)
{
	const char *refused = tell_refused(judgement, arena);
	const char *among = !judgement->rulings[judgement->winner].allowed
	    ? ", none of which may pass,"
	    : refused[0] != '\0' ? " that may pass"
				 : "";

	return arena_printf(arena,
	    "log loss %.4f (logistic regression), %.4f (boosted trees), "
	    "%.4f (network): of the new ones%s %s is %s%s",
	    t->loss[MODEL_LOGISTIC], t->loss[MODEL_TREES],
	    t->loss[MODEL_NETWORK], among, model_kind_name(judgement->winner),
	    reason_of(t, judgement), refused);
}

bool
judge(const struct trialled *trialled, const struct assessment *assessment,
    const struct groups *groups, struct judgement *judgement, struct err *err)
{
	const struct cohort *test = assessment->test;
	struct hearing hearing = { .trialled = trialled,
		.assessment = assessment,
		.leak = leak_find(test->rows, test->adverse, test->count) };
	struct group_mask *masks;

	*judgement = (struct judgement){ .leak = hearing.leak };
	groups_masks(groups, test, assessment->arena, &masks, &hearing.count);
	hearing.masks = masks;
	for (int i = 0; i < MODEL_KINDS; i++)
		if (!rule(&hearing, (enum model_kind)i, &judgement->rulings[i],
			err))
			return false;
	judgement->winner = pick_winner(trialled, judgement->rulings);
	judgement->choice = tell_choice(trialled, judgement, assessment->arena);
	return true;
}
