/*
 * What programs are told of the processor.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

uint64_t cpu_hwcap(void); /* CPUID 1, EDX: AT_HWCAP */
bool cpu_has_rdrand(void);
uint32_t cpu_count(void); /* CPUs the system runs on */
