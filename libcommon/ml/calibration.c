/* calibration.c - Platt scaling: two numbers by Newton's method. */
#include "ml/calibration.h"

#include <float.h>
#include <math.h>

#include "ml/logistic.h"

enum { STEPS_MAX = 100, HALVINGS_MAX = 40 };

#define STEP_ENOUGH 1e-10
/* What rounding may make of a calibrated logit. */
#define ROUNDING_MOST 1e-6

/* Fitted to (logit - middle) / scale, which lies in [-1, 1]: the logits' own
 * place and size would cost the Hessian its digits. */
struct fit {
	const double *logit;    /* borrowed, (count) */
	const uint8_t *adverse; /* borrowed, (count) */
	size_t count;
	double target[2]; /* of a good and of an adverse outcome */
	double middle;
	double scale;   /* half the range of the logits */
	double largest; /* |logit| */
};

/* Gradient and Hessian by slope and intercept. */
struct curve {
	double g_slope, g_intercept;
	double h_slope, h_intercept, h_both;
};

static bool
fit_init(struct fit *fit, struct err *err)
{
	double count[2] = { 0, 0 };
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < fit->count; i++) {
		if (!isfinite(fit->logit[i]))
			return err_set(err, ERR_INVALID,
			    "logit %zu is not finite", i);
		if (fit->adverse[i] > 1)
			return err_set(err, ERR_INVALID,
			    "outcome %zu is neither 0 nor 1", i);
		count[fit->adverse[i]]++;
		low = fmin(low, fit->logit[i]);
		high = fmax(high, fit->logit[i]);
	}
	if (count[0] <= 0 || count[1] <= 0)
		return err_set(err, ERR_INVALID,
		    "there is only one kind of outcome");
	fit->middle = low / 2 + high / 2;
	fit->scale = high / 2 - low / 2;
	fit->largest = fmax(fabs(low), fabs(high));
	if (!(fit->scale > 0))
		return err_set(err, ERR_INVALID, "all logits are equal");
	fit->target[0] = 1 / (count[0] + 2);
	fit->target[1] = (count[1] + 1) / (count[1] + 2);
	return true;
}

static double
place_of(const struct fit *fit, size_t i)
{
	return (fit->logit[i] - fit->middle) / fit->scale;
}

/* Cross-entropy with the targets, without overflow (Lin et al., 2.2). */
static double
loss_at(const struct fit *fit, const struct calibration *at)
{
	double sum = 0;

	for (size_t i = 0; i < fit->count; i++) {
		double z = calibration_apply(at, place_of(fit, i));

		sum += fmax(z, 0) - fit->target[fit->adverse[i]] * z +
		    log1p(exp(-fabs(z)));
	}
	return sum;
}

static struct curve
differentiate(const struct fit *fit, const struct calibration *at)
{
	struct curve curve = { 0 };

	for (size_t i = 0; i < fit->count; i++) {
		double x = place_of(fit, i);
		double p = logistic_probability(calibration_apply(at, x));
		double d = p - fit->target[fit->adverse[i]];
		double w = p * (1 - p);

		curve.g_slope += d * x;
		curve.g_intercept += d;
		curve.h_slope += w * x * x;
		curve.h_intercept += w;
		curve.h_both += w * x;
	}
	return curve;
}

static bool
newton_step(const struct curve *curve, struct calibration *step,
    struct err *err)
{
	double determinant =
	    curve->h_slope * curve->h_intercept - curve->h_both * curve->h_both;

	if (!(determinant > 0))
		return err_set(err, ERR_INVALID,
		    "the calibration is not determined by these logits");
	step->slope = (curve->h_intercept * curve->g_slope -
			  curve->h_both * curve->g_intercept) /
	    determinant;
	step->intercept = (curve->h_slope * curve->g_intercept -
			      curve->h_both * curve->g_slope) /
	    determinant;
	return true;
}

/* Halve the step until it does not make things worse, rounding aside. */
static bool
descend(const struct fit *fit, struct calibration *at,
    const struct calibration *step, struct err *err)
{
	double before = loss_at(fit, at);
	double slack = 1e-12 * (1 + before);
	double scale = 1;

	for (int i = 0; i < HALVINGS_MAX; i++, scale /= 2) {
		struct calibration next = { at->slope - scale * step->slope,
			at->intercept - scale * step->intercept };

		if (loss_at(fit, &next) <= before + slack) {
			*at = next;
			return true;
		}
	}
	return err_set(err, ERR_INVALID, "no step improves the calibration");
}

static bool
is_done(const struct calibration *at, const struct calibration *step)
{
	double moved = fabs(step->slope) + fabs(step->intercept);
	double where = fabs(at->slope) + fabs(at->intercept);

	return moved < STEP_ENOUGH * (1 + where);
}

static bool
find_minimum(const struct fit *fit, struct calibration *at, struct err *err)
{
	struct calibration step = { 0, 0 };

	*at = (struct calibration){ 0, 0 };
	for (int i = 0; i < STEPS_MAX; i++) {
		struct curve curve = differentiate(fit, at);

		if (!newton_step(&curve, &step, err) ||
		    !descend(fit, at, &step, err))
			return false;
		if (is_done(at, &step))
			return true;
	}
	return err_set(err, ERR_INVALID, "the calibration does not converge");
}

/* From places back to logits. */
static bool
unscale(const struct fit *fit, struct calibration *found, struct err *err)
{
	if (!(found->slope > 0))
		return err_set(err, ERR_INVALID,
		    "the calibration slope is %g: the ranking is reversed",
		    found->slope / fit->scale);
	found->slope /= fit->scale;
	found->intercept -= found->slope * fit->middle;
	if (!(found->slope * fit->largest * DBL_EPSILON <= ROUNDING_MOST))
		return err_set(err, ERR_INVALID,
		    "the logits, up to %g, differ by no more than %g: too "
		    "little to be told apart",
		    fit->largest, 2 * fit->scale);
	return true;
}

bool
calibration_fit(struct calibration *calibration, const double *logit,
    const uint8_t *adverse, size_t count, struct err *err)
{
	struct fit fit = { .logit = logit, .adverse = adverse, .count = count };
	struct calibration found;

	if (!fit_init(&fit, err) || !find_minimum(&fit, &found, err) ||
	    !unscale(&fit, &found, err))
		return false;
	*calibration = found;
	return true;
}

double
calibration_apply(const struct calibration *calibration, double logit)
{
	return calibration->slope * logit + calibration->intercept;
}

double
calibration_invert(const struct calibration *calibration,
    double calibrated_logit)
{
	return (calibrated_logit - calibration->intercept) / calibration->slope;
}

double
calibration_score(const struct calibration *calibration, double logit)
{
	return logistic_probability(calibration_apply(calibration, logit));
}

double
calibration_logit_of_score(const struct calibration *calibration, double score)
{
	return calibration_invert(calibration, logistic_logit_of(score));
}
