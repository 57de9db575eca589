/*
 * Per-CPU data, reached by GS in the kernel (this_cpu()). The first fields are used by entry.S and have
 * fixed offsets (asserted in arch/x86_64).
 *
 * Another CPU's fields are touched only under the exclusive kernel lock, but for those marked [a], atomic.
 */
#pragma once
#include <stdint.h>
#include "arch/arch.h"
#include "deadline.h"
#include "sched.h"
#include "thread.h"

struct cpu {
	struct cpu *self;         /* 0 */
	struct thread *current;   /* 8: whom arch_return_to_user leaves for; null: idle */
	uint64_t kernel_stack;    /* 16: top */
	uint64_t scratch[2];      /* 24: entry code only */
	cr3_t loaded_root;        /* 40: [a] as last written */
	struct thread *fpu_owner; /* 48: whose state is in the FPU, or null */
	unsigned id;              /* 56 */
	uint32_t pending;         /* 60: [a] what schedule_if_needed has to do; usually nothing */
	uint32_t kernel_mode;     /* 64: [a] see kernel_lock.h */
	uint32_t held_ranks;      /* of spin locks, in debug kernels */
	uint64_t root_writes;     /* 72: CR3 writes so far */

	const struct pagetable
		*loaded_native; /* [a] whose window the loaded root shows; compared only */
	uint8_t tlb_state;      /* enum tlb_state (arch/x86_64/tlb.h) */
	bool is_fpu_barred;     /* CR0.TS as last written */
	uint32_t apic_id;       /* [I] */
	uint64_t trained_by;    /* number of the domain that ran last (speculation.c) */
	uint64_t clock_offset;  /* [I] ticks to add to this CPU's counter */
	uint64_t timer_ns;      /* when its timer fires; UINT64_MAX: never */

	struct run_queue run_queue;
	struct deadline_queue deadlines;
	uint64_t idle_since_ticks; /* 0: it is not idle */
	uint64_t idle_ticks;

	struct page_request pending_request; /* of a copy that met a page the pager has to bring */
	bool is_retry_pending;               /* of one that met a lack of memory which will pass */

	uint64_t switch_count, syscall_count, fault_count, lock_spins;
};
/* Bits of pending. */
#define PENDING_SCHEDULE 1u /* somebody else may have to run */
#define PENDING_REAP 2u     /* objects lost their last reference */
#define PENDING_TIMER 4u    /* the first deadline, or the slice, changed */
#define PENDING_KICK 8u     /* the current thread was kicked while its guest ran */

#define CPUS_MAX 8
extern struct cpu cpus[CPUS_MAX];
extern unsigned cpu_count; /* that run; only arch_start_cpus changes it */

void cpu_init(struct cpu *cpu);

static inline struct thread *cpu_current(void)
{
	return this_cpu()->current;
}

static inline void cpu_pend(uint32_t what)
{
	__atomic_fetch_or(&this_cpu()->pending, what, __ATOMIC_RELAXED);
}

/* The same for any CPU, which learns of it at once. */
void cpu_pend_on(struct cpu *cpu, uint32_t what);
/* Waits until no user code runs on it; it stays so while the caller has the exclusive kernel lock. */
void cpu_hold(const struct cpu *cpu);

static inline bool thread_may_run_on(const struct thread *thread, const struct cpu *cpu)
{
	return thread->cpus >> cpu->id & 1;
}

/* Nobody above this priority is ready, nor of the same unless the timer will see to his turn. */
static inline bool sched_may_switch(const struct cpu *cpu, unsigned priority)
{
	return cpu->run_queue.ready >> priority <= cpu->run_queue.is_slice_watched;
}

/* Of who runs; -1 when idle. */
static inline int cpu_running_priority(const struct cpu *cpu)
{
	const struct thread *current = cpu->current;

	return current && current->state == THREAD_RUNNING ? current->priority : -1;
}

static inline bool cpu_is_idle(const struct cpu *cpu)
{
	return cpu_running_priority(cpu) < 0 && !cpu->run_queue.ready;
}

/* That the thread may run on; null: none. */
static inline struct cpu *cpu_find_idle(const struct thread *thread)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (cpu_is_idle(&cpus[i]) && thread_may_run_on(thread, &cpus[i]))
			return &cpus[i];
	return NULL;
}

/* A thread of this CPU's that is more important than the current one would run here at once if it were made ready. */
static inline bool sched_may_preempt(const struct cpu *cpu, const struct thread *current,
                                     const struct thread *to)
{
	return !cpu->pending && to->cpu == cpu->id && to->priority > current->priority &&
	       (cpu_count == 1 || !cpu_find_idle(to));
}
