/*
 * A fast 128-bit checksum for blocks and names, made for a CPU with a 64-bit multiplier
 * and nothing else (no SSE in the file server). It protects against accident, not attack.
 *
 * Four lanes each take every fourth 64-bit word: lane = rotate(lane + word * odd) * odd.
 * Each such step is a bijection of the word, and each half of the result is a bijection
 * of each lane; so damage that stays in one lane (any flipped bit, any torn word) always
 * changes both halves. Damage over several lanes escapes with probability about 2^-128.
 *
 * The multipliers are the first 64 bits of the fractional parts of the square roots of
 * 2, 3, 5, 7, 11 and 13, made odd.
 */
#include "hash.h"

#define ODD_2 0x6a09e667f3bcc909ull
#define ODD_3 0xbb67ae8584caa73bull
#define ODD_5 0x3c6ef372fe94f82bull
#define ODD_7 0xa54ff53a5f1d36f1ull
#define ODD_11 0x510e527fade682d1ull
#define ODD_13 0x9b05688c2b3e6c1full

#define STRIPE_BYTES 32u
#define FOUR_STRIPES_BYTES (4 * STRIPE_BYTES)

struct lanes {
	uint64_t lane[4];
};

static inline uint64_t rotate(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static inline uint64_t load(const uint8_t *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	return word;
}

static inline uint64_t lane_step(uint64_t lane, uint64_t word)
{
	return rotate(lane + word * ODD_3, 29) * ODD_2;
}

static inline void stripe(struct lanes *state, const uint8_t *data)
{
	state->lane[0] = lane_step(state->lane[0], load(data));
	state->lane[1] = lane_step(state->lane[1], load(data + 8));
	state->lane[2] = lane_step(state->lane[2], load(data + 16));
	state->lane[3] = lane_step(state->lane[3], load(data + 24));
}

/* Of a loop around a single stripe a fifth would be the loop's own. */
static inline void four_stripes(struct lanes *state, const uint8_t *data)
{
	stripe(state, data);
	stripe(state, data + STRIPE_BYTES);
	stripe(state, data + 2 * STRIPE_BYTES);
	stripe(state, data + 3 * STRIPE_BYTES);
}

/* Spreads every bit over all of the word. */
static uint64_t avalanche(uint64_t value)
{
	value = (value ^ value >> 32) * ODD_5;
	value = (value ^ value >> 29) * ODD_7;
	return value ^ value >> 32;
}

static struct hash128 finish(const struct lanes *state, uint64_t bytes)
{
	const uint64_t *lane = state->lane;
	uint64_t low = rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) +
	               rotate(lane[3], 18);
	uint64_t high = (lane[0] * ODD_11 ^ rotate(lane[1] * ODD_13, 21)) +
	                (rotate(lane[2] * ODD_7, 33) ^ rotate(lane[3] * ODD_5, 47));
	struct hash128 result = {{avalanche(low ^ bytes), avalanche(high + bytes * ODD_3)}};

	return result;
}

struct hash128 hash128_of(const void *data, size_t bytes, uint64_t seed)
{
	struct lanes state = {{seed + ODD_2, seed ^ ODD_3, seed + ODD_5, seed ^ ODD_7}};
	const uint8_t *next = data;
	size_t left = bytes;
	uint8_t tail[STRIPE_BYTES] = {0};

	for (; left >= FOUR_STRIPES_BYTES; left -= FOUR_STRIPES_BYTES, next += FOUR_STRIPES_BYTES)
		four_stripes(&state, next);
	for (; left >= STRIPE_BYTES; left -= STRIPE_BYTES, next += STRIPE_BYTES)
		stripe(&state, next);
	if (left > 0) {
		memcpy(tail, next, left);
		stripe(&state, tail);
	}
	return finish(&state, bytes);
}
