/*
 * Reply: the right to answer one call.
 *
 *   EMPTY --receive--> ARMED --request arrives--> OWING --reply, or the caller gives up--> EMPTY
 *   destroyed while OWING: the caller wakes with E_GONE (this is how a server's death reaches its callers).
 */
#include "reply.h"
#include <base/assert.h>
#include <microkernel/errors.h>
#include "printk.h"
#include "priority.h"
#include "thread.h"

static void reply_kill(struct kobject *object);
static void reply_dump(const struct kobject *object);
static void reply_check(const struct kobject *object);

static const struct kobject_ops reply_ops = {
	.name = "reply",
	.size = sizeof(struct reply),
	.kill = reply_kill,
	.dump = reply_dump,
	.check = reply_check,
};

struct reply *reply_create(struct domain *domain)
{
	return kobject_create(domain, OBJECT_REPLY, &reply_ops);
}

void reply_unpair(struct thread *receiver)
{
	if (receiver->receiving_with)
		receiver->receiving_with->receiver = NULL;
	receiver->receiving_with = NULL;
}

void reply_pair(struct reply *reply, struct thread *receiver)
{
	reply_unpair(receiver);
	if (reply->receiver)
		reply_unpair(reply->receiver);
	reply->receiver = receiver;
	receiver->receiving_with = reply;
}

/* It lends its priority no more. */
void reply_abandon(struct thread *caller)
{
	const struct reply *reply = caller->awaiting;

	reply_detach(caller);
	if (reply->receiver)
		priority_update(reply->receiver);
}

static void reply_kill(struct kobject *object)
{
	struct reply *reply = container_of(object, struct reply, obj);

	if (reply_is_armed(reply))
		thread_cancel_wait(reply->receiver, E_GONE);
	if (reply->caller)
		thread_cancel_wait(reply->caller, E_GONE);
	if (reply->receiver)
		reply_unpair(reply->receiver);
}

static void reply_dump(const struct kobject *object)
{
	const struct reply *reply = container_of(object, const struct reply, obj);

	printk("  owes #%lu\n", reply->caller ? reply->caller->obj.id : 0);
}

static void reply_check(const struct kobject *object)
{
	const struct reply *reply = container_of(object, const struct reply, obj);

	ASSERT(!reply->caller || !reply_is_armed(reply));
	ASSERT(!reply->caller ||
	       (reply->caller->awaiting == reply && reply->caller->state == THREAD_AWAITING));
	ASSERT(!reply->receiver || reply->receiver->receiving_with == reply);
}
