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

void kernel_lock_wait(struct cpu *cpu)
{
	while (__atomic_load_n(&kernel_lock_taken, __ATOMIC_RELAXED))
		spin_once(cpu);
}

void kernel_lock_drain(struct cpu *cpu)
{
	for (unsigned i = 0; i < cpu_count; i++)
		while (kernel_mode_of(&cpus[i]) == KERNEL_SHARED)
			spin_once(cpu);
}
