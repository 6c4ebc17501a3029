/* logistic.c - Newton's method on the penalised likelihood. */
#include "ml/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ml/cholesky.h"

enum {
	WIDTH_MAX = LOGISTIC_INPUTS_MAX + 1, /* the intercept comes first */
	STEPS_MAX = 50,
	HALVINGS_MAX = 30,
};

#define STEP_ENOUGH 1e-9

/* The problem where the search stands; beta[0] is the intercept. */
struct search {
	const struct logistic_data *data; /* borrowed */
	double l2;
	size_t width; /* inputs + 1 */
	double beta[WIDTH_MAX];
	double step[WIDTH_MAX]; /* the gradient, then the full step */
	double hessian[WIDTH_MAX * WIDTH_MAX]; /* lower triangle */
	double objective;                      /* at beta */
};

double
logistic_probability(double logit)
{
	double e = exp(-fabs(logit));

	return logit >= 0 ? 1 / (1 + e) : e / (1 + e);
}

double
logistic_logit_of(double probability)
{
	return log(probability) - log1p(-probability);
}

/* ln(1 + exp(z)) without overflow. */
static double
softplus(double z)
{
	return fmax(z, 0) + log1p(exp(-fabs(z)));
}

static double
logit_at(const double *beta, const float *row, size_t inputs)
{
	double sum = beta[0];

	for (size_t i = 0; i < inputs; i++)
		sum += beta[i + 1] * (double)row[i];
	return sum;
}

double
logistic_logit(const struct logistic *model, const float *row)
{
	double sum = model->intercept;

	for (size_t i = 0; i < model->inputs; i++)
		sum += model->weight[i] * (double)row[i];
	return sum;
}

static double
weight_of(const struct logistic_data *data, size_t row)
{
	return data->weight != NULL ? data->weight[row] : 1.0;
}

static bool
check_row(const struct logistic_data *data, size_t row, struct err *err)
{
	double w = weight_of(data, row);

	if (data->adverse[row] > 1)
		return err_set(err, ERR_INVALID,
		    "outcome %zu is neither 0 nor 1", row);
	if (!(w >= 0) || isinf(w))
		return err_set(err, ERR_INVALID,
		    "weight %zu is negative or not finite", row);
	for (size_t i = 0; i < data->inputs; i++)
		if (!isfinite(data->rows[row * data->inputs + i]))
			return err_set(err, ERR_INVALID,
			    "input %zu of row %zu is not finite", i, row);
	return true;
}

static bool
check(const struct logistic_data *data, double l2, struct err *err)
{
	double weight[2] = { 0, 0 };

	if (data->inputs > LOGISTIC_INPUTS_MAX)
		return err_set(err, ERR_INVALID, "%zu inputs are over %d",
		    data->inputs, LOGISTIC_INPUTS_MAX);
	if (!(l2 >= 0) || isinf(l2))
		return err_set(err, ERR_INVALID, "the penalty is %g", l2);
	for (size_t i = 0; i < data->count; i++) {
		if (!check_row(data, i, err))
			return false;
		weight[data->adverse[i]] += weight_of(data, i);
	}
	if (weight[0] <= 0 || weight[1] <= 0)
		return err_set(err, ERR_INVALID,
		    "there is only one kind of outcome");
	return true;
}

static double
objective_at(const struct search *search, const double *beta)
{
	const struct logistic_data *data = search->data;
	double sum = 0, squares = 0;

	for (size_t i = 0; i < data->count; i++) {
		double z =
		    logit_at(beta, data->rows + i * data->inputs, data->inputs);

		sum += weight_of(data, i) *
		    (softplus(z) - (data->adverse[i] ? z : 0));
	}
	for (size_t i = 1; i < search->width; i++)
		squares += beta[i] * beta[i];
	return sum + search->l2 / 2 * squares;
}

/* x: (width), 1 and the inputs. */
static void
add_row(struct search *search, const double *x, double weight, bool adverse)
{
	double p, slope, curve;
	double z = 0;

	for (size_t i = 0; i < search->width; i++)
		z += search->beta[i] * x[i];
	p = logistic_probability(z);
	slope = weight * (p - (adverse ? 1 : 0));
	curve = weight * p * (1 - p);
	for (size_t i = 0; i < search->width; i++) {
		double *row = search->hessian + i * search->width;
		double scaled = curve * x[i];

		search->step[i] += slope * x[i];
		for (size_t j = 0; j <= i; j++)
			row[j] += scaled * x[j];
	}
}

static void
differentiate(struct search *search)
{
	const struct logistic_data *data = search->data;
	size_t width = search->width;
	double x[WIDTH_MAX] = { 1 };

	memset(search->step, 0, sizeof(search->step));
	memset(search->hessian, 0, sizeof(search->hessian));
	for (size_t i = 0; i < data->count; i++) {
		const float *row = data->rows + i * data->inputs;

		for (size_t j = 1; j < width; j++)
			x[j] = (double)row[j - 1];
		add_row(search, x, weight_of(data, i), data->adverse[i] != 0);
	}
	for (size_t i = 1; i < width; i++) {
		search->step[i] += search->l2 * search->beta[i];
		search->hessian[i * width + i] += search->l2;
	}
}

static double
largest(const double *value, size_t count)
{
	double most = 0;

	for (size_t i = 0; i < count; i++)
		most = fmax(most, fabs(value[i]));
	return most;
}

/* Halve the step until it does not make things worse.  Near the minimum the
 * objective cannot tell any more: what is lost to rounding is allowed. */
static bool
descend(struct search *search, struct err *err)
{
	double slack = 1e-12 * (1 + fabs(search->objective));
	double beta[WIDTH_MAX];
	double scale = 1;

	for (int i = 0; i < HALVINGS_MAX; i++, scale /= 2) {
		double objective;

		for (size_t j = 0; j < search->width; j++)
			beta[j] = search->beta[j] - scale * search->step[j];
		objective = objective_at(search, beta);
		if (!(objective <= search->objective + slack))
			continue;
		memcpy(search->beta, beta, sizeof(beta[0]) * search->width);
		search->objective = objective;
		return true;
	}
	return err_set(err, ERR_INVALID, "no step improves the fit");
}

static bool
find_minimum(struct search *search, int *iterations, struct err *err)
{
	search->objective = objective_at(search, search->beta);
	for (*iterations = 1; *iterations <= STEPS_MAX; ++*iterations) {
		differentiate(search);
		if (!cholesky_solve(search->hessian, search->step,
			search->width))
			return err_set(err, ERR_INVALID,
			    "inputs are collinear or classes separable; "
			    "a penalty helps");
		if (!descend(search, err))
			return false;
		if (largest(search->step, search->width) <
		    STEP_ENOUGH * (1 + largest(search->beta, search->width)))
			return true;
	}
	return err_set(err, ERR_INVALID,
	    "no convergence in %d steps; a penalty helps", STEPS_MAX);
}

bool
logistic_fit(struct logistic *model, const struct logistic_data *data,
    double l2, struct logistic_report *report, struct err *err)
{
	struct search *search;
	int iterations = 0;
	bool found;

	if (!check(data, l2, err))
		return false;
	search = mem_alloc(1, sizeof(*search));
	search->data = data;
	search->l2 = l2;
	search->width = data->inputs + 1;
	found = find_minimum(search, &iterations, err);
	if (found) {
		*model = (struct logistic){ .inputs = data->inputs,
			.intercept = search->beta[0] };
		memcpy(model->weight, search->beta + 1,
		    data->inputs * sizeof(double));
	}
	if (found && report != NULL)
		*report =
		    (struct logistic_report){ iterations, search->objective };
	free(search);
	return found;
}
