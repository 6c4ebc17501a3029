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
 * c widens for what a last layer cannot know, the layers below: c^2 is the
 * variance of the whole model over that of x u_b with c = 1, in means over
 * samples.  The whole model's is the largest of what shows it:
 *
 * The bootstrap itself: c is at least 1.
 *
 * Folds, which learned all layers anew, each without a K-th of the students.
 * Let d be how far a sample's held-out logit is from the model's own.  Of a
 * kind that the students fix, the variance is (K - 1) d^2: the jackknife that
 * leaves out a group (Efron and Tibshirani 1993, 11.5; Shao and Tu 1995, 2.3).
 * A regression is its last layer, and there it says what the bootstrap says;
 * the two are one variance and not added.  A kind that begins at random is
 * another one each time, of the same students too, and a jackknife would count
 * chance K - 1 times: two of them differ by d, each has a variance of d^2 / 2
 * (as of a small ensemble), and the last layer's is added.
 *
 * Models of other kinds, which show what all of this kind get wrong alike.  If
 * d is how far their held-out logit is from this kind's, the errors that the
 * two do not share add up to d^2, and the outcomes tell whose they are: with b
 * the share of d that explains them best, P(y) = s(logit + b d), the variance
 * of this kind's is b d^2 (b is that of the best mixture of two forecasts,
 * Bates and Granger 1969; 0 where the other knows nothing more, 1/2 where both
 * are as good).  What both share, being of the same students, is the last
 * layer's and added.  Chance makes b more than 0 half of the time where it is
 * 0: there intervals are rather too wide.
 */
#ifndef TRAINING_SPREAD_H
#define TRAINING_SPREAD_H

#include <stdbool.h>
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
	size_t folds;   /* K that the held-out logits are of, at least 2 */
	bool is_random; /* where this kind begins is drawn for each fold */
	double ridge;   /* above 0 */
	uint64_t seed;
};

/* spread: (SPREAD_ROWS, width + 1).  False where X' W X + ridge I cannot be
 * solved: then there is no interval. */
bool spread_rows(const struct spread_question *question, float *spread);

#endif
