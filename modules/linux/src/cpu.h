/*
 * What programs are told of the processor, and its counter of ticks.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <libanon/cpu_number.h>

uint64_t cpu_hwcap(void); /* CPUID 1, EDX: AT_HWCAP */
bool cpu_has_rdrand(void);
uint32_t cpu_count(void); /* CPUs the system runs on */

/* The time-stamp counter, of which each CPU may have its own idea. */
static inline uint64_t cpu_ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}
