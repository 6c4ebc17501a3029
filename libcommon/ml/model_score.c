/*
 * model_score.c - from a logit to score, category and interval.
 */
#include <math.h>
#include <stdlib.h>

#include "base/must.h"
#include "ml/model_inner.h"

/* 1 / (1 + e^-x): e^x never overflows. */
static double
sigmoid(double x)
{
	double small = exp(-fabs(x));

	return x >= 0 ? 1 / (1 + small) : small / (1 + small);
}

double
model_calibrated(const struct model *model, double logit)
{
	return model->calibration.slope * logit + model->calibration.intercept;
}

double
model_score(const struct model *model, double logit)
{
	return sigmoid(
	    isotonic_apply(&model->isotonic, model_calibrated(model, logit)));
}

enum risk_category
model_category(const struct model *model, double score)
{
	if (score >= model->cuts[2])
		return RISK_CRITICAL;
	if (score >= model->cuts[1])
		return RISK_HIGH;
	return score >= model->cuts[0] ? RISK_MEDIUM : RISK_LOW;
}

const char *
risk_category_name(enum risk_category category)
{
	switch (category) {
	case RISK_LOW:
		return "low";
	case RISK_MEDIUM:
		return "medium";
	case RISK_HIGH:
		return "high";
	case RISK_CRITICAL:
		return "critical";
	}
	must(!"a category");
	return "";
}

/* The logit of a row of last weights. */
static double
last_logit(const float *weights, int width, const float *inputs)
{
	double logit = (double)weights[width];

	for (int i = 0; i < width; i++)
		logit += (double)weights[i] * (double)inputs[i];
	return logit;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Linear between the order statistics (Hyndman and Fan 1996, type 6): of few
 * rows the outer ones stand for their share, which type 7 makes smaller. */
static double
percentile(const double *sorted, int count, double share)
{
	double at = fmax(0, share * (count + 1) - 1);
	int below = (int)at;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] +
	    (at - below) * (sorted[below + 1] - sorted[below]);
}

bool
model_interval(const struct model *model, const float *inputs, double *low,
    double *high)
{
	double scores[MODEL_SPREAD_MAX], score;
	float row[MODEL_WIDTH_MAX + 1];
	int width = model_width(model), count = model->spread_count;

	if (count == 0)
		return false;
	for (int k = 0; k < count; k++)
		scores[k] = model_score(model,
		    last_logit(model->spread + k * (width + 1), width, inputs));
	qsort(scores, (size_t)count, sizeof(scores[0]), compare);
	model_last_row(model, row);
	score = model_score(model, last_logit(row, width, inputs));
	*low = fmin(score, percentile(scores, count, .05));
	*high = fmax(score, percentile(scores, count, .95));
	return true;
}
