/*
 * Per-CPU data, reached by GS in the kernel (this_cpu()). The first fields are used by entry.S and have
 * fixed offsets (asserted in arch/x86_64).
 */
#pragma once
#include <stdint.h>
#include "arch/arch.h"
#include "sched.h"

struct cpu {
	struct cpu *self;             /* 0 */
	struct thread *current;       /* 8: whom arch_return_to_user leaves for; null: idle */
	uint64_t kernel_stack;        /* 16: top */
	uint64_t scratch[2];          /* 24: entry code only */
	uint64_t loaded_root;         /* 40: CR3 as last written */
	struct thread *fpu_owner;     /* 48: whose state is in the FPU, or null */
	unsigned id;                  /* 56 */
	bool is_rescheduling;         /* 60: schedule_if_needed has work */
	struct run_queue run_queue;
	uint64_t idle_since_ns;
	uint64_t idle_ns;
	uint64_t switch_count;
};
#define CPUS_MAX 8
extern struct cpu cpus[CPUS_MAX];

static inline struct thread *cpu_current(void)
{
	return this_cpu()->current;
}
