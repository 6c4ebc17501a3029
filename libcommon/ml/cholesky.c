/* cholesky.c - factor, then forward and backward substitution. */
#include "ml/cholesky.h"

#include <math.h>

#define SMALLEST_PIVOT 1e-12

static double
dot(const double *left, const double *right, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += left[i] * right[i];
	return sum;
}

static bool
factor(double *a, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double *row = a + i * n;
		double pivot;

		for (size_t j = 0; j < i; j++)
			row[j] =
			    (row[j] - dot(row, a + j * n, j)) / a[j * n + j];
		pivot = row[i] - dot(row, row, i);
		if (!(pivot > SMALLEST_PIVOT * row[i]))
			return false;
		row[i] = sqrt(pivot);
	}
	return true;
}

bool
cholesky_solve(double *a, double *b, size_t n)
{
	if (!factor(a, n))
		return false;
	for (size_t i = 0; i < n; i++)
		b[i] = (b[i] - dot(a + i * n, b, i)) / a[i * n + i];
	for (size_t i = n; i-- > 0;) {
		for (size_t j = i + 1; j < n; j++)
			b[i] -= a[j * n + i] * b[j];
		b[i] /= a[i * n + i];
	}
	return true;
}
