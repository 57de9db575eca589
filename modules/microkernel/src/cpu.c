/*
 * CPUs telling one another that something has changed.
 */
#include "kernel_lock.h"

struct cpu cpus[CPUS_MAX];
unsigned cpu_count = 1; /* the boot CPU */

void cpu_init(struct cpu *cpu)
{
	sched_init(&cpu->run_queue);
	deadline_init(&cpu->deadlines);
}

/* One in the kernel looks at pending before it leaves. */
void cpu_pend_on(struct cpu *cpu, uint32_t what)
{
	__atomic_fetch_or(&cpu->pending, what, __ATOMIC_SEQ_CST);
	if (cpu != this_cpu() && kernel_mode_of(cpu) != KERNEL_WAITING)
		arch_cpu_attend(cpu);
}

void cpu_hold(const struct cpu *cpu)
{
	if (cpu == this_cpu() || kernel_mode_of(cpu) != KERNEL_OUT)
		return;
	arch_cpu_attend(cpu);
	while (kernel_mode_of(cpu) == KERNEL_OUT)
		arch_relax();
}
