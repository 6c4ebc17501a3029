/*
 * kernels_curves.h - exp, sigmoid and tanh of vectors.
 *
 * Only adds, multiplies and shifts, so a set of kernels gives the same bits
 * on every machine.  exp: 2^n e^r with |r| <= ln 2 / 2, e^r by a polynomial of
 * degree 6 fitted at Chebyshev nodes (relative error 1.1e-8), arguments held
 * in +-87; 1/x: three Newton steps from a guess.  Measured errors (tests):
 * exp relative 2e-7, sigmoid and tanh absolute 2e-7.
 */
#ifndef ML_KERNELS_CURVES_H
#define ML_KERNELS_CURVES_H

#define LOG2_E       1.44269504f
#define LN2_HIGH     0.693359375f /* 9 bits: n * LN2_HIGH is exact */
#define LN2_LOW      -2.12194440e-4f
#define ROUND_BY     12582912.0f /* 1.5 * 2^23: adding it rounds to integer */
#define EXP_LIMIT    87.0f
#define NEWTON_STEPS 3

INLINE VEC
exp_of(VEC x)
{
	VEC within = least(same(EXP_LIMIT), most(same(-EXP_LIMIT), x));
	VEC shifted = muladd(within, same(LOG2_E), same(ROUND_BY));
	VEC n = sub(shifted, same(ROUND_BY));
	VEC r = mulsub(n, same(LN2_LOW), mulsub(n, same(LN2_HIGH), within));
	VEC sum = muladd(r, same(0.0013926184f), same(0.00836317893f));

	sum = muladd(r, sum, same(0.0416665561f));
	sum = muladd(r, sum, same(0.166665763f));
	sum = muladd(r, sum, same(0.5f));
	sum = muladd(r, sum, same(1));
	return times_power(muladd(r, sum, same(1)), shifted);
}

/* 1 / x of positive x. */
INLINE VEC
inverse(VEC x)
{
	VEC y = inverse_guess(x);

#pragma GCC unroll 3
	for (int i = 0; i < NEWTON_STEPS; i++)
		y = muladd(y, mulsub(x, y, same(1)), y);
	return y;
}

INLINE VEC
sigmoid_of(VEC x)
{
	return inverse(add(same(1), exp_of(sub(same(0), x))));
}

INLINE VEC
tanh_of(VEC x)
{
	VEC half = inverse(add(same(1), exp_of(add(x, x))));

	return mulsub(same(2), half, same(1));
}

#endif
