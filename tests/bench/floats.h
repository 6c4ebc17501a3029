/*
 * floats.h - normal numbers to compute with; the same seed gives the same.
 */
#ifndef TESTS_BENCH_FLOATS_H
#define TESTS_BENCH_FLOATS_H

#include "base/mem.h"
#include "base/random.h"

/* (count), the caller's. */
static inline float *
make_floats(size_t count, uint64_t seed)
{
	float *values = mem_alloc(count, sizeof(float));
	struct random random;

	random_init(&random, seed, 1);
	for (size_t i = 0; i < count; i++)
		values[i] = (float)random_normal(&random);
	return values;
}

#endif
