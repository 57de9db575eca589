/*
 * Per-CPU data, reached by GS in the kernel (this_cpu()). The first fields are used by entry.S and have
 * fixed offsets (asserted in arch/x86_64).
 */
#pragma once
#include <stdint.h>
#include "arch/arch.h"
#include "sched.h"
#include "thread.h"

struct cpu {
	struct cpu *self;         /* 0 */
	struct thread *current;   /* 8: whom arch_return_to_user leaves for; null: idle */
	uint64_t kernel_stack;    /* 16: top */
	uint64_t scratch[2];      /* 24: entry code only */
	uint64_t loaded_root;     /* 40: CR3 as last written */
	struct thread *fpu_owner; /* 48: whose state is in the FPU, or null */
	unsigned id;              /* 56 */
	uint32_t pending;         /* 60: what schedule_if_needed has to do; usually nothing */
	struct run_queue run_queue;
	uint64_t idle_since_ns;
	uint64_t idle_ns;
	uint64_t switch_count;
};
/* Bits of pending. */
#define PENDING_SCHEDULE 1u /* somebody else may have to run */
#define PENDING_REAP 2u     /* objects lost their last reference */
#define PENDING_TIMER 4u    /* the first deadline, or the slice, changed */

#define CPUS_MAX 8
extern struct cpu cpus[CPUS_MAX];

static inline void cpu_pend(uint32_t what)
{
	this_cpu()->pending |= what;
}

static inline struct thread *cpu_current(void)
{
	return this_cpu()->current;
}

/* Nobody above this priority is ready. */
static inline bool sched_may_switch(unsigned priority)
{
	return this_cpu()->run_queue.ready >> priority <= 1;
}

/* A direct switch, when that is so: `to` becomes the current thread. */
static inline void sched_switch_now(struct thread *to)
{
	struct cpu *cpu = this_cpu();
	struct thread *from = cpu->current;

	to->state = THREAD_RUNNING;
	if (from == to)
		return;
	cpu->current = to;
	cpu->switch_count++;
	arch_thread_switch(from, to);
}
