/*
 * The inline half of arch.h: the direct map, this CPU, interrupt flag, ports and special registers.
 */
#pragma once
#include "arch/x86_64/layout.h"

extern const char image_base[]; /* KERNEL_LINK_BASE, moved with the image */

/* The linker writes a number here, boot.S the one that holds: as cheap as a constant. In tests on the host a physical
 * address is the host's own. */
#ifdef __ANONYMOS_KERNEL__
static inline uint64_t direct_base(void)
{
	uint64_t base;

	__asm__ inline("movabsq $direct_link_base, %0" : "=r"(base));
	return base;
}
#define DIRECT_BASE direct_base()
#else
#define DIRECT_BASE 0ul
#endif

static inline void *direct(paddr_t p)
{
	return (void *)(p.value + DIRECT_BASE);
}

static inline paddr_t direct_paddr(const void *p)
{
	return PADDR((uint64_t)p - DIRECT_BASE);
}

/* Not volatile: one kernel run never changes its CPU. */
static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

static inline irq_flags_t arch_irq_save(void)
{
	irq_flags_t flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

static inline void arch_irq_restore(irq_flags_t flags)
{
	if (flags & RFLAGS_IF)
		__asm__ volatile("sti" : : : "memory");
}

static inline bool index_within(uint64_t *index, uint64_t count)
{
	uint64_t mask;
	bool is_within;

	__asm__ inline("cmpq %3, %2\n\t"
	               "sbbq %0, %0" /* all ones when index - count borrows; and borrows again */
	               : "=r"(mask), "=@ccc"(is_within)
	               : "r"(*index), "rme"(count));
	*index &= mask;
	return is_within;
}

static inline void arch_relax(void)
{
	__asm__ volatile("pause");
}
