/*
 * Spin locks with ranks. The kernel runs with interrupts off, so a lock is held only against other CPUs and
 * for a few hundred instructions at the most.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <base/assert.h>
#include "lock_rank.h"
#include "rare_call.h"

struct spinlock {
	uint32_t taken;
	uint32_t rank;
};

RARELY_CALLED void spin_wait(
	struct spinlock *lock);                  /* and takes it; answers other CPUs meanwhile */
void lock_check_taken(struct spinlock *lock);    /* panics when the rank is out of order */
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

/* False: another CPU has it. */
static inline bool spin_try(struct spinlock *lock)
{
	if (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE))
		return false;
	LOCK_CHECK(lock_check_taken(lock));
	return true;
}

static inline void spin_lock(struct spinlock *lock)
{
	if (!spin_try(lock))
		RARE_CALL_1(spin_wait, lock);
}

static inline void spin_unlock(struct spinlock *lock)
{
	LOCK_CHECK(lock_check_released(lock));
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}
