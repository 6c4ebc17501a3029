/*
 * random.c - chance that can be repeated: seeded, no global state.
 */
#include "base/random.h"

#include <math.h>

#include "base/must.h"

void
random_init(struct random *random, uint64_t seed, uint64_t stream)
{
	random->state = 0;
	random->increment = stream << 1 | 1;
	random_u32(random);
	random->state += seed;
	random_u32(random);
}

uint32_t
random_u32(struct random *random)
{
	uint64_t old = random->state;
	uint32_t mixed = (uint32_t)((old >> 18 ^ old) >> 27);
	uint32_t turn = (uint32_t)(old >> 59);

	random->state = old * UINT64_C(6364136223846793005) + random->increment;
	return mixed >> turn | mixed << (-turn & 31);
}

/* 52 bits and a half: the sum is exact in a double, so 1 is never reached. */
double
random_unit(struct random *random)
{
	uint64_t high = random_u32(random) >> 6;
	uint64_t low = random_u32(random) >> 6;

	return ((double)(high << 26 | low) + .5) * 0x1p-52;
}

double
random_normal(struct random *random)
{
	double radius = sqrt(-2 * log(random_unit(random)));

	return radius * cos(2 * M_PI * random_unit(random));
}

/* Numbers below 2^32 mod n would come up once too often; they are drawn
 * again. */
uint32_t
random_below(struct random *random, uint32_t n)
{
	uint32_t drawn;

	must(n > 0);
	do
		drawn = random_u32(random);
	while (drawn < -n % n);
	return drawn % n;
}

uint64_t
random_at(uint64_t seed, uint64_t index)
{
	uint64_t z = seed + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}
