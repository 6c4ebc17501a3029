/*
 * lanes_avx2.h - vectors of 8 floats: AVX2 and FMA.
 */
#ifndef ML_LANES_AVX2_H
#define ML_LANES_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#define LANES        8
#define LANES_TARGET __attribute__((target("avx2,fma")))
#define VEC          __m256
#define INLINE       static inline __attribute__((always_inline)) LANES_TARGET

enum { GRU_ROWS = 4, PRODUCT_ROWS = 3 };

INLINE VEC
load(const float *from)
{
	return _mm256_loadu_ps(from);
}

INLINE void
store(float *to, VEC a)
{
	_mm256_storeu_ps(to, a);
}

INLINE VEC
same(float a)
{
	return _mm256_set1_ps(a);
}

INLINE VEC
add(VEC a, VEC b)
{
	return _mm256_add_ps(a, b);
}

INLINE VEC
sub(VEC a, VEC b)
{
	return _mm256_sub_ps(a, b);
}

INLINE VEC
mul(VEC a, VEC b)
{
	return _mm256_mul_ps(a, b);
}

INLINE VEC
muladd(VEC a, VEC b, VEC c)
{
	return _mm256_fmadd_ps(a, b, c);
}

INLINE VEC
mulsub(VEC a, VEC b, VEC c)
{
	return _mm256_fnmadd_ps(a, b, c);
}

INLINE VEC
least(VEC a, VEC b)
{
	return _mm256_min_ps(a, b);
}

INLINE VEC
most(VEC a, VEC b)
{
	return _mm256_max_ps(a, b);
}

INLINE VEC
known(VEC a)
{
	return _mm256_and_ps(a, _mm256_cmp_ps(a, a, _CMP_ORD_Q));
}

INLINE VEC
times_power(VEC a, VEC shifted)
{
	__m256i bits = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);

	bits = _mm256_add_epi32(bits, _mm256_set1_epi32(0x3f800000));
	return _mm256_mul_ps(a, _mm256_castsi256_ps(bits));
}

INLINE VEC
inverse_guess(VEC a)
{
	__m256i bits = _mm256_castps_si256(a);

	bits = _mm256_sub_epi32(_mm256_set1_epi32(0x7ef311c7), bits);
	return _mm256_castsi256_ps(bits);
}

INLINE float
total(VEC a)
{
	__m128 four =
	    _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
	__m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

	return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

#endif
