/*
 * Endpoint: rendezvous between callers and receivers. At most one side ever waits.
 *
 *            call, no receiver                receive, no caller
 *   CALLING <------------------ IDLE ------------------> RECEIVING
 *      | last caller leaves      ^   last receiver leaves    |
 *      +-------------------------+---------------------------+
 *   destroy, or the last right to receive goes: every waiter wakes with E_GONE.
 *
 * The state is in the two queues. What a message is and how it travels is in ipc.c.
 */
#include "endpoint.h"
#include <base/assert.h>
#include <microkernel/errors.h>
#include <microkernel/rights.h>
#include "printk.h"
#include "priority.h"
#include "thread.h"

static bool endpoint_shrink(struct kobject *object, unsigned *budget);
static void endpoint_opened(struct kobject *object, uint32_t rights);
static void endpoint_closed(struct kobject *object, struct process *process, uint32_t rights);
static void endpoint_dump(const struct kobject *object);
static void endpoint_check(const struct kobject *object);

static const struct kobject_ops endpoint_ops = {
	.name = "endpoint",
	.size = sizeof(struct endpoint),
	.shrink = endpoint_shrink,
	.handle_opened = endpoint_opened,
	.handle_closed = endpoint_closed,
	.dump = endpoint_dump,
	.check = endpoint_check,
};

struct endpoint *endpoint_create(struct domain *domain)
{
	struct endpoint *endpoint = kobject_create(domain, OBJECT_ENDPOINT, &endpoint_ops);

	if (!endpoint)
		return NULL;
	spin_init(&endpoint->lock, LOCK_RANK_ENDPOINT);
	list_init(&endpoint->callers);
	list_init(&endpoint->receivers);
	list_init(&endpoint->servers);
	return endpoint;
}

bool endpoint_is_served(const struct endpoint *endpoint)
{
	return endpoint->receive_rights > 0 && !endpoint->obj.is_dead;
}

void endpoint_add_caller(struct endpoint *endpoint, struct thread *thread)
{
	struct list *at;

	thread->waiting_for = &endpoint->obj;
	for (at = endpoint->callers.prev; at != &endpoint->callers; at = at->prev) {
		if (list_entry(at, struct thread, queue_link)->priority >= thread->priority)
			break;
	}
	list_insert_before(&thread->queue_link, at->next);
}

void endpoint_serve(struct endpoint *endpoint, struct thread *thread)
{
	endpoint_stop_serving(thread);
	thread->serves = endpoint;
	list_push_front(&endpoint->servers, &thread->serves_link);
}

void endpoint_stop_serving(struct thread *thread)
{
	list_remove(&thread->serves_link);
	thread->serves = NULL;
}

static void dismiss(struct thread *server)
{
	endpoint_stop_serving(server);
	priority_update(server);
}

/* Those of the process serve it no more; who still may becomes a server again when it receives. */
static void dismiss_servers(struct endpoint *endpoint, const struct process *process)
{
	struct list *at;
	struct list *next;

	list_for_each_safe (at, next, &endpoint->servers) {
		struct thread *thread = list_entry(at, struct thread, serves_link);

		if (thread->process == process)
			dismiss(thread);
	}
}

static bool dismiss_all_servers(struct endpoint *endpoint, unsigned *budget)
{
	while (!list_is_empty(&endpoint->servers)) {
		if (!budget_take(budget))
			return false;
		dismiss(list_entry(list_first(&endpoint->servers), struct thread, serves_link));
	}
	return true;
}

/* It is dead, or nobody can receive from it any more. */
static bool endpoint_shrink(struct kobject *object, unsigned *budget)
{
	struct endpoint *endpoint = container_of(object, struct endpoint, obj);

	if (!thread_cancel_waits(&endpoint->callers, E_GONE, budget))
		return false;
	return !object->is_killed || (dismiss_all_servers(endpoint, budget) &&
	                              thread_cancel_waits(&endpoint->receivers, E_GONE, budget));
}

static void endpoint_opened(struct kobject *object, uint32_t rights)
{
	if (rights & RIGHT_RECEIVE)
		container_of(object, struct endpoint, obj)->receive_rights++;
}

/* Threads that waited by that handle find out whether they still may. */
static void endpoint_closed(struct kobject *object, struct process *process, uint32_t rights)
{
	struct endpoint *endpoint = container_of(object, struct endpoint, obj);

	if (rights & RIGHT_RECEIVE)
		dismiss_servers(endpoint, process);
	if (rights & RIGHT_RECEIVE && --endpoint->receive_rights == 0)
		kobject_shrink(object);
	if (rights & RIGHT_RECEIVE)
		thread_restart_waits(&endpoint->receivers, process);
	if (rights & RIGHT_CALL)
		thread_restart_waits(&endpoint->callers, process);
}

static void endpoint_dump(const struct kobject *object)
{
	const struct endpoint *endpoint = container_of(object, const struct endpoint, obj);

	printk("  %s, %u handles may receive\n",
	       !list_is_empty(&endpoint->callers)     ? "CALLING"
	       : !list_is_empty(&endpoint->receivers) ? "RECEIVING"
	                                              : "IDLE",
	       endpoint->receive_rights);
}

static void endpoint_check(const struct kobject *object)
{
	const struct endpoint *endpoint = container_of(object, const struct endpoint, obj);

	struct list *at;

	ASSERT(list_is_empty(&endpoint->callers) || list_is_empty(&endpoint->receivers));
	ASSERT(list_is_empty(&endpoint->callers) || endpoint->receive_rights > 0 ||
	       object->is_shrinking);
	list_for_each (at, &endpoint->callers)
		ASSERT(list_entry(at, struct thread, queue_link)->state == THREAD_CALLING);
	list_for_each (at, &endpoint->servers)
		ASSERT(list_entry(at, struct thread, serves_link)->serves == endpoint);
	list_for_each (at, &endpoint->receivers)
		ASSERT(list_entry(at, struct thread, queue_link)->state == THREAD_RECEIVING);
}
