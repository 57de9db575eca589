/*
 * Event: 64 signal bits. Bits that nobody waits for stay set, so a signal is never lost; bits of the same number
 * coalesce, so a signaller never waits. Each bit goes to one waiter.
 */
#include "event.h"
#include <base/assert.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "ipc.h"
#include "printk.h"
#include "sched.h"
#include "thread.h"

static void event_kill(struct kobject *object);
static bool event_shrink(struct kobject *object, unsigned *budget);
static void event_closed(struct kobject *object, struct process *process, uint32_t rights);
static void event_dump(const struct kobject *object);
static void event_check(const struct kobject *object);

static const struct kobject_ops event_ops = {
	.name = "event",
	.size = sizeof(struct event),
	.kill = event_kill,
	.shrink = event_shrink,
	.handle_closed = event_closed,
	.dump = event_dump,
	.check = event_check,
};

struct event *event_create(struct domain *domain)
{
	struct event *event = kobject_create(domain, OBJECT_EVENT, &event_ops);

	if (!event)
		return NULL;
	list_init(&event->waiters);
	return event;
}

uint64_t event_take(struct event *event, uint64_t mask)
{
	uint64_t bits = event->bits & mask;

	event->bits &= ~mask;
	return bits;
}

static void wake_waiters(struct event *event)
{
	struct list *at;
	struct list *next;

	list_for_each_safe (at, next, &event->waiters) {
		struct thread *thread = list_entry(at, struct thread, queue_link);
		uint64_t bits;

		if (!event->bits)
			return;
		bits = event_take(event, thread->wait_mask);
		if (!bits)
			continue;
		event_remove_waiter(thread);
		thread_unblock(thread, OK, bits);
	}
}

void event_signal(struct event *event, uint64_t bits)
{
	event->bits |= bits;
	if (!list_is_empty(&event->waiters))
		wake_waiters(event);
	if (event->bits && event->bound && event->bound->state == THREAD_RECEIVING)
		ipc_deliver_event(event->bound, event_take(event, UINT64_MAX));
}

void event_wait(struct event *event, struct thread *thread, uint64_t mask, uint64_t deadline)
{
	event_add_waiter(event, thread, mask);
	thread_block(thread, THREAD_WAITING, deadline);
	sched_leave();
}

status_t event_bind(struct event *event, struct thread *thread)
{
	if (event->bound && event->bound != thread)
		return E_BUSY;
	event_unbind(thread);
	kobject_ref(&event->obj);
	event->bound = thread;
	thread->bound_event = event;
	if (event->bits && thread->state == THREAD_RECEIVING)
		ipc_deliver_event(thread, event_take(event, UINT64_MAX));
	return OK;
}

void event_unbind(struct thread *thread)
{
	struct event *event = thread->bound_event;

	if (!event)
		return;
	thread->bound_event = NULL;
	event->bound = NULL;
	kobject_unref(&event->obj);
}

static void event_kill(struct kobject *object)
{
	struct event *event = container_of(object, struct event, obj);

	if (event->bound)
		event_unbind(event->bound);
}

static bool event_shrink(struct kobject *object, unsigned *budget)
{
	return thread_cancel_waits(&container_of(object, struct event, obj)->waiters, E_GONE,
	                           budget);
}

static void event_closed(struct kobject *object, struct process *process, uint32_t rights)
{
	if (rights & RIGHT_WAIT)
		thread_restart_waits(&container_of(object, struct event, obj)->waiters, process);
}

static void event_dump(const struct kobject *object)
{
	const struct event *event = container_of(object, const struct event, obj);

	printk("  bits %lx%s\n", event->bits, event->bound ? ", bound" : "");
}

static void event_check(const struct kobject *object)
{
	const struct event *event = container_of(object, const struct event, obj);
	struct list *at;

	list_for_each (at, &event->waiters) {
		const struct thread *thread = list_entry(at, struct thread, queue_link);

		ASSERT(thread->state == THREAD_WAITING && thread->waiting_for == object);
		ASSERT(!(thread->wait_mask & event->bits));
	}
	ASSERT(!event->bound || event->bound->bound_event == event);
	ASSERT(!event->bound || !event->bits || event->bound->state != THREAD_RECEIVING);
}
