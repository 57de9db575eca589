/*
 * Mutex, condition and once on word waits (mutex.h).
 *
 * A mutex word says "somebody may wait" only as long as it must: a waiter leaves it at 2 when it takes the
 * mutex, since it cannot know whether it was the last, so at most one wake is in vain.
 */
#include <base/assert.h>
#include <libanon/mutex.h>
#include <libanon/thread.h>

#define FREE 0u
#define HELD 1u
#define CONTENDED 2u

#define EVERY_BIT 0xffffffffu
#define EVERYONE 0xffffffffu

static status_t word_sleep(uint32_t *word, uint32_t expected, uint64_t deadline)
{
	return sys_word_wait(HANDLE_NONE, (uint64_t)word, expected, deadline, EVERY_BIT);
}

static void word_rouse(uint32_t *word, uint32_t count)
{
	uint64_t woken;

	(void)sys_word_wake(HANDLE_NONE, (uint64_t)word, count, EVERY_BIT, &woken);
}

void mutex_init(struct mutex *mutex, unsigned rank)
{
	*mutex = (struct mutex)MUTEX_RANKED((uint16_t)rank);
}

static bool take(struct mutex *mutex)
{
	uint32_t expected = FREE;

	return __atomic_compare_exchange_n(&mutex->word, &expected, HELD, false, __ATOMIC_ACQUIRE,
	                                   __ATOMIC_RELAXED);
}

static void take_contended(struct mutex *mutex)
{
	while (__atomic_exchange_n(&mutex->word, CONTENDED, __ATOMIC_ACQUIRE) != FREE)
		(void)word_sleep(&mutex->word, CONTENDED, 0);
}

#ifdef DEBUG
/* Ranks held by this thread, rising; the last one is the highest. */
static void rank_push(const struct mutex *mutex)
{
	struct anon_thread *self = thread_self();

	if (!mutex->rank)
		return;
	ASSERT(self->rank_count < THREAD_RANKS_MAX);
	ASSERT(self->rank_count == 0 || self->ranks[self->rank_count - 1] < mutex->rank);
	self->ranks[self->rank_count++] = mutex->rank;
}

/* Mutexes may be given back in any order. */
static void rank_pop(const struct mutex *mutex)
{
	struct anon_thread *self = thread_self();
	unsigned at = self->rank_count;

	if (!mutex->rank)
		return;
	while (at > 0 && self->ranks[at - 1] != mutex->rank)
		at--;
	ASSERT(at > 0);
	for (; at < self->rank_count; at++)
		self->ranks[at - 1] = self->ranks[at];
	self->rank_count--;
}

void mutex_lock(struct mutex *mutex)
{
	rank_push(mutex);
	if (!take(mutex))
		take_contended(mutex);
}

bool mutex_try_lock(struct mutex *mutex)
{
	if (!take(mutex))
		return false;
	rank_push(mutex);
	return true;
}

void mutex_unlock(struct mutex *mutex)
{
	uint32_t before;

	rank_pop(mutex);
	before = __atomic_exchange_n(&mutex->word, FREE, __ATOMIC_RELEASE);
	ASSERT(before != FREE);
	if (before == CONTENDED)
		word_rouse(&mutex->word, 1);
}
#else
bool mutex_try_lock(struct mutex *mutex)
{
	return take(mutex);
}

void mutex_lock_contended(struct mutex *mutex)
{
	take_contended(mutex);
}

void mutex_unlock_contended(struct mutex *mutex)
{
	word_rouse(&mutex->word, 1);
}
#endif

status_t condition_wait(struct condition *condition, struct mutex *mutex, uint64_t deadline)
{
	uint32_t sequence = __atomic_load_n(&condition->sequence, __ATOMIC_RELAXED);
	status_t status;

	mutex_unlock(mutex);
	status = word_sleep(&condition->sequence, sequence, deadline);
	mutex_lock(mutex);
	return status == E_AGAIN ? OK : status;
}

static void condition_wake(struct condition *condition, uint32_t count)
{
	__atomic_fetch_add(&condition->sequence, 1, __ATOMIC_RELEASE);
	word_rouse(&condition->sequence, count);
}

void condition_signal(struct condition *condition)
{
	condition_wake(condition, 1);
}

void condition_broadcast(struct condition *condition)
{
	condition_wake(condition, EVERYONE);
}

#define NOT_BEGUN 0u
#define RUNNING 1u
#define DONE 2u

void once_run(struct once *once, void (*fn)(void))
{
	uint32_t state = NOT_BEGUN;

	if (__atomic_load_n(&once->word, __ATOMIC_ACQUIRE) == DONE)
		return;
	if (__atomic_compare_exchange_n(&once->word, &state, RUNNING, false, __ATOMIC_ACQUIRE,
	                                __ATOMIC_ACQUIRE)) {
		fn();
		__atomic_store_n(&once->word, DONE, __ATOMIC_RELEASE);
		word_rouse(&once->word, EVERYONE);
		return;
	}
	while (__atomic_load_n(&once->word, __ATOMIC_ACQUIRE) != DONE)
		(void)word_sleep(&once->word, RUNNING, 0);
}
