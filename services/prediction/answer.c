/* answer.c - words a prediction. */
#include "services/prediction/answer.h"

#include <math.h>
#include <stdlib.h>

/* Weights are printed to a millionth of a logit; less is no reason. */
enum { WEIGHT_PARTS = 1000000 };

/* The most that a message holds, of a reason and of what all of them miss. */
#define WEIGHT_MOST 1e6
#define MISSED_MOST 1e9

static enum risk_level
level_of(enum risk_category category)
{
	switch (category) {
	case RISK_LOW:
		return LEVEL_LOW;
	case RISK_MEDIUM:
		return LEVEL_MEDIUM;
	case RISK_HIGH:
		return LEVEL_HIGH;
	case RISK_CRITICAL:
		return LEVEL_CRITICAL;
	}
	return LEVEL_LOW;
}

static int32_t
days_to_review(enum risk_category category)
{
	switch (category) {
	case RISK_LOW:
		return 28;
	case RISK_MEDIUM:
		return 14;
	case RISK_HIGH:
	case RISK_CRITICAL:
		return 7;
	}
	return 7;
}

int32_t
answer_review(enum risk_category category, int32_t day, int32_t course_end_day)
{
	int32_t latest = course_end_day > day ? course_end_day : day;
	int32_t wanted = days_to_review(category);

	return wanted > latest - day ? latest : day + wanted;
}

void
answer_fill(const struct look *look, struct arena *arena,
    struct prediction *prediction)
{
	const struct subject *subject = look->subject;

	*prediction = (struct prediction){
		.student_id = subject->student_id,
		.course_id = subject->course_id,
		.risk_score = look->score,
		.risk_category = level_of(look->category),
		.reference_date = look->day,
		.next_review_date = answer_review(look->category, look->day,
		    subject->features.course_end_day),
		.log_position = subject->log_position,
		.feature_version = FEATURE_VERSION,
	};
	prediction->confidence = arena_alloc(arena, sizeof(struct interval));
	*prediction->confidence = (struct interval){ look->low, look->high };
	answer_trend(look, 1, arena, prediction);
}

void
answer_trend(const struct look *looks, size_t count, struct arena *arena,
    struct prediction *prediction)
{
	prediction->trend =
	    arena_array(arena, count, sizeof(struct trend_point));
	prediction->trend_count = 0;
	for (size_t i = 0; i < count; i++)
		if (looks[i].sequence.status == FEATURES_READY)
			prediction->trend[prediction->trend_count++] =
			    (struct trend_point){ looks[i].day,
				    looks[i].score };
}

void
answer_values(const struct look *look, float values[ANSWER_VALUES])
{
	const struct feature_sequence *sequence = &look->sequence;
	const float *last =
	    sequence->steps + (sequence->step_count - 1) * FEATURE_COUNT;

	for (size_t i = 0; i < FEATURE_COUNT; i++)
		values[i] = last[i];
	for (size_t i = 0; i < CONTEXT_COUNT; i++)
		values[FEATURE_COUNT + i] = sequence->context[i];
}

/* The typical student's value in the same week, not standardised. */
static double
typical_value(const struct model *model, const struct look *look, size_t index)
{
	size_t step = look->sequence.step_count - 1;
	float value = index < FEATURE_COUNT
	    ? model->baseline.steps[step * FEATURE_COUNT + index]
	    : model->baseline.context[index - FEATURE_COUNT];
	float deviation = model->standard.deviation[index];

	return (double)value * (deviation == 0 ? 1.0 : (double)deviation) +
	    (double)model->standard.mean[index];
}

/* The shortest decimal number that a float stands for has up to 9 digits;
 * 6 are enough to read and always the same. */
static double
readable(double value)
{
	double parts = 1e6;

	return fabs(value) < 1e9 ? round(value * parts) / parts : value;
}

static double
bounded(double value, double most)
{
	return fmax(-most, fmin(most, value));
}

static double
weight_of(const struct explanation *explanation, size_t index)
{
	double weight = index < FEATURE_COUNT
	    ? (double)explanation->features[index]
	    : (double)explanation->context[index - FEATURE_COUNT];

	weight = round(weight * WEIGHT_PARTS) / WEIGHT_PARTS;
	return bounded(weight, WEIGHT_MOST);
}

static void
fill_reason(const struct look *look, const struct model *model, size_t index,
    double weight, float value, struct reason *reason)
{
	const struct feature_row *row = feature_row(index);

	*reason = (struct reason){
		.factor = row->name,
		.label = row->label,
		.group = feature_group_name(row->group),
		.weight = weight,
		.value = isnan(value) ? 0 : readable((double)value),
		.has_value = !isnan(value),
		.typical_value = readable(typical_value(model, look, index)),
		.has_typical_value = true,
		.direction = weight > 0 ? "raises" : "lowers",
		.actionable = row->is_actionable,
	};
	if (weight > 0 && row->is_actionable && row->advice[0] != '\0')
		reason->recommendation = row->advice;
}

/* Strongest first; of equal ones the one whose name comes first. */
static int
compare_reasons(const void *a, const void *b)
{
	const struct reason *left = a, *right = b;
	double difference = fabs(right->weight) - fabs(left->weight);

	if (difference != 0)
		return difference > 0 ? 1 : -1;
	return feature_index(left->factor) < feature_index(right->factor) ? -1
									  : 1;
}

static void
fill_groups(const struct explanation *explanation, struct arena *arena,
    struct prediction *prediction)
{
	const float *shares = explanation->groups;

	prediction->groups = arena_alloc(arena, sizeof(struct group_share));
	*prediction->groups = (struct group_share){
		.attendance = readable((double)shares[GROUP_ATTENDANCE]),
		.grades = readable((double)shares[GROUP_GRADES]),
		.discipline = readable((double)shares[GROUP_DISCIPLINE]),
	};
}

void
answer_reasons(const struct look *look, const struct model *model,
    const struct explanation *explanation, struct arena *arena,
    struct prediction *prediction)
{
	struct reason *reasons =
	    arena_array(arena, ANSWER_VALUES, sizeof(*reasons));
	float values[ANSWER_VALUES];
	size_t count = 0;

	answer_values(look, values);
	for (size_t i = 0; i < ANSWER_VALUES; i++) {
		double weight = weight_of(explanation, i);

		if (weight != 0)
			fill_reason(look, model, i, weight, values[i],
			    &reasons[count++]);
	}
	qsort(reasons, count, sizeof(*reasons), compare_reasons);
	prediction->explanations = reasons;
	prediction->explanations_count = count;
	for (size_t i = count; i-- > 0;)
		if (reasons[i].recommendation != NULL)
			prediction->next_step = reasons[i].recommendation;
	fill_groups(explanation, arena, prediction);
	prediction->has_unexplained = !explanation->is_complete;
	if (prediction->has_unexplained)
		prediction->unexplained = readable(
		    bounded((double)explanation->unexplained, MISSED_MOST));
}

void
answer_features(const struct look *look, struct arena *arena,
    struct prediction *prediction)
{
	float values[ANSWER_VALUES];

	answer_values(look, values);
	prediction->features =
	    arena_array(arena, ANSWER_VALUES, sizeof(struct feature_value));
	prediction->features_count = ANSWER_VALUES;
	for (size_t i = 0; i < ANSWER_VALUES; i++)
		prediction->features[i] = (struct feature_value){
			.name = feature_row(i)->name,
			.value =
			    isnan(values[i]) ? 0 : readable((double)values[i]),
			.has_value = !isnan(values[i]),
		};
}

void
answer_trim(const struct wish *wish, struct prediction *prediction)
{
	if (!wish->has_features) {
		prediction->features = NULL;
		prediction->features_count = 0;
	}
	if (!wish->has_reasons) {
		prediction->explanations = NULL;
		prediction->explanations_count = 0;
		prediction->groups = NULL;
		prediction->has_unexplained = false;
	} else if (wish->reasons_most > 0 &&
	    prediction->explanations_count > wish->reasons_most)
		prediction->explanations_count = wish->reasons_most;
	if (wish->trend_most > 0 &&
	    prediction->trend_count > wish->trend_most) {
		prediction->trend += prediction->trend_count - wish->trend_most;
		prediction->trend_count = wish->trend_most;
	}
}

struct prediction *
answer_shorten(const struct prediction *prediction,
    const struct subject *subject, struct arena *arena)
{
	static const struct wish wish = { .trend_most = 1 };
	struct prediction *copy = arena_alloc(arena, sizeof(*copy));
	struct trend_point *point = arena_alloc(arena, sizeof(*point));

	*copy = *prediction;
	answer_trim(&wish, copy);
	copy->student_id = subject->student_id;
	copy->course_id = subject->course_id;
	copy->prediction_id = arena_copy(arena, prediction->prediction_id);
	copy->model_version = arena_copy(arena, prediction->model_version);
	copy->arm = arena_copy(arena, prediction->arm);
	if (prediction->experiment != NULL)
		copy->experiment = arena_copy(arena, prediction->experiment);
	copy->next_step = NULL;
	copy->confidence = arena_alloc(arena, sizeof(*copy->confidence));
	*copy->confidence = *prediction->confidence;
	*point = copy->trend[0];
	copy->trend = point;
	return copy;
}
