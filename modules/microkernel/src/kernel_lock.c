/*
 * Waiting for the kernel lock. Exclusive is a spin lock and then the wait for those who are shared; shared is a mark
 * of the CPU's own, so that CPUs that only share never write to a common cache line.
 */
#include "kernel_lock.h"

uint32_t kernel_lock_taken;

static void spin_once(struct cpu *cpu)
{
	cpu->lock_spins++;
	arch_cpu_poll();
	arch_relax();
}

static void wait_until_free(struct cpu *cpu)
{
	while (__atomic_load_n(&kernel_lock_taken, __ATOMIC_RELAXED))
		spin_once(cpu);
}

RARELY_CALLED void kernel_lock_wait_exclusive(struct cpu *cpu)
{
	do
		wait_until_free(cpu);
	while (__atomic_exchange_n(&kernel_lock_taken, 1, __ATOMIC_SEQ_CST));
}

RARELY_CALLED void kernel_lock_wait_shared(struct cpu *cpu)
{
	do {
		kernel_mode_set(cpu, KERNEL_WAITING);
		wait_until_free(cpu);
	} while (!kernel_lock_try_shared(cpu));
}

RARELY_CALLED void kernel_lock_wait_for(struct cpu *cpu, const struct cpu *other)
{
	while (kernel_mode_of(other) == KERNEL_SHARED)
		spin_once(cpu);
}
