/*
 * logistic_test.c - the fit against published and independent values.
 *
 * Data: Spector and Mazzeo (1980), 32 students, GRADE by GPA, TUCE, PSI, as in
 * the documentation of statsmodels, whose Logit prints -13.0213, 2.8261,
 * 0.0952, 2.3787 and a log-likelihood of -12.890.  The digits beyond, and the
 * penalised and weighted fits, are from an iteratively reweighted
 * least squares of our own in numpy 1.24.
 */
#include "ml/logistic.h"

#include <math.h>

#include "tests/support/test.h"

enum { STUDENTS = 32, INPUTS = 3 };

static const float rows[STUDENTS * INPUTS] = {
	2.66F,
	20,
	0,
	2.89F,
	22,
	0,
	3.28F,
	24,
	0,
	2.92F,
	12,
	0,
	4.00F,
	21,
	0,
	2.86F,
	17,
	0,
	2.76F,
	17,
	0,
	2.87F,
	21,
	0,
	3.03F,
	25,
	0,
	3.92F,
	29,
	0,
	2.63F,
	20,
	0,
	3.32F,
	23,
	0,
	3.57F,
	23,
	0,
	3.26F,
	25,
	0,
	3.53F,
	26,
	0,
	2.74F,
	19,
	0,
	2.75F,
	25,
	0,
	2.83F,
	19,
	0,
	3.12F,
	23,
	1,
	3.16F,
	25,
	1,
	2.06F,
	22,
	1,
	3.62F,
	28,
	1,
	2.89F,
	14,
	1,
	3.51F,
	26,
	1,
	3.54F,
	24,
	1,
	2.83F,
	27,
	1,
	3.39F,
	17,
	1,
	2.67F,
	24,
	1,
	3.65F,
	21,
	1,
	4.00F,
	23,
	1,
	3.10F,
	21,
	1,
	2.39F,
	19,
	1,
};

static const uint8_t grade[STUDENTS] = { 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0,
	1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1 };

static struct logistic_data
spector(void)
{
	return (struct logistic_data){ .count = STUDENTS,
		.inputs = INPUTS,
		.rows = rows,
		.adverse = grade };
}

static void
check_fit(const struct logistic_data *data, double l2, const double *want)
{
	struct logistic_report report;
	struct logistic model;
	struct err err;

	assert_true(logistic_fit(&model, data, l2, &report, &err));
	assert_near(model.intercept, want[0], 1e-8);
	for (size_t i = 0; i < INPUTS; i++)
		assert_near(model.weight[i], want[i + 1], 1e-8);
	assert_near(report.objective, want[4], 1e-9);
	assert_true(report.iterations < 15);
}

static void
the_spector_data_give_the_published_coefficients(void **state)
{
	static const double want[] = { -13.021348320091654, 2.8261129720104066,
		0.09515767025589818, 2.378687728355729, 12.889633465333482 };
	struct logistic_data data = spector();

	(void)state;
	check_fit(&data, 0, want);
}

static void
the_penalty_leaves_the_intercept_alone(void **state)
{
	static const double want[] = { -7.949012521439846, 1.210087565502065,
		0.13015191569990897, 1.1621444793121278, 15.78705854010266 };
	struct logistic_data data = spector();

	(void)state;
	check_fit(&data, 1, want);
}

static void
sample_weights_count_like_repeated_rows(void **state)
{
	static const double want[] = { -8.346705199019816, 1.8987311886129183,
		0.02913592922597817, 1.9900293926279893, 28.097907648976758 };
	struct logistic_data data = spector();
	double weight[STUDENTS];

	(void)state;
	for (int i = 0; i < STUDENTS; i++)
		weight[i] = 1 + i % 3;
	data.weight = weight;
	check_fit(&data, 0.5, want);
}

static void
what_cannot_be_fitted_is_refused(void **state)
{
	static const float separable[] = { -2, -1, 1, 2 };
	static const float twins[] = { 1, 1, 2, 2, 3, 3, 4, 4 };
	static const float holes[] = { 1, NAN, 2, 3 };
	static const uint8_t last_two[] = { 0, 0, 1, 1 };
	static const uint8_t mixed[] = { 0, 1, 0, 1 };
	static const uint8_t none[] = { 0, 0, 0, 0 };
	struct logistic_data data = { .count = 4,
		.inputs = 1,
		.rows = separable,
		.adverse = last_two };
	struct logistic model;
	struct err err;

	(void)state;
	assert_false(logistic_fit(&model, &data, 0, NULL, &err));
	assert_true(logistic_fit(&model, &data, 0.1, NULL, &err));
	data.adverse = none;
	assert_false(logistic_fit(&model, &data, 1, NULL, &err));
	assert_int_equal(err.code, ERR_INVALID);
	data.adverse = mixed;
	data.rows = holes;
	assert_false(logistic_fit(&model, &data, 1, NULL, &err));
	data.rows = twins;
	data.inputs = 2;
	assert_false(logistic_fit(&model, &data, 0, NULL, &err));
	assert_true(logistic_fit(&model, &data, 0.1, NULL, &err));
	assert_near(model.weight[0], model.weight[1], 1e-9);
}

static void
logits_and_probabilities_go_both_ways(void **state)
{
	struct logistic model = { .inputs = 2,
		.intercept = 0.5,
		.weight = { 2, -1 } };
	static const float row[] = { 1.5F, 0.25F };

	(void)state;
	assert_near(logistic_logit(&model, row), 3.25, 1e-15);
	/* ln 3 and 3 / 4 belong together. */
	assert_near(logistic_probability(log(3)), 0.75, 1e-15);
	assert_near(logistic_logit_of(0.75), log(3), 1e-15);
	assert_true(logistic_probability(-700) > 0);
	assert_near(logistic_probability(800), 1, 0);
}

RUN_TESTS(cmocka_unit_test(the_spector_data_give_the_published_coefficients),
    cmocka_unit_test(the_penalty_leaves_the_intercept_alone),
    cmocka_unit_test(sample_weights_count_like_repeated_rows),
    cmocka_unit_test(what_cannot_be_fitted_is_refused),
    cmocka_unit_test(logits_and_probabilities_go_both_ways))
