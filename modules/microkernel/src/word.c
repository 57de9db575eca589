/*
 * Word waits. Sleepers hang in buckets by key: (address space, address) for private memory, (memory object,
 * offset) for shared memory; never by physical page, which a private copy would change. The value is read and
 * the sleeper queued with no chance for a wake between.
 */
#include "word.h"
#include <base/bits.h>
#include <base/hash.h>
#include <microkernel/errors.h>
#include "page.h"
#include "sched.h"
#include "thread.h"

#define BUCKETS 256u

static struct list buckets[BUCKETS];

void word_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&buckets[i]);
}

static struct list *bucket_of(const uint64_t key[2])
{
	return &buckets[hash_mix(key[0] ^ hash_mix(key[1])) % BUCKETS];
}

static bool has_key(const struct thread *thread, const uint64_t key[2])
{
	return thread->word_key[0] == key[0] && thread->word_key[1] == key[1];
}

static void queue(struct thread *thread, const uint64_t key[2])
{
	thread->word_key[0] = key[0];
	thread->word_key[1] = key[1];
	list_push_back(bucket_of(key), &thread->queue_link);
}

status_t word_wait(struct thread *thread, struct aspace *aspace, uint64_t address,
                   uint32_t expected, uint64_t deadline, uint64_t mask)
{
	uint64_t key[2];
	paddr_t page;
	status_t status;

	if (!is_aligned(address, 4))
		return E_INVAL;
	status = aspace_page(aspace, address, MAP_READ, &page);
	if (status != OK)
		return status == E_NOMEM ? E_FAULT : status;
	if (!page_is_ram(page))
		return E_FAULT;
	if (*(volatile uint32_t *)((char *)direct(page) + (address & (PAGE_SIZE - 1))) != expected)
		return E_AGAIN;
	if (mask & WORD_WAIT_INTERRUPTIBLE && thread->arch.kicked & LATCHED_KICK)
		return E_INTR;
	aspace_word_key(aspace, address, key);
	thread->wait_mask = (uint32_t)mask ? (uint32_t)mask : UINT32_MAX;
	thread->is_interruptible = mask & WORD_WAIT_INTERRUPTIBLE;
	thread_block(thread, THREAD_ON_WORD, deadline);
	queue(thread, key);
	sched_leave();
	return OK;
}

uint64_t word_wake(struct aspace *aspace, uint64_t address, uint64_t count, uint32_t mask)
{
	uint64_t key[2];
	uint64_t woken = 0;
	struct list *at;
	struct list *next;

	aspace_word_key(aspace, address, key);
	list_for_each_safe (at, next, bucket_of(key)) {
		struct thread *thread = list_entry(at, struct thread, queue_link);

		if (woken == count)
			break;
		if (!has_key(thread, key) || !(thread->wait_mask & (mask ? mask : UINT32_MAX)))
			continue;
		list_remove(&thread->queue_link);
		thread_unblock(thread, OK, 0);
		woken++;
	}
	return woken;
}

uint64_t word_requeue(struct aspace *aspace, uint64_t address, uint64_t wake, uint64_t move,
                      uint64_t target)
{
	uint64_t from[2];
	uint64_t to[2];
	uint64_t done = word_wake(aspace, address, wake, 0);
	struct list *at;
	struct list *next;

	aspace_word_key(aspace, address, from);
	aspace_word_key(aspace, target, to);
	if (from[0] == to[0] && from[1] == to[1])
		return done;
	list_for_each_safe (at, next, bucket_of(from)) {
		struct thread *thread = list_entry(at, struct thread, queue_link);

		if (move == 0)
			break;
		if (!has_key(thread, from))
			continue;
		list_remove(&thread->queue_link);
		queue(thread, to);
		move--;
		done++;
	}
	return done;
}
