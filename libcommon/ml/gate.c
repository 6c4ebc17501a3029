/* gate.c - every rule is asked, and every refusal is put into words. */
#include "ml/gate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"
#include "ml/feature_rows.h"

static void PRINTF_LIKE(3, 4) refuse(struct gate_verdict *verdict,
    enum gate_reason reason, const char *format, ...)
{
	size_t used = strlen(verdict->text);
	size_t room = sizeof(verdict->text) - used;
	va_list values;
	int size;

	verdict->allowed = false;
	verdict->refused_by[reason] = true;
	size = snprintf(verdict->text + used, room, "%s", used > 0 ? "; " : "");
	if (size < 0 || (size_t)size >= room)
		return;
	va_start(values, format);
	vsnprintf(verdict->text + used + size, room - (size_t)size, format,
	    values);
	va_end(values);
	verdict->text[utf8_valid(slice_of(verdict->text))] = '\0';
}

static void
check_files(const struct gate_evidence *evidence, struct gate_verdict *verdict)
{
	if (evidence->file_fault != NULL)
		refuse(verdict, GATE_GOLDEN_VECTORS,
		    "it does not come out of its file: %s",
		    evidence->file_fault);
	if (evidence->has_int8 && !evidence->int8_passes)
		refuse(verdict, GATE_QUANTISATION,
		    "its golden vectors do not come out by the 8-bit weights "
		    "that its file allows");
}

static void
check_leak(const struct leak *leak, struct gate_verdict *verdict)
{
	if (leak->separation >= LEAK_LIMIT)
		refuse(verdict, GATE_LEAK,
		    "%s alone tells how the test ends (%.3f of all pairs in "
		    "order): it was filled in when that was known",
		    feature_row((size_t)leak->input)->name, leak->separation);
}

static void
check_log_loss(const struct difference *difference,
    struct gate_verdict *verdict)
{
	if (!(difference->upper < GATE_MARGIN))
		refuse(verdict, GATE_LOG_LOSS,
		    "log loss may be worse by %.4f (upper bound), %.4f is "
		    "too much",
		    difference->upper, GATE_MARGIN);
}

static void
check_tie(const struct gate_evidence *evidence, struct gate_verdict *verdict)
{
	double mean = evidence->log_loss.mean;

	if (evidence->challenger > evidence->champion &&
	    fabs(mean) < GATE_MARGIN)
		refuse(verdict, GATE_TIE,
		    "log loss differs by %.4f, a tie: the simpler champion "
		    "stays",
		    mean);
}

/* The tested group with the highest bound over the margin, or NULL. */
static const struct group_rise *
find_worst(const struct group_rise *groups, size_t count, double margin)
{
	const struct group_rise *worst = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct group_rise *group = &groups[i];

		if (!group->tested || group->lower <= margin)
			continue;
		if (worst == NULL || !(group->lower <= worst->lower))
			worst = group;
	}
	return worst;
}

static void
check_gaps(const struct gate_evidence *evidence, struct gate_verdict *verdict)
{
	const struct group_rise *worst =
	    find_worst(evidence->gap, evidence->gap_count, GATE_GAP_MARGIN);

	if (worst != NULL)
		refuse(verdict, GATE_GAP,
		    "of %s, more at risk are missed than of others: %.3f, "
		    "of others %.3f (lower bound of the gap %.3f, over %.2f)",
		    worst->name, worst->challenger_rate, worst->champion_rate,
		    worst->lower, GATE_GAP_MARGIN);
}

static void
check_groups(const struct gate_evidence *evidence, struct gate_verdict *verdict)
{
	const struct group_rise *worst = find_worst(evidence->group,
	    evidence->group_count, GATE_GROUP_MARGIN);

	verdict->worst = worst;
	if (worst != NULL)
		refuse(verdict, GATE_GROUP,
		    "of %s, more at risk are missed: %.3f, was %.3f (lower "
		    "bound of the rise %.3f, over %.2f)",
		    worst->name, worst->challenger_rate, worst->champion_rate,
		    worst->lower, GATE_GROUP_MARGIN);
}

void
gate_decide(const struct gate_evidence *evidence, struct gate_verdict *verdict)
{
	*verdict = (struct gate_verdict){ .allowed = true };
	check_files(evidence, verdict);
	check_leak(&evidence->leak, verdict);
	check_gaps(evidence, verdict);
	if (!evidence->has_champion)
		return;
	check_log_loss(&evidence->log_loss, verdict);
	check_tie(evidence, verdict);
	check_groups(evidence, verdict);
}

const char *
gate_reason_slug(enum gate_reason reason)
{
	static const char *const slugs[GATE_REASONS] = {
		[GATE_GOLDEN_VECTORS] = "golden-vectors",
		[GATE_QUANTISATION] = "quantisation",
		[GATE_LOG_LOSS] = "log-loss",
		[GATE_TIE] = "tie",
		[GATE_GROUP] = "group-false-negatives",
		[GATE_LEAK] = "leak",
		[GATE_GAP] = "group-gap",
	};

	must(reason < GATE_REASONS);
	return slugs[reason];
}

static bool
is_in_question(const struct gate_candidate *candidate, bool allowed)
{
	return candidate->allowed == allowed && isfinite(candidate->log_loss);
}

static double
best_log_loss(const struct gate_candidate *candidate, size_t count,
    bool allowed)
{
	double best = INFINITY;

	for (size_t i = 0; i < count; i++)
		if (is_in_question(&candidate[i], allowed) &&
		    candidate[i].log_loss < best)
			best = candidate[i].log_loss;
	return best;
}

/* Both are in the tie with the best. */
static bool
is_preferred(const struct gate_candidate *a, const struct gate_candidate *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->log_loss < b->log_loss;
}

static size_t
pick_among(const struct gate_candidate *candidate, size_t count, bool allowed)
{
	double best = best_log_loss(candidate, count, allowed);
	size_t pick = count;

	for (size_t i = 0; i < count; i++) {
		bool is_tied = is_in_question(&candidate[i], allowed) &&
		    candidate[i].log_loss - best < GATE_MARGIN;

		if (is_tied &&
		    (pick == count ||
			is_preferred(&candidate[i], &candidate[pick])))
			pick = i;
	}
	return pick;
}

size_t
gate_pick(const struct gate_candidate *candidate, size_t count)
{
	size_t pick = pick_among(candidate, count, true);

	return pick < count ? pick : pick_among(candidate, count, false);
}
