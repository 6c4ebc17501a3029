/*
 * kernels_curves.h - exp, sigmoid and tanh of vectors.
 *
 * Only adds, multiplies and shifts, so a set of kernels gives the same bits
 * on every machine.  exp: 2^n e^r with |r| <= ln 2 / 2, e^r by a polynomial of
 * degree 6 fitted at Chebyshev nodes (relative error 1.1e-8), arguments held
 * in +-87; 1/x: a guess, then a step of third and one of second order (Newton,
 * Householder).  Errors (tests/unit/kernels_test.c): exp 2.5e-7 relative,
 * sigmoid 2e-7 and tanh 3e-7 absolute.
 *
 * Each works on N vectors at once, operation by operation: one vector alone
 * is a chain of forty operations that wait for each other.
 */
#ifndef ML_KERNELS_CURVES_H
#define ML_KERNELS_CURVES_H

#define LOG2_E    1.44269504f
#define LN2_HIGH  0.693359375f /* 9 bits: n * LN2_HIGH is exact */
#define LN2_LOW   -2.12194440e-4f
#define ROUND_BY  12582912.0f /* 1.5 * 2^23: adding it rounds to integer */
#define EXP_LIMIT 87.0f

enum { CHAINS = 4 }; /* most vectors at once */

/* The next statement for each of N vectors. */
#define EACH _Pragma("GCC unroll 4") for (int i = 0; i < N; i++)

INLINE void
exp_all(VEC x[CHAINS], const int N)
{
	VEC shifted[CHAINS], n[CHAINS], sum[CHAINS];

	EACH x[i] = least(same(EXP_LIMIT), most(same(-EXP_LIMIT), x[i]));
	EACH shifted[i] = muladd(x[i], same(LOG2_E), same(ROUND_BY));
	EACH n[i] = sub(shifted[i], same(ROUND_BY));
	EACH x[i] = mulsub(n[i], same(LN2_HIGH), x[i]);
	EACH x[i] = mulsub(n[i], same(LN2_LOW), x[i]);
	EACH sum[i] = muladd(x[i], same(0.0013926184f), same(0.00836317893f));
	EACH sum[i] = muladd(x[i], sum[i], same(0.0416665561f));
	EACH sum[i] = muladd(x[i], sum[i], same(0.166665763f));
	EACH sum[i] = muladd(x[i], sum[i], same(0.5f));
	EACH sum[i] = muladd(x[i], sum[i], same(1));
	EACH sum[i] = muladd(x[i], sum[i], same(1));
	EACH x[i] = times_power(sum[i], shifted[i]);
}

/* 1 / x of positive x: an error e becomes e^3, then e^2. */
INLINE void
inverse_all(VEC x[CHAINS], const int N)
{
	VEC y[CHAINS], error[CHAINS];

	EACH y[i] = inverse_guess(x[i]);
	EACH error[i] = mulsub(x[i], y[i], same(1));
	EACH error[i] = muladd(error[i], error[i], error[i]);
	EACH y[i] = muladd(y[i], error[i], y[i]);
	EACH error[i] = mulsub(x[i], y[i], same(1));
	EACH x[i] = muladd(y[i], error[i], y[i]);
}

INLINE void
sigmoid_all(VEC x[CHAINS], const int N)
{
	EACH x[i] = sub(same(0), x[i]);
	exp_all(x, N);
	EACH x[i] = add(same(1), x[i]);
	inverse_all(x, N);
}

INLINE void
tanh_all(VEC x[CHAINS], const int N)
{
	EACH x[i] = add(x[i], x[i]);
	exp_all(x, N);
	EACH x[i] = add(same(1), x[i]);
	inverse_all(x, N);
	EACH x[i] = mulsub(same(2), x[i], same(1));
}

INLINE VEC
exp_of(VEC x)
{
	VEC one[CHAINS] = { x };

	exp_all(one, 1);
	return one[0];
}

INLINE VEC
sigmoid_of(VEC x)
{
	VEC one[CHAINS] = { x };

	sigmoid_all(one, 1);
	return one[0];
}

INLINE VEC
tanh_of(VEC x)
{
	VEC one[CHAINS] = { x };

	tanh_all(one, 1);
	return one[0];
}

#endif
