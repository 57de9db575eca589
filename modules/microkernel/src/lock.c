/*
 * Lock ranks, checked in debug kernels: each CPU keeps the set of ranks it holds as bits, so that a lock
 * taken out of order is caught the first time the order is wrong, not the first time it deadlocks.
 */
#include "lock.h"
#include "panic.h"

static uint32_t held_ranks;

void lock_check_taken(struct spinlock *lock)
{
	uint32_t above = ~0u << lock->rank;

	if (held_ranks & above)
		panic("lock of rank %u taken while holding ranks %x", lock->rank, held_ranks);
	held_ranks |= 1u << lock->rank;
}

void lock_check_released(struct spinlock *lock)
{
	if (!(held_ranks & (1u << lock->rank)))
		panic("lock rank %u released while not held", lock->rank);
	held_ranks &= ~(1u << lock->rank);
}
