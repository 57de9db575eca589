/*
 * The common signal and the common wait, each in one piece: the signal wakes the only one that waits, who is more important
 * than the signaller and takes over from it at once; the wait finds no bit set. All else goes the way of every system call
 * (syscall.c). Unlike those of IPC these have the kernel lock exclusively: what they save is the way by the run queue, and
 * arguments in memory.
 */
#include <microkernel/errors.h>
#include "arch/x86_64/syscall_regs.h"
#include "cpu.h"
#include "event.h"
#include "syscall.h"

static inline bool find_event(const struct thread *thread, uint32_t right,
                              const struct handle_entry **out)
{
	handle_t handle = {(uint32_t)syscall_regs_first(thread)};

	return handle_find_live(thread->process, handle, OBJECT_EVENT, right, out);
}

/* The one thread that waits, without a deadline. */
static inline bool find_only_waiter(const struct event *event, struct thread **out)
{
	struct list *first = event->waiters.next;

	*out = list_entry(first, struct thread, queue_link);
	return first != &event->waiters && first->next == &event->waiters &&
	       !deadline_is_set(&(*out)->deadline);
}

void event_signal_fast(struct thread *thread)
{
	const struct handle_entry *entry;
	struct event *event;
	struct thread *waiter;
	uint64_t bits, taken;

	if (!find_event(thread, RIGHT_WRITE, &entry))
		goto general;
	event = OBJECT_OF(entry, event);
	if (event->bound || !find_only_waiter(event, &waiter) ||
	    !sched_may_preempt(this_cpu(), thread, waiter))
		goto general;
	bits = event->bits | handle_signal_bits(entry, syscall_regs_second(thread));
	taken = bits & waiter->wait_mask;
	if (!taken)
		goto general;

	event->bits = bits & ~taken;
	event_remove_waiter(waiter);
	waiter->is_interruptible = false;
	syscall_regs_set_result(waiter, OK, taken);
	syscall_regs_set_result(thread, OK, 0);
	sched_preempt(thread, waiter);
	return;
general:
	syscall_in_table(thread);
}

void event_wait_fast(struct thread *thread)
{
	uint64_t mask = syscall_regs_second(thread);
	uint64_t deadline = syscall_regs_third(thread);
	const struct handle_entry *entry;
	struct event *event;

	if (deadline || thread->arch.kicked || !find_event(thread, RIGHT_WAIT, &entry))
		goto general;
	event = OBJECT_OF(entry, event);
	if (event->bits & mask)
		goto general;

	event_add_waiter(event, thread, mask);
	thread_block(thread, THREAD_WAITING, 0);
	sched_leave();
	return;
general:
	syscall_in_table(thread);
}
