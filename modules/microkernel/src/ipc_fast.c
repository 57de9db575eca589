/*
 * The common call and the common reply in one piece each: the peer waits, nothing but words and bytes travels, no
 * deadline is involved, and nobody more important is ready. Both change nothing and say so when anything is
 * out of the ordinary; ipc.c then does the whole of it.
 *
 * The words never leave the CPU's registers: entry.S keeps them while this runs. So all that is in a waiting thread are the
 * few registers with which it goes on, saved before it is put where others find it.
 *
 * They run with the kernel lock shared, so two CPUs may be here at once, on the same endpoint. A receiver belongs to the CPU
 * that took it out of the endpoint's queue, under its lock; putting it there is the last that its own CPU does with it. A
 * reply object is touched only by the CPU of the thread that received with it last, and a caller belongs to it as long as
 * it waits there: who answers with another's reply object takes the general way.
 */
#include <base/string.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "arch/x86_64/ipc_regs.h"
#include "endpoint.h"
#include "event.h"
#include "ipc.h"
#include "kernel_lock.h"
#include "process.h"
#include "reply.h"
#include "sched_switch.h"
#include "thread.h"

static const struct ipc_switch none;

/* Handles, and lengths that are too long, take the general way. */
static inline bool is_plain(uint64_t tag)
{
	return tag >> 32 <= IPC_BYTES_MAX;
}

/* It is still the one that runs, can take an answer with handles, and nothing else is to be done first. */
static inline bool may_leave(const struct cpu *cpu, const struct thread *thread)
{
	return cpu->current == thread && !cpu->pending && thread->slot_count >= IPC_HANDLES_MAX;
}

RARELY_CALLED void ipc_copy_bytes(void *to, const void *from, uint64_t bytes)
{
	memcpy(to, from, bytes);
}

static inline void copy_message(const struct thread *from, const struct thread *to, uint64_t tag)
{
	if (tag >> 32)
		RARE_CALL_3(ipc_copy_bytes, to->message, from->message, tag >> 32);
}

/* Takes a receiver out of the queue. False when none waits that can go on here at once, or another CPU is at it. */
static inline bool take_receiver(const struct cpu *cpu, struct endpoint *endpoint,
                                 struct thread **out)
{
	struct list *first;

	if (!spin_try(&endpoint->lock))
		return false;
	first = endpoint->receivers.next;
	*out = list_entry(first, struct thread, queue_link);
	if (first == &endpoint->receivers || deadline_is_set(&(*out)->deadline) ||
	    !thread_may_run_on(*out, cpu)) {
		spin_unlock(&endpoint->lock);
		return false;
	}
	endpoint_dequeue(*out);
	spin_unlock(&endpoint->lock);
	return true;
}

struct ipc_switch ipc_call_fast(struct thread *thread, uint64_t tag, uint64_t handles)
{
	struct cpu *cpu = this_cpu();
	const struct handle_entry *entry;
	struct thread *receiver;
	uint64_t badge;

	kernel_lock_shared(cpu);
	if (!is_plain(tag) || ipc_tag_op(tag) >= IPC_OP_KERNEL || !may_leave(cpu, thread) ||
	    !handle_find_live(thread->process, ipc_endpoint_of(handles), OBJECT_ENDPOINT,
	                      RIGHT_CALL, &entry))
		return none;
	badge = entry->badge;
	if (!take_receiver(cpu, container_of(entry->object, struct endpoint, obj), &receiver))
		return none;

	DEBUG_ASSERT(
		!(cpu->run_queue.ready >> thread->priority >> 1)); /* or something were pending */
	if (receiver->priority < thread->priority)
		receiver->priority = thread->priority;
	copy_message(thread, receiver, tag);
	thread->state = THREAD_AWAITING;
	sched_switch_direct(cpu, thread, receiver);
	reply_attach(receiver->receiving_with, thread);
	return (struct ipc_switch){receiver, badge};
}

/* Whom the reply object would answer. False when that cannot be done here. */
static inline bool find_caller(const struct cpu *cpu, const struct reply *reply,
                               struct thread **out)
{
	struct thread *caller = reply->caller;

	*out = caller;
	return caller && !caller->request.memory && !deadline_is_set(&caller->deadline) &&
	       thread_may_run_on(caller, cpu) && sched_may_switch(cpu, caller->priority);
}

/* It received from the endpoint with the reply object when it last received. */
static inline bool is_server_of(const struct thread *thread, const struct endpoint *endpoint,
                                const struct reply *reply)
{
	return reply->receiver == thread && thread->serves == endpoint;
}

/* No request waits, nor bits of the event that the thread receives as well. */
static inline bool must_wait(const struct thread *thread, const struct endpoint *endpoint)
{
	return list_is_empty(&endpoint->callers) &&
	       !(thread->bound_event && thread->bound_event->bits);
}

struct ipc_switch ipc_reply_receive_fast(struct thread *thread, uint64_t tag, uint64_t handles)
{
	struct cpu *cpu = this_cpu();
	const struct handle_entry *to_reply, *to_receive;
	struct endpoint *endpoint;
	struct thread *caller;
	struct reply *reply;

	kernel_lock_shared(cpu);
	if (!is_plain(tag) || !may_leave(cpu, thread) ||
	    !handle_find_live(thread->process, ipc_endpoint_of(handles), OBJECT_ENDPOINT,
	                      RIGHT_RECEIVE, &to_receive) ||
	    !handle_find_live(thread->process, ipc_reply_of(handles), OBJECT_REPLY, RIGHT_WRITE,
	                      &to_reply))
		return none;
	endpoint = container_of(to_receive->object, struct endpoint, obj);
	reply = container_of(to_reply->object, struct reply, obj);
	if (!is_server_of(thread, endpoint, reply) || !find_caller(cpu, reply, &caller) ||
	    !must_wait(thread, endpoint))
		return none;

	reply_detach(caller);
	copy_message(thread, caller, tag);
	thread->priority = thread->base_priority;
	thread->state = THREAD_RECEIVING;
	sched_switch_direct(cpu, thread, caller);
	endpoint_add_receiver(endpoint, thread);
	return (struct ipc_switch){caller, 0};
}
