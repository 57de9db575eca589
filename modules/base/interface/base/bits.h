/*
 * Alignment, bit scans, powers of two, minimum and maximum. Alignments are powers of two throughout.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#undef MIN
#undef MAX
/* Names with a counter, so that one may stand inside another without a shadow warning. */
#define BITS_PICK_(a, b, op, x, y) \
	({ \
		__auto_type x = (a); \
		__auto_type y = (b); \
		x op y ? x : y; \
	})
#define BITS_NAMED_(a, b, op, n) BITS_PICK_(a, b, op, pick_a_##n, pick_b_##n)
#define BITS_COUNTED_(a, b, op, n) BITS_NAMED_(a, b, op, n)
#define MIN(a, b) BITS_COUNTED_(a, b, <, __COUNTER__)
#define MAX(a, b) BITS_COUNTED_(a, b, >, __COUNTER__)
#define BIT(n) (1ull << (n))
#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))

static inline bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

static inline uint64_t align_down(uint64_t value, uint64_t alignment)
{
	return value & ~(alignment - 1);
}

/* Wraps to 0 when the result does not fit: check sums of untrusted numbers before. */
static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

static inline bool is_aligned(uint64_t value, uint64_t alignment)
{
	return !(value & (alignment - 1));
}

/* Index of the lowest and the highest bit set; value must not be 0. */
static inline unsigned bit_lowest(uint64_t value)
{
	return (unsigned)__builtin_ctzll(value);
}

static inline unsigned bit_highest(uint64_t value)
{
	return 63 - (unsigned)__builtin_clzll(value);
}

/* By hand: __builtin_popcountll would call libgcc, which the kernel does not link. */
static inline unsigned bit_count(uint64_t value)
{
	value -= (value >> 1) & 0x5555555555555555ull;
	value = (value & 0x3333333333333333ull) + ((value >> 2) & 0x3333333333333333ull);
	value = (value + (value >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (unsigned)((value * 0x0101010101010101ull) >> 56);
}

/* The smallest power of two at or above value; value is 1 to 2^63. */
static inline uint64_t power_of_two_above(uint64_t value)
{
	return value <= 1 ? 1 : 1ull << (bit_highest(value - 1) + 1);
}

/* True, with the sum in *out, when it does not overflow. */
static inline bool add_checked(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

static inline bool multiply_checked(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}
