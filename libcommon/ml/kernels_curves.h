/*
 * kernels_curves.h - exp, sigmoid and tanh of vectors.
 *
 * Only operations whose every bit is laid down, so a set of kernels gives the
 * same on every machine.  All are made of 2^y = 2^n 2^f with |f| <= 1/2,
 * 2^f by a polynomial of degree 5, 1 + f (...), whose largest relative error is
 * the least (Lawson's weights, 1.1e-7).  y is x log2 e rounded once: that costs
 * exp 1e-7 |x| of its value, and nothing where sigmoid and tanh still change.
 * The division keeps a unit busy that has nothing else to do, and is exact to
 * the last bit; 1 / x by Newton's steps would cost the adders and multipliers
 * more.  Errors (tests/unit/kernels_test.c): exp 2.5e-7 (1 + |x|) relative,
 * sigmoid 2e-7 and tanh 3e-7 absolute.
 *
 * Each works on N vectors at once, operation by operation: one vector alone
 * is a chain of thirty operations that wait for each other.
 */
#ifndef ML_KERNELS_CURVES_H
#define ML_KERNELS_CURVES_H

#define LOG2_E 1.44269504f

enum { CHAINS = 4 }; /* most vectors at once */

/* The next statement for each of N vectors. */
#define EACH _Pragma("GCC unroll 4") for (int i = 0; i < N; i++)

/* 2^x */
INLINE void
power_all(VEC x[CHAINS], const int N)
{
	VEC n[CHAINS], sum[CHAINS];

	EACH n[i] = nearest(&x[i]);
	EACH sum[i] = muladd(x[i], same(0.00132647273f), same(0.00967151299f));
	EACH sum[i] = muladd(x[i], sum[i], same(0.0555073358f));
	EACH sum[i] = muladd(x[i], sum[i], same(0.240222424f));
	EACH sum[i] = muladd(x[i], sum[i], same(0.693147004f));
	EACH sum[i] = muladd(x[i], sum[i], same(1));
	EACH x[i] = times_power(sum[i], n[i]);
}

INLINE void
sigmoid_all(VEC x[CHAINS], const int N)
{
	EACH x[i] = mul(x[i], same(-LOG2_E));
	power_all(x, N);
	EACH x[i] = ratio(same(1), add(same(1), x[i]));
}

INLINE void
tanh_all(VEC x[CHAINS], const int N)
{
	EACH x[i] = mul(x[i], same(2 * LOG2_E));
	power_all(x, N);
	EACH x[i] = sub(same(1), ratio(same(2), add(same(1), x[i])));
}

INLINE VEC
exp_of(VEC x)
{
	VEC one[CHAINS] = { mul(x, same(LOG2_E)) };

	power_all(one, 1);
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
