/*
 * The kernel lock: which CPUs may be in the kernel at once.
 *
 *   exclusive  alone. Everything is done so but for what the next line names.
 *   shared     with other CPUs that are shared: a few short paths (the common cases of IPC) that
 *              touch only the current thread and objects whose own lock they take.
 *
 * Whoever enters saves the current thread's registers first and says so (KERNEL_WAITING); from then on a CPU with the
 * lock may do anything to that thread, its death included, so what was looked at before must be looked at again.
 * arch_return_to_user gives the lock back.
 */
#pragma once
#include "cpu.h"
#include "rare_call.h"

enum kernel_mode {
	KERNEL_OUT, /* user mode, idle, or entry.S's short cuts, which touch the current thread only */
	KERNEL_WAITING, /* for the lock; touches nothing */
	KERNEL_SHARED,
	KERNEL_EXCLUSIVE, /* entry.S knows this number */
};

extern uint32_t kernel_lock_taken; /* 1: by a CPU that is, or is about to be, KERNEL_EXCLUSIVE */

static inline enum kernel_mode kernel_mode_of(const struct cpu *cpu)
{
	return (enum kernel_mode)__atomic_load_n(&cpu->kernel_mode, __ATOMIC_ACQUIRE);
}

static inline void kernel_mode_set(struct cpu *cpu, enum kernel_mode mode)
{
	__atomic_store_n(&cpu->kernel_mode, mode, __ATOMIC_RELEASE);
}

/* Parts of what follows, which answer other CPUs meanwhile. */
RARELY_CALLED void kernel_lock_wait_exclusive(struct cpu *cpu); /* until it has been taken */
RARELY_CALLED void kernel_lock_wait_shared(struct cpu *cpu);
RARELY_CALLED void kernel_lock_wait_for(struct cpu *cpu, const struct cpu *other);

/* Until nobody is shared any more. */
static inline void kernel_lock_drain(struct cpu *cpu)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (kernel_mode_of(&cpus[i]) == KERNEL_SHARED)
			RARE_CALL_2(kernel_lock_wait_for, cpu, &cpus[i]);
}

/* From any mode but this one. */
static inline void kernel_lock_exclusive(void)
{
	struct cpu *cpu = this_cpu();

	kernel_mode_set(cpu, KERNEL_WAITING);
	if (__atomic_exchange_n(&kernel_lock_taken, 1, __ATOMIC_SEQ_CST))
		RARE_CALL_1(kernel_lock_wait_exclusive, cpu);
	if (cpu_count > 1)
		kernel_lock_drain(cpu);
	kernel_mode_set(cpu, KERNEL_EXCLUSIVE);
}

/* From KERNEL_OUT. The exchange is a barrier: either the exclusive CPU sees our mark, or we see that it has the lock. */
static inline bool kernel_lock_try_shared(struct cpu *cpu)
{
	__atomic_exchange_n(&cpu->kernel_mode, KERNEL_SHARED, __ATOMIC_SEQ_CST);
	return !__atomic_load_n(&kernel_lock_taken, __ATOMIC_ACQUIRE);
}

static inline void kernel_lock_shared(struct cpu *cpu)
{
	if (!kernel_lock_try_shared(cpu))
		RARE_CALL_1(kernel_lock_wait_shared, cpu);
}
