/*
 * A small seeded generator (xoshiro256**, seeded by splitmix64) for tests, jitter and layout. Not for
 * secrets: its state can be computed from its output.
 */
#pragma once
#include <stdint.h>

struct random {
	uint64_t state[4];
};

void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
/* Uniform in [0, bound); bound is not 0. */
uint64_t random_below(struct random *random, uint64_t bound);
