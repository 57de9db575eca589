/*
 * Waiting for a lock, and lock ranks, checked in debug kernels: each CPU keeps the set of ranks it holds as bits, so
 * that a lock taken out of order is caught the first time the order is wrong, not the first time it deadlocks.
 */
#include "lock.h"
#include "cpu.h"
#include "panic.h"

RARELY_CALLED void spin_wait(struct spinlock *lock)
{
	struct cpu *cpu = this_cpu();

	do {
		cpu->lock_spins++;
		arch_cpu_poll();
		arch_relax();
	} while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED) || !spin_try(lock));
}

void lock_check_taken(struct spinlock *lock)
{
	uint32_t *held = &this_cpu()->held_ranks;

	if (*held & ~0u << lock->rank)
		panic("lock of rank %u taken while holding ranks %x", lock->rank, *held);
	*held |= 1u << lock->rank;
}

void lock_check_released(struct spinlock *lock)
{
	uint32_t *held = &this_cpu()->held_ranks;

	if (!(*held & 1u << lock->rank))
		panic("lock rank %u released while not held", lock->rank);
	*held &= ~(1u << lock->rank);
}
