/*
 * Word waits. Sleepers hang in buckets by key: (address space, address) for private memory, (memory object,
 * offset) for shared memory; never by physical page, which a private copy would change. The value is read and
 * the sleeper queued with no chance for a wake between.
 *
 * A sleeper is a thread in a word_wait, or one whose guest is in a call that is settled here (space_settle): then it
 * stays in guest mode, and goes on in its guest. When the wait does not end by a wake, it is as if nothing had been
 * settled: the call comes to the monitor.
 */
#include "word.h"
#include <base/bits.h>
#include <microkernel/errors.h>
#include "arch/x86_64/syscall_regs.h"
#include "memory.h"
#include "page.h"
#include "sched.h"
#include "space.h"
#include "thread.h"

#define BUCKET_BITS 8
#define BUCKETS (1u << BUCKET_BITS)

static struct list buckets[BUCKETS];

void word_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&buckets[i]);
}

/* What an address means to all who may sleep there. */
static inline struct word_key key_of(struct aspace *aspace, uint64_t address)
{
	const struct mapping *mapping = aspace_mapping_at(aspace, address);

	if (!mapping || !mapping->memory || mapping->flags & MAP_PRIVATE)
		return (struct word_key){aspace->id, address};
	return (struct word_key){mapping->memory->obj.id,
	                         mapping->offset + (address - mapping->start)};
}

static struct list *bucket_of(struct word_key key)
{
	return &buckets[(key.id + key.offset) * 0x9e3779b97f4a7c15ull >> (64 - BUCKET_BITS)];
}

static bool is_same(struct word_key a, struct word_key b)
{
	return a.id == b.id && a.offset == b.offset;
}

static void queue(struct thread *thread, struct word_key key)
{
	thread->word_key = key;
	list_push_back(bucket_of(key), &thread->queue_link);
}

/* The current thread sleeps until a wake whose mask meets its own (0: any). */
static void sleep_at(struct thread *thread, struct aspace *aspace, uint64_t address,
                     uint64_t deadline, uint32_t mask, bool is_interruptible)
{
	thread->wait_mask = mask ? mask : UINT32_MAX;
	thread->is_interruptible = is_interruptible;
	thread_block(thread, THREAD_ON_WORD, deadline);
	queue(thread, key_of(aspace, address));
	sched_leave();
}

status_t word_wait(struct thread *thread, struct aspace *aspace, uint64_t address,
                   uint32_t expected, uint64_t deadline, uint64_t mask)
{
	bool is_interruptible = mask & WORD_WAIT_INTERRUPTIBLE;
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
	if (is_interruptible && thread->arch.kicked & LATCHED_KICK)
		return E_INTR;
	sleep_at(thread, aspace, address, deadline, (uint32_t)mask, is_interruptible);
	return OK;
}

uint64_t word_wake(struct aspace *aspace, uint64_t address, uint64_t count, uint32_t mask)
{
	struct word_key key = key_of(aspace, address);
	uint64_t woken = 0;
	struct list *at;
	struct list *next;

	list_for_each_safe (at, next, bucket_of(key)) {
		struct thread *thread = list_entry(at, struct thread, queue_link);

		if (woken == count)
			break;
		if (!is_same(thread->word_key, key) ||
		    !(thread->wait_mask & (mask ? mask : UINT32_MAX)))
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
	struct word_key from = key_of(aspace, address);
	struct word_key to = key_of(aspace, target);
	uint64_t done = word_wake(aspace, address, wake, 0);
	struct list *at;
	struct list *next;

	if (is_same(from, to))
		return done;
	list_for_each_safe (at, next, bucket_of(from)) {
		struct thread *thread = list_entry(at, struct thread, queue_link);

		if (move == 0)
			break;
		if (!is_same(thread->word_key, from))
			continue;
		list_remove(&thread->queue_link);
		queue(thread, to);
		move--;
		done++;
	}
	return done;
}

/* --- a guest's call --- */

static bool settle_wait(struct thread *thread, const uint64_t args[6], uint32_t mask)
{
	int64_t value;

	if (args[3] || !mask || thread->arch.kicked & LATCHED_KICK)
		return false;
	value = guest_load_u32(args[0]);
	if (value < 0)
		return false;
	if (value == (uint32_t)args[2])
		sleep_at(thread, &thread->space->aspace, args[0], 0, mask, true);
	else
		guest_regs_set_result(thread, thread->space->word_call.differs);
	return true;
}

bool word_settle(struct thread *thread)
{
	const struct word_call *call = &thread->space->word_call;
	uint64_t args[6];
	uint32_t operation;

	guest_regs_args(thread, args);
	operation = (uint32_t)args[1];
	if (call->number == WORD_CALL_NONE || !is_aligned(args[0], 4))
		return false;
	if (operation == call->wait || operation == call->wait_masked)
		return settle_wait(thread, args,
		                   operation == call->wait ? UINT32_MAX : (uint32_t)args[5]);
	if (operation != call->wake || args[0] >= GUEST_END)
		return false;
	guest_regs_set_result(thread,
	                      word_wake(&thread->space->aspace, args[0], (uint32_t)args[2], 0));
	return true;
}

void word_finish(struct thread *thread, status_t status)
{
	if (status != OK) {
		thread->arch.kicked = 0; /* this tells the monitor */
		arch_guest_trap(thread, TRAP_SYSCALL, 0, 0, 0, 0);
		return;
	}
	guest_regs_set_result(thread, 0);
	thread_tell_preemption(thread); /* whoever woke it ran at least */
}
