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

/* --- waking --- */

/* Whom a wake is for: of the sleepers at a key, oldest first, `wake` wake and the rest of `all` go on sleeping at another. */
struct order {
	struct word_key from, to;
	uint64_t wake, all;
	uint32_t mask;
};

static bool is_meant(const struct thread *thread, const struct order *order)
{
	return is_same(thread->word_key, order->from) && thread->wait_mask & order->mask;
}

/* As many as the budget allows; returns how many. */
static inline uint64_t carry_out(const struct order *order, unsigned *budget)
{
	struct list *at;
	struct list *next;
	uint64_t done = 0;

	list_for_each_safe (at, next, bucket_of(order->from)) {
		struct thread *thread = list_entry(at, struct thread, queue_link);

		if (done == order->all)
			break;
		if (!is_meant(thread, order))
			continue;
		if (!budget_spend(budget, WAKE_COST))
			break;
		list_remove(&thread->queue_link);
		if (done++ < order->wake)
			thread_unblock(thread, OK, 0);
		else
			queue(thread, order->to);
	}
	return done;
}

/* No more than limit. */
static uint64_t count_meant(const struct order *order, uint64_t limit)
{
	const struct list *at;
	uint64_t count = 0;

	list_for_each (at, bucket_of(order->from)) {
		if (count == limit)
			break;
		count += is_meant(list_entry(at, const struct thread, queue_link), order);
	}
	return count;
}

/* Those who come to sleep between two steps are not meant: with them it might never end. */
static bool carry_out_step(struct order *order, struct progress *progress)
{
	unsigned budget = STEP_BUDGET;
	bool is_first = progress->count == 0;

	if (!is_first)
		order->all = progress->at - progress->count;
	order->wake -= MIN(order->wake, progress->count);
	progress->count += carry_out(order, &budget);
	if (budget > 0)
		return true;
	if (is_first)
		progress->at = MIN(order->all, progress->count + count_meant(order, UINT64_MAX));
	return progress->count == progress->at;
}

bool word_wake(struct aspace *aspace, uint64_t address, uint64_t count, uint32_t mask,
               struct progress *progress)
{
	struct order order = {.from = key_of(aspace, address),
	                      .wake = count,
	                      .all = count,
	                      .mask = mask ? mask : UINT32_MAX};

	return carry_out_step(&order, progress);
}

bool word_requeue(struct aspace *aspace, uint64_t address, uint64_t wake, uint64_t move,
                  uint64_t target, struct progress *progress)
{
	struct order order = {.from = key_of(aspace, address),
	                      .to = key_of(aspace, target),
	                      .wake = wake,
	                      .all = wake,
	                      .mask = UINT32_MAX};

	if (!is_same(order.from, order.to))
		order.all += MIN(move, UINT64_MAX - wake);
	return carry_out_step(&order, progress);
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

/* What takes more than one step the monitor can ask for. */
static bool settle_wake(struct thread *thread, uint64_t address, uint32_t count)
{
	unsigned budget = STEP_BUDGET;
	const uint32_t at_once = STEP_BUDGET / WAKE_COST;
	struct order order = {.from = key_of(&thread->space->aspace, address),
	                      .wake = count,
	                      .all = count,
	                      .mask = UINT32_MAX};

	if (count > at_once && count_meant(&order, at_once + 1) > at_once)
		return false;
	guest_regs_set_result(thread, carry_out(&order, &budget));
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
	return operation == call->wake && args[0] < GUEST_END &&
	       settle_wake(thread, args[0], (uint32_t)args[2]);
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
