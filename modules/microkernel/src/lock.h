/*
 * Spin locks with ranks. The kernel runs with interrupts off, so a lock is held only against other CPUs and
 * for a few hundred instructions at the most.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <base/assert.h>
#include "lock_rank.h"

struct spinlock {
	uint32_t taken;
	uint32_t rank;
};

void spin_wait(const struct spinlock *lock);  /* until it is free; answers other CPUs meanwhile */
void lock_check_taken(struct spinlock *lock); /* panics when the rank is out of order */
void lock_check_released(struct spinlock *lock); /* panics when not held */

#if defined(DEBUG)
#define LOCK_CHECK(check) (check)
#else
#define LOCK_CHECK(check) ((void)0)
#endif

static inline void spin_init(struct spinlock *lock, enum lock_rank rank)
{
	lock->taken = 0;
	lock->rank = rank;
}

static inline void spin_lock(struct spinlock *lock)
{
	LOCK_CHECK(lock_check_taken(lock));
	while (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE))
		spin_wait(lock);
}

static inline void spin_unlock(struct spinlock *lock)
{
	LOCK_CHECK(lock_check_released(lock));
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}
