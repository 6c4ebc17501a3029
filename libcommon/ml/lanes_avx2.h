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
#define SUMS         __m256i
#define INLINE       static inline __attribute__((always_inline)) LANES_TARGET
#define POWER_LIMIT  126.0f

enum { GRU_ROWS = 4, PRODUCT_ROWS = 3, PRODUCT_SOME = 2, WORD_PARTS = 2 };

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
ratio(VEC a, VEC b)
{
	return _mm256_div_ps(a, b);
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
nearest(VEC *a)
{
	VEC held = least(same(POWER_LIMIT), most(same(-POWER_LIMIT), *a));
	VEC n = _mm256_round_ps(held,
	    _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);

	*a = sub(held, n);
	return n;
}

INLINE VEC
times_power(VEC a, VEC n)
{
	__m256i added = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);

	return _mm256_castsi256_ps(
	    _mm256_add_epi32(_mm256_castps_si256(a), added));
}

INLINE float
total(VEC a)
{
	__m128 four =
	    _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
	__m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

	return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

INLINE float
largest(VEC a)
{
	__m128 four =
	    _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
	__m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));

	return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

INLINE VEC
size_of(VEC a)
{
	return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a);
}

INLINE SUMS
sums_load(const int32_t *from)
{
	return _mm256_loadu_si256((const __m256i *)from);
}

INLINE VEC
sums_value(SUMS a)
{
	return _mm256_cvtepi32_ps(a);
}

INLINE SUMS
word_same(int32_t word)
{
	return _mm256_set1_epi32(word);
}

/* Of pairs of 16 bits: the instruction for bytes (vpmaddubsw) saturates. */
INLINE SUMS
sums_add(SUMS sums, SUMS word, const int32_t *weights)
{
	return _mm256_add_epi32(sums,
	    _mm256_madd_epi16(word, sums_load(weights)));
}

INLINE void
parts_store(int32_t *words, size_t at, VEC a)
{
	__m256i parts = _mm256_cvtps_epi32(a);

	_mm_storeu_si128((__m128i *)((int16_t *)words + at),
	    _mm_packs_epi32(_mm256_castsi256_si128(parts),
		_mm256_extracti128_si256(parts, 1)));
}

#endif
