/*
 * cholesky.h - solve a x = b for a symmetric positive definite matrix.
 *
 * Golub and Van Loan, Matrix Computations, 4th ed., 4.2.5 (row by row, in
 * place, in double).
 */
#ifndef ML_CHOLESKY_H
#define ML_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/must.h"

/* a: (n, n), its lower triangle is read and overwritten by the factor;
 * b: (n), overwritten by x.  False when a pivot is under 1e-12 of its
 * diagonal element: `a` is singular, or not positive definite. */
MUST_CHECK bool cholesky_solve(double *a, double *b, size_t n);

#endif
