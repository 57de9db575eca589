/*
 * The switch itself: another thread becomes the current one of this CPU. Who that is has been decided (sched.c, and the
 * fast paths when sched_may_switch says so).
 */
#pragma once
#include "arch/switch.h"
#include "cpu.h"

static inline void sched_become(struct cpu *cpu, struct thread *to)
{
	to->state = THREAD_RUNNING;
	cpu->current = to;
	cpu->switch_count++;
}

/* From the current thread, which has left RUNNING, to another one of this CPU. */
static inline void sched_switch_now(struct cpu *cpu, struct thread *from, struct thread *to)
{
	arch_thread_switch_any(cpu, from, to);
	sched_become(cpu, to);
}

/* The same in the fast paths (arch/switch.h), to a thread of any CPU. */
static inline void sched_switch_direct(struct cpu *cpu, struct thread *from, struct thread *to)
{
	arch_thread_switch_direct(cpu, from, to);
	sched_become(cpu, to);
	if (to->cpu != cpu->id)
		RARE_CALL_2(sched_take_over, to, cpu);
}
