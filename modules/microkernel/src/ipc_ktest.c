/*
 * Calls that cannot be delivered: a receiver without room for handles goes on waiting, and keeps nothing; the caller is
 * told.
 */
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "endpoint.h"
#include "ipc.h"
#include "ktest_fixture.h"
#include "reply.h"

#define AT (NATIVE_BASE + (1ul << 30))

static handle_t give(struct fixture *f, struct kobject *object)
{
	handle_t handle;

	kobject_ref(object);
	KCHECK(handle_publish(f->process, object, ~0u, &handle) == OK);
	return handle;
}

static void end(struct thread *thread)
{
	thread_end(thread);
	kobject_unref(&thread->obj);
}

static void prepare_to_receive(struct fixture *f, struct thread *receiver,
                               struct endpoint *endpoint, struct reply *reply)
{
	receiver->arch.regs.rdi = give(f, &endpoint->obj).value |
	                          (uint64_t)give(f, &reply->obj).value << 32;
}

/* Who waits for a message, in a process of its own. */
struct listener {
	struct fixture server;
	struct endpoint *endpoint;
	struct reply *reply;
	struct thread *receiver;
};

static struct listener listen(void)
{
	struct listener l = {.server = fixture_create(100)};

	l.endpoint = endpoint_create(l.server.domain);
	l.reply = reply_create(l.server.domain);
	l.receiver = fixture_running(&l.server, AT);
	prepare_to_receive(&l.server, l.receiver, l.endpoint, l.reply);
	ipc_receive(l.receiver);
	KCHECK(l.receiver->state == THREAD_RECEIVING);
	return l;
}

static void stop_listening(struct listener *l)
{
	end(l->receiver);
	kobject_unref(&l->endpoint->obj);
	kobject_unref(&l->reply->obj);
	fixture_destroy(&l->server);
}

KTEST(a_receiver_without_room_goes_on_waiting)
{
	struct fixture client = fixture_create(100);
	struct fixture server = fixture_create(100);
	struct endpoint *endpoint = endpoint_create(server.domain);
	struct reply *reply = reply_create(server.domain);
	struct thread *receiver = fixture_running(&server, AT);
	struct thread *caller = fixture_running(&client, AT);
	handle_t own = give(&client, &endpoint->obj);

	prepare_to_receive(&server, receiver, endpoint, reply);
	server.domain->limits.handles = server.domain->handles + 1;
	ipc_receive(receiver);
	KCHECK(receiver->state == THREAD_RECEIVING && receiver->slot_count == 1);
	caller->arch.regs.rdi = own.value;
	caller->arch.regs.rsi = ipc_tag(1, 0, 2, 0);
	caller->arch.regs.r14 = own.value | (uint64_t)own.value << 32;
	ipc_call(caller);
	KCHECK((status_t)caller->arch.regs.rax == E_LIMIT && caller->state == THREAD_RUNNING);
	KCHECK(receiver->state == THREAD_RECEIVING && receiver->slot_count == 1);
	KCHECK(!reply->caller && reply->receiver == receiver);
	kobject_check(&endpoint->obj);
	kobject_check(&reply->obj);
	end(caller);
	end(receiver);
	kobject_unref(&endpoint->obj);
	kobject_unref(&reply->obj);
	fixture_destroy(&client);
	fixture_destroy(&server);
}

KTEST(bits_of_an_event_that_is_bound_late_end_a_wait)
{
	struct listener l = listen();
	struct event *event = event_create(l.server.domain);

	event_signal(event, 5);
	KCHECK(event_bind(event, l.receiver) == OK);
	KCHECK(l.receiver->state == THREAD_READY && event->bits == 0);
	kobject_unref(&event->obj);
	stop_listening(&l);
}

/* With the domain whose endpoint it is. */
KTEST(what_goes_tells_who_waits_for_messages)
{
	struct fixture client = fixture_create(100);
	struct fixture server = fixture_create(100);
	struct endpoint *endpoint = endpoint_create(server.domain);
	struct thread *caller = fixture_running(&client, AT);

	give(&server, &endpoint->obj);
	caller->arch.regs.rdi = give(&client, &endpoint->obj).value;
	caller->arch.regs.rsi = ipc_tag(1, 0, 0, 0);
	ipc_call(caller);
	KCHECK(caller->state == THREAD_CALLING && caller->waiting_for == &endpoint->obj);
	kobject_check(&endpoint->obj);
	kobject_check(&caller->obj);
	kobject_kill(&server.domain->obj);
	kobject_reap_all();
	KCHECK(caller->state == THREAD_READY && (status_t)caller->arch.regs.rax == E_GONE);
	end(caller);
	kobject_unref(&endpoint->obj);
	fixture_destroy(&client);
	fixture_destroy(&server);
}

/* Without the object nobody could be answered. */
KTEST(who_receives_with_a_reply_object_that_dies_is_told)
{
	struct listener l = listen();

	kobject_kill(&l.reply->obj);
	KCHECK(l.receiver->state == THREAD_READY && (status_t)l.receiver->arch.regs.rax == E_GONE);
	stop_listening(&l);
}
