/*
 * kernels.c - which instruction set this machine runs.
 */
#include "ml/kernels.h"

#include <string.h>

static bool
has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool
has_avx512(void)
{
	return has_avx2() && __builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw");
}

static bool
has_vnni(void)
{
	return has_avx512() && __builtin_cpu_supports("avx512vnni");
}

const struct kernels *
kernels_best(void)
{
	if (has_vnni())
		return &KERNELS_VNNI;
	if (has_avx512())
		return &KERNELS_AVX512;
	return has_avx2() ? &KERNELS_AVX2 : &KERNELS_SCALAR;
}

const struct kernels *
kernels_find(const char *name)
{
	if (strcmp(name, KERNELS_SCALAR.name) == 0)
		return &KERNELS_SCALAR;
	if (strcmp(name, KERNELS_AVX2.name) == 0 && has_avx2())
		return &KERNELS_AVX2;
	if (strcmp(name, KERNELS_AVX512.name) == 0 && has_avx512())
		return &KERNELS_AVX512;
	if (strcmp(name, KERNELS_VNNI.name) == 0 && has_vnni())
		return &KERNELS_VNNI;
	return NULL;
}
