/*
 * The common call and the common reply in one piece each: the peer waits, nothing but words and bytes travels, no
 * deadline is involved, and nobody more important is ready. Both change nothing and say so when anything is
 * out of the ordinary; ipc.c then does the whole of it. The order of checks is that of the general way.
 *
 * They run with the kernel lock shared, so two CPUs may be here at once, on the same endpoint or reply object. A thread
 * belongs to the CPU that took it out of where it waited: out of the endpoint's queue, under its lock, or out of the reply
 * object, by exchange. It is put where others find it when nothing of it is left in this CPU's registers; but its message
 * is still to be read from where its own are saved, on the way out. Until its CPU has done so it is left alone.
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
#include "thread.h"

static const struct ipc_switch none;

/* Handles, and lengths that are too long, take the general way. */
static bool is_plain(uint64_t tag)
{
	return (tag >> 32) <= IPC_BYTES_MAX;
}

/* The object of a live handle of that type with that right, or null. */
static inline struct kobject *object_for(const struct thread *thread, handle_t handle, uint8_t type,
                                         uint32_t right, uint64_t *badge)
{
	struct handle_entry *entry = handle_find(thread->process, handle);

	if (!entry || !(entry->node.rights & right) || entry->object->type != type ||
	    entry->object->is_dead)
		return NULL;
	*badge = entry->badge;
	return entry->object;
}

/* The words stay in the registers; the way out of the kernel leaves them there. */
static inline void copy_bytes(const struct thread *from, const struct thread *to)
{
	uint64_t tag = ipc_regs_tag(from);

	if (tag >> 32)
		memcpy(to->message, from->message, ipc_tag_bytes(tag));
}

/* False: its CPU has not left the kernel since it began to wait (or is there again), and may need its registers. Nor is
 * it taken when it is tied to other CPUs than this. */
static inline bool is_message_read(const struct thread *thread)
{
	return thread->cpu == this_cpu()->id ||
	       (kernel_mode_of(&cpus[thread->cpu]) != KERNEL_SHARED &&
	        thread_may_run_on(thread, this_cpu()));
}

/* Takes a receiver out of the queue; null when none waits that can go on at once. */
static inline struct thread *take_receiver(struct endpoint *endpoint)
{
	struct thread *receiver = NULL;

	spin_lock(&endpoint->lock);
	if (!list_is_empty(&endpoint->receivers)) {
		receiver = list_entry(endpoint->receivers.next, struct thread, queue_link);
		if (deadline_is_set(&receiver->deadline) || !is_message_read(receiver))
			receiver = NULL;
		else
			endpoint_dequeue(receiver);
	}
	spin_unlock(&endpoint->lock);
	return receiver;
}

struct ipc_switch ipc_call_fast(struct thread *thread)
{
	uint64_t tag = ipc_regs_tag(thread);
	struct endpoint *endpoint;
	struct thread *receiver;
	struct kobject *object;
	struct reply *reply;
	uint64_t badge;

	kernel_lock_shared();
	if (!is_plain(tag) || ipc_tag_op(tag) >= IPC_OP_KERNEL || ipc_regs_deadline(thread) ||
	    thread->slot_count < IPC_HANDLES_MAX || this_cpu()->pending ||
	    !sched_may_switch(thread->priority) || thread != cpu_current())
		return none;
	object = object_for(thread, ipc_regs_endpoint(thread), OBJECT_ENDPOINT, RIGHT_CALL, &badge);
	if (!object)
		return none;
	endpoint = container_of(object, struct endpoint, obj);
	receiver = take_receiver(endpoint);
	if (!receiver)
		return none;

	reply = reply_take(receiver);
	thread->call_badge = badge;
	thread->state = THREAD_AWAITING;
	if (receiver->priority < thread->priority)
		receiver->priority = thread->priority;
	copy_bytes(thread, receiver);
	sched_switch_now(receiver);
	reply_attach(reply, thread);
	return (struct ipc_switch){receiver, badge};
}

/* Whom the reply object would answer, if that can be done here. */
static inline struct thread *find_caller(const struct reply *reply)
{
	struct thread *caller = __atomic_load_n(&reply->caller, __ATOMIC_ACQUIRE);

	if (!caller || caller->request.memory || deadline_is_set(&caller->deadline) ||
	    !sched_may_switch(caller->priority))
		return NULL;
	return caller;
}

/* Looks at the caller's CPU only afterwards: before, it could be answered and call again meanwhile. */
static inline bool claim_caller(struct reply *reply, struct thread *caller)
{
	if (!reply_claim(reply, caller))
		return false;
	if (is_message_read(caller))
		return true;
	reply_attach(reply, caller);
	return false;
}

struct ipc_switch ipc_reply_receive_fast(struct thread *thread)
{
	struct endpoint *endpoint;
	struct thread *caller;
	struct kobject *object;
	struct reply *reply;
	uint64_t badge;

	kernel_lock_shared();
	if (!is_plain(ipc_regs_tag(thread)) || ipc_regs_deadline(thread) ||
	    thread->slot_count < IPC_HANDLES_MAX || this_cpu()->pending || thread != cpu_current())
		return none;
	object = object_for(thread, ipc_regs_reply(thread), OBJECT_REPLY, RIGHT_WRITE, &badge);
	if (!object)
		return none;
	reply = container_of(object, struct reply, obj);
	caller = find_caller(reply);
	object = object_for(thread, ipc_regs_endpoint(thread), OBJECT_ENDPOINT, RIGHT_RECEIVE,
	                    &badge);
	if (!caller || !object)
		return none;
	endpoint = container_of(object, struct endpoint, obj);
	if (!list_is_empty(&endpoint->callers) ||
	    (thread->bound_event && thread->bound_event->bits) || !claim_caller(reply, caller))
		return none;

	copy_bytes(thread, caller);
	thread->priority = thread->base_priority;
	thread->state = THREAD_RECEIVING;
	sched_switch_now(caller);
	reply_arm(reply, thread);
	endpoint_add_receiver(endpoint, thread);
	return (struct ipc_switch){caller, 0};
}
