/*
 * lanes_avx512.h - vectors of 16 floats: AVX-512F.
 */
#ifndef ML_LANES_AVX512_H
#define ML_LANES_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#define LANES        16
#define LANES_TARGET __attribute__((target("avx512f,avx2,fma")))
#define VEC          __m512
#define INLINE       static inline __attribute__((always_inline)) LANES_TARGET

enum { GRU_ROWS = 8, PRODUCT_ROWS = 6 };

INLINE VEC
load(const float *from)
{
	return _mm512_loadu_ps(from);
}

INLINE void
store(float *to, VEC a)
{
	_mm512_storeu_ps(to, a);
}

INLINE VEC
same(float a)
{
	return _mm512_set1_ps(a);
}

INLINE VEC
add(VEC a, VEC b)
{
	return _mm512_add_ps(a, b);
}

INLINE VEC
sub(VEC a, VEC b)
{
	return _mm512_sub_ps(a, b);
}

INLINE VEC
mul(VEC a, VEC b)
{
	return _mm512_mul_ps(a, b);
}

INLINE VEC
muladd(VEC a, VEC b, VEC c)
{
	return _mm512_fmadd_ps(a, b, c);
}

INLINE VEC
mulsub(VEC a, VEC b, VEC c)
{
	return _mm512_fnmadd_ps(a, b, c);
}

INLINE VEC
least(VEC a, VEC b)
{
	return _mm512_min_ps(a, b);
}

INLINE VEC
most(VEC a, VEC b)
{
	return _mm512_max_ps(a, b);
}

INLINE VEC
known(VEC a)
{
	return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, a, _CMP_ORD_Q), a);
}

INLINE VEC
times_power(VEC a, VEC shifted)
{
	__m512i bits = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);

	bits = _mm512_add_epi32(bits, _mm512_set1_epi32(0x3f800000));
	return _mm512_mul_ps(a, _mm512_castsi512_ps(bits));
}

INLINE VEC
inverse_guess(VEC a)
{
	__m512i bits = _mm512_castps_si512(a);

	bits = _mm512_sub_epi32(_mm512_set1_epi32(0x7ef311c7), bits);
	return _mm512_castsi512_ps(bits);
}

INLINE float
total(VEC a)
{
	return _mm512_reduce_add_ps(a);
}

#endif
