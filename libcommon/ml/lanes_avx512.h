/*
 * lanes_avx512.h - vectors of 16 floats: AVX-512F, and for int8 either pairs of
 * 16 bits (AVX-512BW) or, where LANES_VNNI is defined, fours of 8 (VNNI).
 */
#ifndef ML_LANES_AVX512_H
#define ML_LANES_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#define LANES 16
#ifdef LANES_VNNI
#	define LANES_TARGET \
		__attribute__((target("avx512f,avx512bw,avx512vnni,avx2,fma")))
#else
#	define LANES_TARGET \
		__attribute__((target("avx512f,avx512bw,avx2,fma")))
#endif
#define VEC    __m512
#define SUMS   __m512i
#define INLINE static inline __attribute__((always_inline)) LANES_TARGET

enum { GRU_ROWS = 8, PRODUCT_ROWS = 6, PRODUCT_SOME = 4 };

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
ratio(VEC a, VEC b)
{
	return _mm512_div_ps(a, b);
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

/* Of infinity nothing is left, which least() turns into a number: its power is
 * infinite or 0 whatever that is. */
INLINE VEC
nearest(VEC *a)
{
	VEC n = _mm512_roundscale_ps(*a,
	    _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);

	*a = least(sub(*a, n), same(0.5f));
	return n;
}

INLINE VEC
times_power(VEC a, VEC n)
{
	return _mm512_scalef_ps(a, n);
}

INLINE float
total(VEC a)
{
	return _mm512_reduce_add_ps(a);
}

INLINE float
largest(VEC a)
{
	return _mm512_reduce_max_ps(a);
}

INLINE VEC
size_of(VEC a)
{
	return _mm512_abs_ps(a);
}

INLINE SUMS
sums_load(const int32_t *from)
{
	return _mm512_loadu_si512(from);
}

INLINE VEC
sums_value(SUMS a)
{
	return _mm512_cvtepi32_ps(a);
}

INLINE SUMS
word_same(int32_t word)
{
	return _mm512_set1_epi32(word);
}

#ifdef LANES_VNNI

enum { WORD_PARTS = 4 };

/* What _mm512_dpbusd_epi32 does.  GCC 12 keeps the sums of that in one register
 * and copies each there and back, which makes a GRU half as fast again. */
INLINE SUMS
sums_add(SUMS sums, SUMS word, const int32_t *weights)
{
	__asm__("vpdpbusd %2, %1, %0"
		: "+v"(sums)
		: "v"(word), "vm"(*(const __m512i_u *)weights));
	return sums;
}

INLINE void
parts_store(int32_t *words, size_t at, VEC a)
{
	__m512i parts = _mm512_add_epi32(_mm512_cvtps_epi32(a),
	    _mm512_set1_epi32(INT8_SHIFT));

	_mm_storeu_si128((__m128i *)((uint8_t *)words + at),
	    _mm512_cvtepi32_epi8(parts));
}

#else

enum { WORD_PARTS = 2 };

INLINE SUMS
sums_add(SUMS sums, SUMS word, const int32_t *weights)
{
	return _mm512_add_epi32(sums,
	    _mm512_madd_epi16(word, _mm512_loadu_si512(weights)));
}

INLINE void
parts_store(int32_t *words, size_t at, VEC a)
{
	_mm256_storeu_si256((__m256i *)((int16_t *)words + at),
	    _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(a)));
}

#endif

#endif
