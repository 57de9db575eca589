/*
 * The monotonic clock and deadlines. A deadline of 0 means none.
 */
#pragma once
#include <libanon/syscall.h>

#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull

/* How ticks of the CPU's counter become nanoseconds (abi.h, struct system_info). */
struct clock_scale {
	uint64_t base;
	uint64_t multiplier; /* 0: the counter does not tell the time, the kernel must be asked */
	uint32_t shift;
};

static inline uint64_t clock_scale_ns(const struct clock_scale *scale, uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)(ticks - scale->base) * scale->multiplier >>
	                  scale->shift);
}

/* The kernel's scale; the same for every program, for ever. */
const struct clock_scale *clock_scale(void);
/* What sys_clock_now says, read without a call where that can be. */
uint64_t clock_ns(void);

/* Saturates instead of wrapping; never 0. */
static inline uint64_t deadline_in_ns(uint64_t ns)
{
	uint64_t deadline;

	return __builtin_add_overflow(clock_ns(), ns, &deadline) ? UINT64_MAX : deadline;
}

static inline uint64_t deadline_in_ms(uint64_t ms)
{
	return ms > UINT64_MAX / NS_PER_MS ? UINT64_MAX : deadline_in_ns(ms * NS_PER_MS);
}

/* Sleeps through kicks. */
void sleep_ns(uint64_t ns);
/* Waits for any bit of mask through kicks; timeout_ns 0: for ever. */
status_t event_await(handle_t event, uint64_t mask, uint64_t timeout_ns, uint64_t *out_bits);
