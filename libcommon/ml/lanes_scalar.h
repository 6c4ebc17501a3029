/*
 * lanes_scalar.h - vectors of one float, for machines without AVX2.
 *
 * What lanes_avx2.h and lanes_avx512.h offer under the same names.  least()
 * and most() return their second argument when one is NaN, as the machine's
 * instructions do.
 */
#ifndef ML_LANES_SCALAR_H
#define ML_LANES_SCALAR_H

#include <stdint.h>
#include <string.h>

#define LANES        1
#define LANES_TARGET /* any machine */
#define VEC          float
#define INLINE       static inline __attribute__((always_inline))

enum { GRU_ROWS = 4, PRODUCT_ROWS = 3 };

INLINE VEC
load(const float *from)
{
	return *from;
}

INLINE void
store(float *to, VEC a)
{
	*to = a;
}

INLINE VEC
same(float a)
{
	return a;
}

INLINE VEC
add(VEC a, VEC b)
{
	return a + b;
}

INLINE VEC
sub(VEC a, VEC b)
{
	return a - b;
}

INLINE VEC
mul(VEC a, VEC b)
{
	return a * b;
}

/* a * b + c */
INLINE VEC
muladd(VEC a, VEC b, VEC c)
{
	return a * b + c;
}

/* c - a * b */
INLINE VEC
mulsub(VEC a, VEC b, VEC c)
{
	return c - a * b;
}

INLINE VEC
least(VEC a, VEC b)
{
	return a < b ? a : b;
}

INLINE VEC
most(VEC a, VEC b)
{
	return a > b ? a : b;
}

/* NaN becomes 0. */
INLINE VEC
known(VEC a)
{
	return a == a ? a : 0;
}

/* a * 2^n, where n stands in the low bits of n + 1.5 * 2^23. */
INLINE VEC
times_power(VEC a, VEC shifted)
{
	uint32_t bits;
	float power;

	memcpy(&bits, &shifted, sizeof(bits));
	bits = (bits << 23) + 0x3f800000u;
	memcpy(&power, &bits, sizeof(power));
	return a * power;
}

/* 1 / a within 6 %, a > 0. */
INLINE VEC
inverse_guess(VEC a)
{
	uint32_t bits;
	float guess;

	memcpy(&bits, &a, sizeof(bits));
	bits = 0x7ef311c7u - bits;
	memcpy(&guess, &bits, sizeof(guess));
	return guess;
}

INLINE float
total(VEC a)
{
	return a;
}

#endif
