/*
 * What the parts of nativebench share: what an operation costs (nativebench_main.c), how long somebody important waits
 * (nativebench_delay.c), and a large tree of handles (nativebench_revoke.c).
 */
#pragma once
#include <libanon/syscall.h>

#define PRIORITY 20u /* of the main thread, from where there is something above */

static inline uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

void must(status_t status, const char *what); /* or the program ends */
void print_row(const char *name, uint64_t tenths);

/* Does the work in a thread a little less important than one that waits for a timer; how late was that at the worst? */
uint64_t longest_delay_during(void (*work)(void), uint64_t period_ns);
void measure_timer_delay(void);
void measure_busy_server(void);
void measure_revoke(void);
