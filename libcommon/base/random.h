/*
 * random.h - chance that can be repeated: seeded, no global state.
 *
 * A `struct random` is one stream of PCG-XSH-RR 64/32 (O'Neill, 2014,
 * https://www.pcg-random.org): the same seed and stream give the same numbers
 * on every machine; other streams of a seed are independent of it.
 * random_at() has no state at all: it is the function that SplitMix64
 * (Steele, Lea, Flood, 2014) applies to its counter, for choices that must
 * not depend on the order in which they are made.
 *
 * Not for secrets.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
	uint64_t increment; /* odd; names the stream */
};

void random_init(struct random *random, uint64_t seed, uint64_t stream);

uint32_t random_u32(struct random *random);

/* Uniform in the open interval (0, 1), in steps of 2^-52. */
double random_unit(struct random *random);

/* Standard normal (Box and Muller, 1958). */
double random_normal(struct random *random);

/* Uniform in 0 ... n - 1, without bias; n > 0. */
uint32_t random_below(struct random *random, uint32_t n);

/* The number at place `index` of the sequence that `seed` names. */
uint64_t random_at(uint64_t seed, uint64_t index);

#endif
