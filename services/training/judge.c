/*
 * judge.c - differences, groups, the gate, and the verdict in words.
 */
#include "services/training/judge.h"

#include <string.h>

#include "ml/gate.h"

enum { HIGH_CUT = 1 };

static enum gate_kind
kind_of(const struct contender *contender)
{
	return contender->model->kind == MODEL_NETWORK ? GATE_NETWORK
						       : GATE_LOGISTIC;
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

static bool
measure_both(const struct trialled *t, const struct assessment *a,
    struct judgement *judgement, struct err *err)
{
	if (t->champion == NULL) {
		if (!measure_difference(a, t->logistic, t->network,
			&judgement->network_difference, err))
			return false;
		judgement->logistic_difference = judgement->network_difference;
		return true;
	}
	return measure_difference(a, t->champion, t->network,
		   &judgement->network_difference, err) &&
	    measure_difference(a, t->champion, t->logistic,
		&judgement->logistic_difference, err);
}

/* Between groups, of the winner alone; `masks` is for measure_rises too. */
static bool
measure_gaps(const struct assessment *a, const struct judgement *judgement,
    const struct group_mask *masks, size_t count,
    struct gate_evidence *evidence, struct err *err)
{
	struct bootstrap_plan plan = { a->seed, ASSESS_RESAMPLES };
	struct paired paired =
	    make_pair(a, judgement->winner, judgement->winner);
	double cut = judgement->winner->model->cuts[HIGH_CUT];
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
    const struct judgement *judgement, const struct group_mask *masks,
    size_t count, struct gate_evidence *evidence, struct err *err)
{
	struct bootstrap_plan plan = { a->seed, ASSESS_RESAMPLES };
	struct paired paired = make_pair(a, t->champion, judgement->winner);
	struct rise_question question = { masks, count,
		{ t->champion->model->cuts[HIGH_CUT],
		    judgement->winner->model->cuts[HIGH_CUT] },
		GATE_GROUP_MARGIN };
	struct group_rise *rises =
	    arena_array(a->arena, count + 1, sizeof(*rises));

	evidence->group = rises;
	evidence->group_count = count;
	return count == 0 ||
	    bootstrap_group_rises(&paired, &question, &plan, rises, err);
}

/* Which one won, and against what. */
static const char *
tell_winner(const struct trialled *t, const struct judgement *judgement,
    struct arena *arena)
{
	const struct difference *d = &judgement->network_difference;
	bool is_network = judgement->winner == t->network;

	if (t->champion == NULL)
		return arena_printf(arena,
		    "log loss %.4f (network), %.4f (logistic regression); "
		    "difference %+.4f, 95 %% bound %+.4f: the %s is %s",
		    t->network_loss, t->logistic_loss, d->mean, d->upper,
		    judgement->winner->name,
		    is_network ? "better by more than a tie"
			: t->network_loss < t->logistic_loss
			? "as good, and simpler"
			: "no worse, and simpler");
	d = is_network ? d : &judgement->logistic_difference;
	return arena_printf(arena,
	    "log loss %.4f (network), %.4f (logistic regression); the %s "
	    "differs from the champion by %+.4f, 95 %% bound %+.4f",
	    t->network_loss, t->logistic_loss, judgement->winner->name, d->mean,
	    d->upper);
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

static void
decide(const struct trialled *t, const struct gate_evidence *evidence,
    struct arena *arena, struct judgement *judgement)
{
	struct gate_verdict verdict;
	const char *winner = tell_winner(t, judgement, arena);

	gate_decide(evidence, &verdict);
	judgement->allowed = verdict.allowed;
	list_refusals(&verdict, arena, judgement);
	judgement->verdict = verdict.allowed
	    ? arena_printf(arena, "%s; the gate lets it pass", winner)
	    : arena_printf(arena, "%s; refused: %s", winner, verdict.text);
}

bool
judge(const struct trialled *trialled, const struct assessment *assessment,
    const struct groups *groups, struct judgement *judgement, struct err *err)
{
	struct gate_candidate candidates[] = {
		{ GATE_LOGISTIC, trialled->logistic_loss },
		{ GATE_NETWORK, trialled->network_loss },
	};
	const struct cohort *test = assessment->test;
	struct gate_evidence evidence = { .golden_vectors_pass = true,
		.leak = leak_find(test->rows, test->adverse, test->count) };

	struct group_mask *masks;
	size_t count;

	*judgement = (struct judgement){ .leak = evidence.leak };
	judgement->winner = gate_pick(candidates, ARRAY_SIZE(candidates)) == 1
	    ? trialled->network
	    : trialled->logistic;
	if (!measure_both(trialled, assessment, judgement, err))
		return false;
	evidence.challenger = kind_of(judgement->winner);
	groups_masks(groups, test, assessment->arena, &masks, &count);
	if (!measure_gaps(assessment, judgement, masks, count, &evidence, err))
		return false;
	evidence.has_champion = trialled->champion != NULL;
	if (evidence.has_champion) {
		evidence.champion = kind_of(trialled->champion);
		evidence.log_loss = judgement->winner == trialled->network
		    ? judgement->network_difference
		    : judgement->logistic_difference;
		if (!measure_rises(trialled, assessment, judgement, masks,
			count, &evidence, err))
			return false;
	}
	decide(trialled, &evidence, assessment->arena, judgement);
	return true;
}
