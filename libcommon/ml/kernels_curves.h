/*
 * kernels_curves.h - exp, sigmoid and tanh of vectors.
 *
 * Only adds, multiplies, shifts and one division, so a set of kernels gives the
 * same bits on every machine.  exp: 2^n e^r with |r| <= ln 2 / 2, e^r by a
 * polynomial of degree 5, 1 + r + r^2 (...), whose largest relative error is
 * the least (Lawson's weights, 1.1e-7); arguments held in +-87.  The division
 * keeps a unit busy that has nothing else to do, and is exact to the last bit;
 * 1 / x by Newton's steps would cost the adders and multipliers more.  Errors
 * (tests/unit/kernels_test.c): exp 2.5e-7 relative, sigmoid 2e-7 and tanh 3e-7
 * absolute.
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
	EACH sum[i] = muladd(x[i], same(0.00831252057f), same(0.0418901555f));
	EACH sum[i] = muladd(x[i], sum[i], same(0.166671142f));
	EACH sum[i] = muladd(x[i], sum[i], same(0.499992311f));
	EACH sum[i] = muladd(x[i], sum[i], same(1));
	EACH sum[i] = muladd(x[i], sum[i], same(1));
	EACH x[i] = times_power(sum[i], shifted[i]);
}

INLINE void
sigmoid_all(VEC x[CHAINS], const int N)
{
	EACH x[i] = sub(same(0), x[i]);
	exp_all(x, N);
	EACH x[i] = ratio(same(1), add(same(1), x[i]));
}

INLINE void
tanh_all(VEC x[CHAINS], const int N)
{
	EACH x[i] = add(x[i], x[i]);
	exp_all(x, N);
	EACH x[i] = sub(same(1), ratio(same(2), add(same(1), x[i])));
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
