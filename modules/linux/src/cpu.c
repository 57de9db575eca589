/*
 * Facts about the processor from CPUID and the kernel (cpu.h).
 */
#include "cpu.h"
#include <libanon/syscall.h>

#define CPUID_RDRAND (1u << 30)

static void cpuid_1(uint32_t *ecx, uint32_t *edx)
{
	uint32_t eax = 1, ebx;

	*ecx = 0;
	__asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(*ecx), "=d"(*edx));
}

uint64_t cpu_hwcap(void)
{
	uint32_t ecx, edx;

	cpuid_1(&ecx, &edx);
	return edx;
}

bool cpu_has_rdrand(void)
{
	uint32_t ecx, edx;

	cpuid_1(&ecx, &edx);
	return ecx & CPUID_RDRAND;
}

uint32_t cpu_count(void)
{
	struct system_info info;

	return sys_system_info(&info) == OK && info.cpus != 0 ? info.cpus : 1;
}
