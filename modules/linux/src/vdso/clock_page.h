/*
 * The clock page: what programs need to tell the time without a call. The monitor writes it (clock_page.c); every
 * program of the container sees it read-only, right below the code that reads it (vdso/clock.c).
 */
#pragma once
#include <stdint.h>
#include <libanon/time.h>

struct clock_page {
	uint32_t sequence; /* odd while what follows is being changed */
	uint32_t reserved;
	struct clock_scale scale; /* of the monotonic clock; multiplier 0: make the call */
	uint64_t real_offset_ns;  /* what to add for the time of day */
};
