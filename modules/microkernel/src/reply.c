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

static void reply_kill(struct kobject *object)
{
	struct reply *reply = container_of(object, struct reply, obj);

	if (reply->receiver)
		thread_cancel_wait(reply->receiver, E_GONE);
	if (reply->caller)
		thread_cancel_wait(reply->caller, E_GONE);
}

static void reply_dump(const struct kobject *object)
{
	const struct reply *reply = container_of(object, const struct reply, obj);

	printk("  owes #%lu\n", reply->caller ? reply->caller->obj.id : 0);
}

static void reply_check(const struct kobject *object)
{
	const struct reply *reply = container_of(object, const struct reply, obj);

	ASSERT(!reply->caller || !reply->receiver);
	ASSERT(!reply->caller ||
	       (reply->caller->awaiting == reply && reply->caller->state == THREAD_AWAITING));
	ASSERT(!reply->receiver || (reply->receiver->receiving_with == reply &&
	                            reply->receiver->state == THREAD_RECEIVING));
}
