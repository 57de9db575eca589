/*
 * The arithmetic of periodic timers, apart from timers.c for host tests.
 */
#include "timers.h"

uint64_t timer_advance(uint64_t deadline, uint64_t interval, uint64_t now, uint64_t *out_missed)
{
	uint64_t periods = now >= deadline ? (now - deadline) / interval + 1 : 1;
	uint64_t next;

	*out_missed = periods - 1;
	if (__builtin_mul_overflow(periods, interval, &next) ||
	    __builtin_add_overflow(deadline, next, &next))
		return UINT64_MAX;
	return next;
}
