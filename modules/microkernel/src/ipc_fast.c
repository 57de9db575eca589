/*
 * The common call and the common reply in one piece each: the peer waits, nothing but words and bytes travels, no
 * deadline is involved, and nobody more important is ready. Both change nothing and return false when anything is
 * out of the ordinary; ipc.c then does the whole of it. The order of checks is that of the general way.
 *
 * What these two leave undone compared with ipc.c is only what those conditions make needless.
 */
#include <base/string.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "arch/x86_64/ipc_regs.h"
#include "cpu.h"
#include "endpoint.h"
#include "event.h"
#include "ipc.h"
#include "process.h"
#include "reply.h"
#include "thread.h"

/* Handles, and lengths that are too long, take the general way. */
static bool is_plain(uint64_t tag)
{
	return (tag >> 32) <= IPC_BYTES_MAX;
}

/* The entry of a live object of that type, or null. */
static inline struct handle_entry *entry_for(const struct thread *thread, handle_t handle,
                                             uint8_t type, uint32_t right)
{
	struct handle_entry *entry = handle_find(thread->process, handle);

	if (!entry || entry->object->type != type || !(entry->node.rights & right) ||
	    entry->object->is_dead)
		return NULL;
	return entry;
}

static inline void copy_message(const struct thread *from, struct thread *to, uint64_t badge)
{
	uint64_t tag = ipc_regs_tag(from);

	if (tag >> 32)
		memcpy(to->message, from->message, ipc_tag_bytes(tag));
	ipc_regs_copy(from, to, tag, badge);
}

bool ipc_call_fast(struct thread *thread)
{
	struct handle_entry *entry;
	struct endpoint *endpoint;
	struct thread *receiver;

	if (!is_plain(ipc_regs_tag(thread)) || ipc_tag_op(ipc_regs_tag(thread)) >= IPC_OP_KERNEL ||
	    ipc_regs_deadline(thread) || thread->slot_count < IPC_HANDLES_MAX)
		return false;
	entry = entry_for(thread, ipc_regs_endpoint(thread), OBJECT_ENDPOINT, RIGHT_CALL);
	if (!entry)
		return false;
	endpoint = container_of(entry->object, struct endpoint, obj);
	if (list_is_empty(&endpoint->receivers) || this_cpu()->pending)
		return false;
	receiver = list_entry(list_first(&endpoint->receivers), struct thread, queue_link);
	if (deadline_is_set(&receiver->deadline) || !sched_may_switch(thread->priority))
		return false;

	endpoint_take_receiver(endpoint);
	reply_attach(reply_take(receiver), thread);
	thread->call_badge = entry->badge;
	thread->state = THREAD_AWAITING;
	if (receiver->priority < thread->priority)
		receiver->priority = thread->priority;
	copy_message(thread, receiver, entry->badge);
	sched_switch_now(receiver);
	return true;
}

bool ipc_reply_receive_fast(struct thread *thread)
{
	struct handle_entry *entry;
	struct endpoint *endpoint;
	struct thread *caller;
	struct reply *reply;

	if (!is_plain(ipc_regs_tag(thread)) || ipc_regs_deadline(thread) ||
	    thread->slot_count < IPC_HANDLES_MAX)
		return false;
	entry = entry_for(thread, ipc_regs_reply(thread), OBJECT_REPLY, RIGHT_WRITE);
	if (!entry)
		return false;
	reply = container_of(entry->object, struct reply, obj);
	caller = reply->caller;
	if (!caller || caller->request.memory || deadline_is_set(&caller->deadline))
		return false;
	entry = entry_for(thread, ipc_regs_endpoint(thread), OBJECT_ENDPOINT, RIGHT_RECEIVE);
	if (!entry)
		return false;
	endpoint = container_of(entry->object, struct endpoint, obj);
	if (!list_is_empty(&endpoint->callers) || this_cpu()->pending ||
	    !sched_may_switch(caller->priority))
		return false;
	if (thread->bound_event && thread->bound_event->bits)
		return false;

	copy_message(thread, caller, 0);
	reply_abandon(caller);
	thread->priority = thread->base_priority;
	reply_arm(reply, thread);
	thread->state = THREAD_RECEIVING;
	endpoint_add_receiver(endpoint, thread);
	sched_switch_now(caller);
	return true;
}
