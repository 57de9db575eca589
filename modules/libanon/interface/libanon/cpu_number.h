/*
 * Which CPU the caller is on, or was a moment ago. Neither a call nor a feature of newer processors is needed.
 */
#pragma once
#include <stdint.h>
#include <microkernel/abi.h>

static inline uint32_t cpu_number(void)
{
	uint32_t number;

	__asm__ volatile("lsl %1, %0" : "=r"(number) : "r"(SEGMENT_CPU_NUMBER) : "cc");
	return number;
}
