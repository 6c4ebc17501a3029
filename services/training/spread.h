/*
 * spread.h - rows of last-layer weights, one a bootstrap resample of students:
 * what a model's interval is made of.
 *
 * The one-step bootstrap (Davison and Hinkley 1997, 7.1; the score bootstrap
 * of Kline and Santos 2012): students are drawn with replacement, and the
 * last layer takes one Newton step from where it is,
 *
 *	u_b = u + c (X' W X + ridge I)^-1
 *	              (sum_i (m_i - 1) (y_i - p_i) x_i + sqrt(ridge) z)
 *
 * x the layer's inputs and a 1, m how often the sample's student was drawn, p
 * the calibrated held-out score, W its p (1 - p), u the row in calibrated
 * logits.  Residuals are held-out ones: those of the fit itself would be too
 * small.  The step is divided by the calibration's slope, because a model
 * calibrates after its last layer.
 *
 * z is standard normal.  A penalty makes estimates steadier and biased; with z
 * the variance is that of the posterior, (X' W X + ridge I)^-1, which makes up
 * for the bias (Nychka 1988).
 *
 * c widens for what a last layer cannot know, the layers below and where they
 * began: folds learned them anew.  If d is how far a sample's held-out logit
 * is from the model's own, then two models like it differ by d, and each has a
 * variance of d^2 / 2 (as of a small ensemble); so, in means over samples,
 *
 *	c^2 = 1 + (mean of d^2 / 2) / (variance of x u_b with c = 1)
 *
 * Models of other kinds show what all of this kind get wrong alike.  If d is
 * how far their held-out logit is from this kind's, the errors of both add up
 * to d^2, and the outcomes tell whose it is: with b the share of d that
 * explains them best, P(y) = s(logit + b d), the variance of this kind's error
 * is b d^2 (b is that of the best mixture of two forecasts, Bates and Granger
 * 1969; 0 where the other knows nothing more, 1/2 where both are as good).  The
 * largest of these means takes the place of the mean of d^2 / 2.
 */
#ifndef TRAINING_SPREAD_H
#define TRAINING_SPREAD_H

#include <stddef.h>
#include <stdint.h>

#include "ml/calibration.h"

enum { SPREAD_ROWS = 50, SPREAD_WIDTH_MAX = 302, SPREAD_OTHERS = 2 };

struct spread_question {
	size_t count;
	int width;               /* at most SPREAD_WIDTH_MAX */
	const float *inputs;     /* (count, width) */
	const uint8_t *adverse;  /* (count) */
	const uint64_t *student; /* (count) */
	const double *logits;    /* (count): held-out, not calibrated */
	const float *row;        /* (width + 1): weights and bias as fitted */
	struct calibration calibration;
	/* (count) each, or NULL: held-out logits of other kinds, calibrated */
	const double *others[SPREAD_OTHERS];
	double ridge; /* above 0 */
	uint64_t seed;
};

/* spread: (SPREAD_ROWS, width + 1).  False where X' W X + ridge I cannot be
 * solved: then there is no interval. */
bool spread_rows(const struct spread_question *question, float *spread);

#endif
