/*
 * logistic.h - logistic regression, the baseline every model is held against.
 *
 * Maximises the penalised likelihood of P(adverse) = 1 / (1 + exp(-z)),
 * z = intercept + sum of weight[j] x[j]: it minimises
 *
 *	sum over rows of w * (ln(1 + exp(z)) - y z)  +  l2 / 2 * sum weight^2
 *
 * (w the sample weights, the intercept is not penalised; l2 is 1 / C of
 * scikit-learn) by Newton's method, which here is iteratively reweighted
 * least squares (McCullagh and Nelder, 1989, 2.5; Hastie, Tibshirani,
 * Friedman, 2009, 4.4.1), with a Cholesky factorisation in double and halved
 * steps where a full one would not improve.
 *
 * Inputs are standardised by the caller, with NaN already made 0.  Rows are
 * summed in order: the same data give the same bits.
 */
#ifndef ML_LOGISTIC_H
#define ML_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { LOGISTIC_INPUTS_MAX = 64 };

struct logistic {
	size_t inputs;
	double intercept;
	double weight[LOGISTIC_INPUTS_MAX];
};

struct logistic_data {
	size_t count;
	size_t inputs;          /* at most LOGISTIC_INPUTS_MAX */
	const float *rows;      /* borrowed, (count, inputs) */
	const uint8_t *adverse; /* borrowed, (count) */
	const double *weight;   /* borrowed, (count), not negative; NULL: 1 */
};

struct logistic_report {
	int iterations;
	double objective; /* the sum above, at the end */
};

/* Fails with ERR_INVALID: more inputs than fit, a value that is not finite,
 * one class alone, inputs that are collinear without a penalty, or no
 * convergence in 50 steps (classes that a plane separates, without a
 * penalty).  `report` may be NULL. */
MUST_CHECK bool logistic_fit(struct logistic *model,
    const struct logistic_data *data, double l2, struct logistic_report *report,
    struct err *err);

/* z of one row (inputs); logistic_probability(z) is the score. */
double logistic_logit(const struct logistic *model, const float *row);

/* 1 / (1 + exp(-z)) without overflow, and back; p in (0, 1). */
double logistic_probability(double logit);
double logistic_logit_of(double probability);

#endif
