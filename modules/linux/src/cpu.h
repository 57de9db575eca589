/*
 * What programs are told of the processor.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

uint64_t cpu_hwcap(void); /* CPUID 1, EDX: AT_HWCAP */
bool cpu_has_rdrand(void);
uint32_t cpu_count(void); /* CPUs the system runs on */
/* Which one the caller is on; before the first guest runs, cpu_start finds out whether the CPU tells it. */
void cpu_start(void);
bool cpu_has_number(void);
uint32_t cpu_number(void);
