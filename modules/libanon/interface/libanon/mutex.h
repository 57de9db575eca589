/*
 * Mutex, condition and once on word waits: uncontended, no system call. Not recursive, not robust: a thread
 * that is killed keeps what it holds, and its process with it. A rank above 0 makes debug builds check that
 * mutexes are taken in rising order; release builds take a free mutex in place.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <libanon/syscall.h>

struct mutex {
	uint32_t word; /* 0 free, 1 held, 2 held and somebody may wait */
	uint16_t rank; /* 0: unranked */
	uint16_t reserved;
};
struct condition {
	uint32_t sequence;
};
struct once {
	uint32_t word; /* 0 not begun, 1 running, 2 done */
};

#define MUTEX_INIT \
	{ \
		0, 0, 0 \
	}
#define MUTEX_RANKED(rank) \
	{ \
		0, (rank), 0 \
	}
#define CONDITION_INIT \
	{ \
		0 \
	}
#define ONCE_INIT \
	{ \
		0 \
	}

void mutex_init(struct mutex *mutex, unsigned rank);
bool mutex_try_lock(struct mutex *mutex);

#ifdef DEBUG
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
#else
/* What the two below leave: somebody else holds it; somebody may wait for it. */
void mutex_lock_contended(struct mutex *mutex);
void mutex_unlock_contended(struct mutex *mutex);

static inline void mutex_lock(struct mutex *mutex)
{
	uint32_t expected = 0;

	if (!__atomic_compare_exchange_n(&mutex->word, &expected, 1, false, __ATOMIC_ACQUIRE,
	                                 __ATOMIC_RELAXED))
		mutex_lock_contended(mutex);
}

static inline void mutex_unlock(struct mutex *mutex)
{
	if (__atomic_exchange_n(&mutex->word, 0, __ATOMIC_RELEASE) == 2)
		mutex_unlock_contended(mutex);
}
#endif

/* May wake without reason: test the condition in a loop. OK or E_TIMEOUT, or E_INTR after a kick. */
status_t condition_wait(struct condition *condition, struct mutex *mutex, uint64_t deadline);
void condition_signal(struct condition *condition);
void condition_broadcast(struct condition *condition);

/* Runs fn exactly once; everyone returns after it has. */
void once_run(struct once *once, void (*fn)(void));
