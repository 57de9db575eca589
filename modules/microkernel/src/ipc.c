/*
 * Messages between threads: call, receive, reply, reply-and-receive, and the page requests that the kernel sends
 * to pagers on a faulting thread's behalf. When the peer waits, the switch is direct: no queue, no allocation.
 *
 * A message is checked when it is delivered, not when it is queued, because its sender's handles may change while
 * it waits. What is wrong with it is the sender's error; the receiver goes on waiting.
 */
#include "ipc.h"
#include <base/assert.h>
#include <base/string.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "arch/x86_64/ipc_regs.h"
#include "cpu.h"
#include "endpoint.h"
#include "event.h"
#include "memory.h"
#include "priority.h"
#include "process.h"
#include "reply.h"
#include "thread.h"

static status_t check_tag(uint64_t tag)
{
	if (ipc_tag_bytes(tag) > IPC_BYTES_MAX || ipc_tag_handles(tag) > IPC_HANDLES_MAX)
		return E_INVAL;
	return OK;
}

/* Calls in the kernel's name are the kernel's. */
static status_t check_call(uint64_t tag)
{
	return ipc_tag_op(tag) >= IPC_OP_KERNEL ? E_INVAL : check_tag(tag);
}

static handle_t handle_in_words(uint64_t word6, uint64_t word7, unsigned i)
{
	uint64_t word = i < 2 ? word6 : word7;

	return (handle_t){(uint32_t)(i & 1 ? word >> 32 : word)};
}

/* Decode half: which entries travel, and may they? */
static status_t find_handles(struct thread *from, uint64_t tag,
                             struct handle_entry *entries[IPC_HANDLES_MAX])
{
	unsigned moved = ipc_tag_moved(tag);

	for (unsigned i = 0; i < ipc_tag_handles(tag); i++) {
		handle_t number = handle_in_words(ipc_regs_word6(from), ipc_regs_word7(from), i);
		uint32_t right = moved >> i & 1 ? RIGHT_TRANSFER : RIGHT_DERIVE;
		status_t status = handle_get(from->process, number, 0, right, &entries[i]);

		if (status != OK)
			return status;
		for (unsigned k = 0; k < i; k++) {
			if (entries[k] == entries[i] && (moved >> i & 1 || moved >> k & 1))
				return E_INVAL;
		}
	}
	return OK;
}

static handle_t pass_one(struct thread *to, struct handle_entry *entry, bool is_moved)
{
	struct handle_entry *slot = to->slots[to->slot_count - 1];

	if (is_moved) {
		handle_move(entry, slot);
	} else if (handle_fill(slot, entry->object, &entry->node, entry->node.rights,
	                       entry->badge) != OK) {
		return HANDLE_NONE; /* being revoked: it arrives as nothing, as it would be a moment later */
	}
	to->slot_count--;
	return handle_number(slot);
}

static status_t pass_handles(struct thread *from, struct thread *to, uint64_t tag)
{
	struct handle_entry *entries[IPC_HANDLES_MAX];
	uint32_t numbers[IPC_HANDLES_MAX] = {0};
	unsigned count = ipc_tag_handles(tag);
	status_t status = find_handles(from, tag, entries);

	if (status != OK)
		return status;
	if (to->slot_count < count)
		return E_LIMIT;
	for (unsigned i = 0; i < count; i++)
		numbers[i] = pass_one(to, entries[i], ipc_tag_moved(tag) >> i & 1).value;
	ipc_regs_set_handles(to, numbers[0] | (uint64_t)numbers[1] << 32,
	                     numbers[2] | (uint64_t)numbers[3] << 32);
	return OK;
}

/* Copies a message; to's registers are touched only when all of it can be delivered. */
static status_t transfer(struct thread *from, struct thread *to, uint64_t badge)
{
	uint64_t tag = ipc_regs_tag(from);
	uint32_t bytes = ipc_tag_bytes(tag);
	status_t status;

	if (ipc_tag_handles(tag)) {
		struct handle_entry *entries[IPC_HANDLES_MAX];

		status = find_handles(from, tag, entries);
		if (status != OK)
			return status;
		if (to->slot_count < ipc_tag_handles(tag))
			return E_LIMIT;
	}
	if (bytes)
		memcpy(to->message, from->message, bytes);
	ipc_regs_copy(&from->arch.regs, to, tag, badge);
	return ipc_tag_handles(tag) ? pass_handles(from, to, tag) : OK;
}

static void transfer_page_request(struct thread *from, struct thread *to)
{
	const struct page_request *request = &from->request;

	ipc_regs_set(to, ipc_tag(IPC_OP_PAGE_REQUEST, 0, 0, 0), from->call_badge, request->offset,
	             PAGE_SIZE, request->access);
}

/* Gives caller's request to receiver, which has left its queue. On success the caller is AWAITING. */
static status_t deliver(struct thread *caller, struct thread *receiver)
{
	status_t status = OK;

	if (caller->request.memory)
		transfer_page_request(caller, receiver);
	else
		status = transfer(caller, receiver, caller->call_badge);
	if (status != OK)
		return status;
	reply_attach(receiver->receiving_with, caller);
	caller->state = THREAD_AWAITING;
	priority_update(receiver);
	return OK;
}

/* Its servers are told when nobody as important waited yet. */
static void queue_caller(struct endpoint *endpoint, struct thread *thread)
{
	bool is_first = thread->priority > endpoint_first_priority(endpoint);

	endpoint_add_caller(endpoint, thread);
	if (is_first)
		priority_update_servers(endpoint);
}

/* The current thread calls; it is RUNNING, and is blocked or has its error set on return. */
static status_t call_through(struct thread *thread, struct endpoint *endpoint, uint64_t deadline)
{
	struct thread *receiver = endpoint_take_receiver(endpoint);
	status_t status;

	if (!receiver) {
		thread_block(thread, THREAD_CALLING, deadline);
		queue_caller(endpoint, thread);
		sched_leave();
		return OK;
	}
	status = deliver(thread, receiver);
	if (status != OK) {
		endpoint_add_receiver(endpoint, receiver);
		return status;
	}
	deadline_clear(&receiver->deadline);
	if (deadline) {
		thread->state = THREAD_RUNNING;
		thread_block(thread, THREAD_AWAITING, deadline);
	}
	sched_switch(receiver);
	return OK;
}

void ipc_call(struct thread *thread)
{
	struct handle_entry *entry;
	struct endpoint *endpoint;
	status_t status = handle_get(thread->process, ipc_regs_endpoint(thread), OBJECT_ENDPOINT,
	                             RIGHT_CALL, &entry);

	if (status == OK)
		status = check_call(ipc_regs_tag(thread));
	if (status != OK)
		goto out;
	endpoint = container_of(entry->object, struct endpoint, obj);
	if (!endpoint_is_served(endpoint)) {
		status = E_GONE;
		goto out;
	}
	if (thread->slot_count < IPC_HANDLES_MAX)
		thread_reserve_slots(thread);
	thread->call_badge = entry->badge;
	status = call_through(thread, endpoint, ipc_regs_deadline(thread));
out:
	if (status != OK)
		arch_set_result(thread, status, 0);
}

void endpoint_request_page(struct thread *thread, struct endpoint *endpoint, uint64_t badge)
{
	status_t status;

	thread->call_badge = badge;
	status = call_through(thread, endpoint, 0);
	ASSERT(status == OK); /* a page request carries nothing that can be refused */
}

void ipc_deliver_event(struct thread *receiver, uint64_t bits)
{
	list_remove(&receiver->queue_link);
	receiver->waiting_for = NULL;
	thread_unblock(receiver, OK, 0);
	ipc_regs_set(receiver, ipc_tag(IPC_OP_EVENT, 0, 0, 0), 0, bits, 0, 0);
}

/* Answers the reply's caller, which has been detached, with the current thread's message. */
static status_t answer(struct thread *thread, struct thread *caller)
{
	status_t status = OK;

	if (caller->request.memory) {
		thread_finish_request(caller, ipc_tag_op(ipc_regs_tag(thread)) == 0);
	} else {
		status = transfer(thread, caller, 0);
	}
	return status;
}

static status_t get_reply(struct thread *thread, handle_t handle, struct reply **out)
{
	struct handle_entry *entry;
	status_t status = handle_get(thread->process, handle, OBJECT_REPLY, RIGHT_WRITE, &entry);

	if (status == OK)
		*out = container_of(entry->object, struct reply, obj);
	return status;
}

/* Answers and leaves the caller detached and neither ready nor queued in *out (null: it is gone). */
static status_t reply_with(struct thread *thread, struct reply *reply, struct thread **out)
{
	struct thread *caller = reply->caller;
	status_t status;

	*out = NULL;
	if (!caller)
		return OK;
	status = answer(thread, caller);
	if (status == E_LIMIT) {
		arch_set_result(caller, E_LIMIT,
		                0); /* the caller has no room for handles: its error */
		status = OK;
	}
	if (status != OK)
		return status;
	reply_abandon(caller);
	deadline_clear(&caller->deadline);
	*out = caller;
	return OK;
}

void ipc_reply(struct thread *thread)
{
	struct thread *caller;
	struct reply *reply;
	status_t status = get_reply(thread, ipc_regs_reply(thread), &reply);

	if (status == OK)
		status = check_tag(ipc_regs_tag(thread));
	if (status == OK)
		status = reply_with(thread, reply, &caller);
	if (status == OK && !caller)
		status = E_GONE;
	arch_set_result(thread, status, 0);
	if (status == OK)
		sched_ready(caller);
}

/* The next queued request that can be delivered; callers whose message is wrong get their error. */
static bool take_queued(struct thread *thread, struct endpoint *endpoint)
{
	struct thread *caller;
	status_t status = STATUS_MORE;

	while (status != OK && (caller = endpoint_take_caller(endpoint)) != NULL) {
		status = deliver(caller, thread);
		if (status != OK)
			thread_unblock(caller, status, 0);
	}
	priority_update_servers(endpoint);
	return status == OK;
}

static status_t receive_args(struct thread *thread, struct endpoint **endpoint,
                             struct reply **reply)
{
	struct handle_entry *entry;
	status_t status = handle_get(thread->process, ipc_regs_endpoint(thread), OBJECT_ENDPOINT,
	                             RIGHT_RECEIVE, &entry);

	if (status != OK)
		return status;
	*endpoint = container_of(entry->object, struct endpoint, obj);
	return get_reply(thread, ipc_regs_reply(thread), reply);
}

/* From now on its priority rests on that endpoint's queue and that reply object's caller. */
static void become_server(struct thread *thread, struct endpoint *endpoint, struct reply *reply)
{
	if (thread->serves == endpoint && reply->receiver == thread)
		return;
	endpoint_serve(endpoint, thread);
	reply_pair(reply, thread);
	priority_update(thread);
}

/* Waits for a request; answered, when not null, has just been answered and runs meanwhile. */
static void receive(struct thread *thread, struct endpoint *endpoint, struct reply *reply,
                    struct thread *answered)
{
	uint64_t deadline = ipc_regs_deadline(thread);

	if (thread->slot_count < IPC_HANDLES_MAX)
		thread_reserve_slots(thread);
	become_server(thread, endpoint, reply);
	if (thread->bound_event && thread->bound_event->bits) {
		ipc_regs_set(thread, ipc_tag(IPC_OP_EVENT, 0, 0, 0), 0,
		             event_take(thread->bound_event, UINT64_MAX), 0, 0);
	} else if (list_is_empty(&endpoint->callers) || !take_queued(thread, endpoint)) {
		thread_block(thread, THREAD_RECEIVING, deadline);
		endpoint_add_receiver(endpoint, thread);
		if (answered)
			sched_switch(answered);
		else
			sched_leave();
		return;
	}
	if (answered)
		sched_ready(answered);
}

void ipc_receive(struct thread *thread)
{
	struct endpoint *endpoint;
	struct reply *reply;
	status_t status = receive_args(thread, &endpoint, &reply);

	if (status == OK && (reply->caller || reply_is_armed(reply)))
		status = E_BUSY;
	if (status == OK)
		receive(thread, endpoint, reply, NULL);
	else
		arch_set_result(thread, status, 0);
}

void ipc_reply_receive(struct thread *thread)
{
	struct thread *caller = NULL;
	struct endpoint *endpoint;
	struct reply *reply;
	status_t status = receive_args(thread, &endpoint, &reply);

	if (status == OK)
		status = check_tag(ipc_regs_tag(thread));
	if (status == OK && reply_is_armed(reply))
		status = E_BUSY;
	if (status == OK)
		status = reply_with(thread, reply, &caller);
	if (status == OK)
		receive(thread, endpoint, reply, caller);
	else
		arch_set_result(thread, status, 0);
}
