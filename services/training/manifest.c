/*
 * manifest.c - one JSON object, members in a fixed order.
 */
#include "services/training/manifest.h"

#include <string.h>

#include "base/clock.h"
#include "ml/features.h"
#include "wire/json.h"

static void
name(struct buf *out, const char *text)
{
	if (out->data[out->size - 1] != '{')
		buf_byte(out, ',');
	json_text(out, slice_of(text));
	buf_byte(out, ':');
}

static void
put_text(struct buf *out, const char *key, const char *text)
{
	name(out, key);
	json_text(out, slice_of(text));
}

static void
put_real(struct buf *out, const char *key, double value)
{
	name(out, key);
	json_real(out, value);
}

static void
put_day(struct buf *out, const char *key, int32_t day)
{
	char text[DAY_TEXT_SIZE];

	day_print(day, text);
	put_text(out, key, text);
}

static void
put_texts(struct buf *out, const char *key, const char *const *items,
    size_t count)
{
	name(out, key);
	buf_byte(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		json_text(out, slice_of(items[i]));
	}
	buf_byte(out, ']');
}

static void
put_reals(struct buf *out, const char *key, const double *items, size_t count)
{
	name(out, key);
	buf_byte(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		json_real(out, items[i]);
	}
	buf_byte(out, ']');
}

static void
put_window(struct buf *out, const struct work_question *q)
{
	name(out, "data");
	buf_byte(out, '{');
	put_texts(out, "train_terms", q->train_terms, q->train_terms_count);
	put_reals(out, "train_weeks", q->train_weeks, q->train_weeks_count);
	put_day(out, "train_known_by", q->train_known_by);
	put_texts(out, "test_terms", q->test_terms, q->test_terms_count);
	put_reals(out, "test_weeks", q->test_weeks, q->test_weeks_count);
	put_day(out, "test_known_by", q->test_known_by);
	buf_byte(out, '}');
}

static void
put_settings(struct buf *out, const struct provenance *p)
{
	name(out, "settings");
	buf_byte(out, '{');
	put_real(out, "seed", (double)p->question->seed);
	put_real(out, "folds", (double)p->question->folds);
	if (p->question->has_grades_sooner)
		put_real(out, "report_grades_sooner",
		    (double)p->question->grades_sooner);
	if (p->fitted != NULL) {
		put_real(out, "l2", p->fitted->l2);
		put_real(out, "held_out_log_loss", p->fitted->loss);
	}
	if (p->grown != NULL) {
		const struct booster_settings *s = &p->grown->settings;

		put_real(out, "trees", p->grown->count);
		put_real(out, "depth", s->depth);
		put_real(out, "rate", s->rate);
		put_real(out, "least_curvature", s->least);
		put_real(out, "l2", s->l2);
		put_real(out, "row_share", s->row_share);
		put_real(out, "input_share", s->input_share);
		put_real(out, "held_out_log_loss", p->grown->loss);
	}
	if (p->chosen != NULL) {
		const struct trial_settings *s = &p->chosen->settings;

		put_real(out, "hidden", s->hidden);
		put_real(out, "rate", s->rate);
		put_real(out, "decay", s->decay);
		put_real(out, "gru_dropout", s->gru_dropout);
		put_real(out, "fusion_dropout", s->fusion_dropout);
		put_real(out, "input_dropout", s->input_dropout);
		put_real(out, "regression_l2", s->l2);
		put_real(out, "epochs", p->chosen->epochs);
		put_real(out, "held_out_log_loss", p->chosen->loss);
	}
	buf_byte(out, '}');
}

/* Its own figures alone, over all weeks: a model's file does not depend on what
 * it was compared with.  Weeks and bins stay in the report. */
static void
put_evaluations(struct buf *out, const struct model_report *report,
    const char *model)
{
	const char *between = "";

	name(out, "evaluations");
	buf_byte(out, '[');
	for (size_t i = 0; i < report->evaluations_count; i++) {
		struct evaluation evaluation = report->evaluations[i];

		if (evaluation.has_week || strcmp(evaluation.model, model) != 0)
			continue;
		evaluation.calibration_count = 0;
		buf_text(out, between);
		json_encode(&evaluation_message, &evaluation, out);
		between = ",";
	}
	buf_byte(out, ']');
}

/* Those that have figures, while there is room. */
static void
put_groups(struct buf *out, const struct model_report *report)
{
	size_t began = out->size, left_out = 0;
	const char *between = "";

	name(out, "groups");
	buf_byte(out, '[');
	for (size_t i = 0; i < report->groups_count; i++) {
		const struct group_report *group = &report->groups[i];

		if (!group->enough ||
		    out->size - began > MANIFEST_GROUPS_SIZE) {
			left_out++;
			continue;
		}
		buf_text(out, between);
		json_encode(&group_report_message, group, out);
		between = ",";
	}
	buf_byte(out, ']');
	put_real(out, "groups_left_out", (double)left_out);
}

static void
put_figures(struct buf *out, const struct model_report *report,
    const char *model)
{
	put_real(out, "train_samples", (double)report->train_samples);
	put_real(out, "train_students", (double)report->train_students);
	put_real(out, "dropped_students", (double)report->dropped_students);
	put_evaluations(out, report, model);
	put_groups(out, report);
}

/* What the text int8 of the file says; the report has every group. */
static void
put_quantisation(struct buf *out, const struct quantisation *worst)
{
	name(out, "int8");
	buf_byte(out, '{');
	put_text(out, "passes", quantisation_passes(worst) ? "yes" : "no");
	put_real(out, "samples", (double)worst->count);
	put_real(out, "worst", worst->worst);
	put_real(out, "mean_of_worst_group", worst->mean);
	put_real(out, "agreement_of_worst_group", worst->agreement);
	buf_byte(out, '}');
}

/* What the tensors drift.* hold (ml/model_file.h), for people. */
static void
put_reference(struct buf *out, const struct reference *reference)
{
	double weeks[REFERENCE_WEEKS], rows[REFERENCE_WEEKS];

	for (int i = 0; i < reference->weeks; i++) {
		weeks[i] = (double)reference->week[i];
		rows[i] = (double)reference->rows[i];
	}
	name(out, "drift_reference");
	buf_byte(out, '{');
	put_reals(out, "weeks", weeks, (size_t)reference->weeks);
	put_reals(out, "rows", rows, (size_t)reference->weeks);
	put_real(out, "bins", REFERENCE_BINS);
	put_real(out, "sample", REFERENCE_SAMPLE);
	buf_byte(out, '}');
}

void
manifest_write(const struct model *model, const struct provenance *provenance,
    struct buf *out)
{
	const char *kind = model_kind_name(model->kind);

	buf_byte(out, '{');
	put_text(out, "kind", kind);
	put_real(out, "feature_version", FEATURE_VERSION);
	if (model->kind == MODEL_NETWORK)
		put_text(out, "kernels", network_kernels(model->network));
	put_text(out, "interval",
	    "90 %, one-step bootstrap of the last layer by student, "
	    "widened by what folds differ or other kinds know better");
	put_text(out, "calibration",
	    model->isotonic.count > 0 ? "isotonic over Platt" : "Platt");
	put_window(out, provenance->question);
	put_settings(out, provenance);
	put_figures(out, provenance->report, kind);
	if (model->quantisation.count > 0)
		put_quantisation(out, &model->quantisation);
	if (model->reference != NULL)
		put_reference(out, model->reference);
	buf_byte(out, '}');
}
