/*
 * The switch as explorers see it. There is one register that it moves, so that they notice a thread that goes on before
 * its CPU has saved it: its right content is the thread's own address (machine.c), and nothing is in the thread meanwhile.
 */
#pragma once
#include "cpu.h"

extern uint64_t machine_bases[CPUS_MAX];

static inline void arch_thread_switch_direct(struct cpu *cpu, struct thread *from,
                                             struct thread *to)
{
	from->arch.fs_base = machine_bases[cpu->id];
	machine_bases[cpu->id] = to->arch.fs_base;
	to->arch.fs_base = 0;
}

static inline void arch_thread_switch_any(struct cpu *cpu, struct thread *from, struct thread *to)
{
	arch_thread_switch_direct(cpu, from, to);
}

static inline uint64_t arch_ticks(const struct cpu *cpu)
{
	(void)cpu;
	return clock_ticks();
}
