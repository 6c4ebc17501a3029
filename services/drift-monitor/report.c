/* report.c - columns of a comparison become rows of a report. */
#include "services/drift-monitor/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ml/features.h"

static enum drift_state
state_of(enum drift_verdict verdict)
{
	switch (verdict) {
	case DRIFT_STABLE:
		return DRIFT_STATE_STABLE;
	case DRIFT_DRIFTED:
		return DRIFT_STATE_DRIFTED;
	case DRIFT_NOT_ENOUGH_DATA:
		return DRIFT_STATE_NOT_ENOUGH_DATA;
	}
	return DRIFT_STATE_NOT_ENOUGH_DATA;
}

static void
fill_numbers(const struct drift_column *column, struct drift_feature *feature)
{
	feature->has_psi = feature->has_effect = feature->has_limit = true;
	feature->psi = column->index;
	feature->effect = column->effect;
	feature->limit = column->limit;
	feature->has_ks = feature->has_p = feature->has_p_corrected = true;
	feature->ks = column->d;
	feature->p = column->p;
	feature->p_corrected = column->corrected;
	feature->method = ks_method_name(column->method);
	feature->has_reference_mean = !isnan(column->reference_mean);
	feature->reference_mean = column->reference_mean;
	feature->has_current_mean = !isnan(column->window_mean);
	feature->current_mean = column->window_mean;
	feature->has_reference_missing = feature->has_current_missing = true;
	feature->reference_missing = column->reference_missing;
	feature->current_missing = column->window_missing;
}

static void
fill_feature(const struct drift_column *column, int index,
    struct drift_feature *feature)
{
	bool is_score = index == REFERENCE_SCORE;

	*feature = (struct drift_feature){
		.name =
		    is_score ? "risk_score" : feature_row((size_t)index)->name,
		.label =
		    is_score ? "Risk score" : feature_row((size_t)index)->label,
		.verdict = state_of(column->verdict),
	};
	if (column->verdict != DRIFT_NOT_ENOUGH_DATA)
		fill_numbers(column, feature);
}

static int
compare_features(const void *a, const void *b)
{
	const struct drift_feature *left = a, *right = b;
	bool is_left = left->verdict == DRIFT_STATE_DRIFTED;
	bool is_right = right->verdict == DRIFT_STATE_DRIFTED;

	if (is_left != is_right)
		return is_left ? -1 : 1;
	if (left->effect > right->effect || left->effect < right->effect)
		return left->effect > right->effect ? -1 : 1;
	return strcmp(left->name, right->name);
}

void
report_fill(const struct drift_finding *finding, struct arena *arena,
    struct drift_report *report)
{
	report->verdict = state_of(finding->verdict);
	report->judged = finding->judged;
	report->drifted = finding->drifted;
	report->has_reference_rows = report->has_same_week = true;
	report->reference_rows = (int64_t)finding->reference_rows;
	report->same_week = finding->matched;
	report->features_count = REFERENCE_COLUMNS;
	report->features =
	    arena_array(arena, REFERENCE_COLUMNS, sizeof(*report->features));
	for (int i = 0; i < REFERENCE_COLUMNS; i++)
		fill_feature(&finding->columns[i], i, &report->features[i]);
	qsort(report->features, REFERENCE_COLUMNS, sizeof(*report->features),
	    compare_features);
}

size_t
report_drifted(const struct drift_report *report, struct arena *arena,
    const char ***names)
{
	size_t count = 0;

	*names = arena_array(arena, report->features_count + 1, sizeof(char *));
	for (size_t i = 0; i < report->features_count; i++)
		if (report->features[i].verdict == DRIFT_STATE_DRIFTED)
			(*names)[count++] = report->features[i].name;
	return count;
}
