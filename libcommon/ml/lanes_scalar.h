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
#define SUMS         int32_t
#define INLINE       static inline __attribute__((always_inline))

#define POWER_LIMIT 126.0f
#define ROUND_BY    12582912.0f /* 1.5 * 2^23: adding it rounds to integer */

enum { GRU_ROWS = 4, PRODUCT_ROWS = 3, PRODUCT_SOME = 2, WORD_PARTS = 2 };

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

INLINE VEC
ratio(VEC a, VEC b)
{
	return a / b;
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

/* The nearest whole number, and what is left of a; a is held within what
 * times_power can count, at least +-126. */
INLINE VEC
nearest(VEC *a)
{
	VEC n;

	*a = least(POWER_LIMIT, most(-POWER_LIMIT, *a));
	n = (*a + ROUND_BY) - ROUND_BY;
	*a -= n;
	return n;
}

/* a * 2^n of a between 1/2 and 2 and a whole n. */
INLINE VEC
times_power(VEC a, VEC n)
{
	VEC shifted = n + ROUND_BY;
	uint32_t bits;
	float power;

	memcpy(&bits, &shifted, sizeof(bits));
	bits = (bits << 23) + 0x3f800000u;
	memcpy(&power, &bits, sizeof(power));
	return a * power;
}

INLINE float
total(VEC a)
{
	return a;
}

/* Of all lanes. */
INLINE float
largest(VEC a)
{
	return a;
}

INLINE VEC
size_of(VEC a)
{
	return a < 0 ? -a : a;
}

INLINE SUMS
sums_load(const int32_t *from)
{
	return *from;
}

INLINE VEC
sums_value(SUMS a)
{
	return (float)a;
}

/* One word of WORD_PARTS states, for every lane. */
INLINE SUMS
word_same(int32_t word)
{
	return word;
}

/* Each lane's sum + the word's parts times those of the lane's weights. */
INLINE SUMS
sums_add(SUMS sums, SUMS word, const int32_t *weights)
{
	int16_t left[2], right[2];

	memcpy(left, &word, sizeof(left));
	memcpy(right, weights, sizeof(right));
	return sums + left[0] * right[0] + left[1] * right[1];
}

/* Round to whole numbers (ties to even), as parts `at` and on of the words;
 * where a word has four, 128 is added.  -127 ... 127 fit. */
INLINE void
parts_store(int32_t *words, size_t at, VEC a)
{
	float shifted = a + 12582912.0f; /* 1.5 * 2^23 */
	uint32_t bits;
	int16_t part;

	memcpy(&bits, &shifted, sizeof(bits));
	part = (int16_t)bits;
	memcpy((char *)words + at * sizeof(part), &part, sizeof(part));
}

#endif
