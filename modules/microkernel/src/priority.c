/*
 * Priority inheritance. A thread's priority is not a history of loans; it follows from what is the case, as the highest of
 *
 *   its own (base_priority);
 *   that of the first in the queue of the endpoint that it serves: who waits there waits for a server to come back;
 *   that of the caller whose request it received last and has not answered.
 *
 * When one of these changes the thread is looked at again. If its priority changes by that, it moves in the queue in which
 * it stands itself, and those who have its priority as a reason are looked at next: the servers of the endpoint where it
 * queues, or who received its request. So a raise travels along a chain of servers, and goes away along it as well.
 *
 * The work is a list on the stack, not recursion, and ends after LOOKS threads whatever the chain is like, a circle included.
 * A thread further away keeps the priority it had until something of its own changes, which an answer does at the latest.
 *
 * The fast paths (ipc_fast.c) come to the same by themselves: a receiver that waits has its own priority, because nobody
 * queues, and gets its caller's if that is higher; with its answer it is back at its own, because again nobody queues.
 */
#include "priority.h"
#include <base/bits.h>
#include "endpoint.h"
#include "reply.h"
#include "sched.h"
#include "thread.h"

#define LOOKS 32u

struct looks {
	struct thread *threads[LOOKS];
	unsigned count;
};

static void note(struct looks *looks, struct thread *thread)
{
	if (looks->count < LOOKS)
		looks->threads[looks->count++] = thread;
}

static void note_servers(struct looks *looks, const struct endpoint *endpoint)
{
	struct list *at;

	list_for_each (at, &endpoint->servers) {
		if (looks->count == LOOKS)
			return;
		note(looks, list_entry(at, struct thread, serves_link));
	}
}

static unsigned due_priority(const struct thread *thread)
{
	const struct reply *reply = thread->receiving_with;
	unsigned priority = thread->base_priority;

	if (thread->serves)
		priority = MAX(priority, endpoint_first_priority(thread->serves));
	if (reply && reply->caller)
		priority = MAX(priority, reply->caller->priority);
	return priority;
}

/* A thread that is in a queue by its priority moves to the place that the new one gives it. */
static void set_priority(struct thread *thread, unsigned priority)
{
	struct endpoint *called = endpoint_queued_at(thread);
	bool is_lower = priority < thread->priority;
	bool is_ready = thread->state == THREAD_READY;

	if (called)
		endpoint_dequeue(thread);
	else if (is_ready)
		sched_unready(thread);
	thread->priority = (uint8_t)priority;
	if (called) {
		endpoint_add_caller(called, thread);
	} else if (is_ready) {
		thread->state = THREAD_STOPPED;
		sched_ready(thread);
	} else if (thread->state == THREAD_RUNNING && is_lower) {
		sched_lowered(thread);
	}
}

/* Those who have its priority as a reason for theirs. */
static void note_who_serves(struct looks *looks, const struct thread *thread)
{
	const struct endpoint *called = endpoint_queued_at(thread);

	if (called)
		note_servers(looks, called);
	else if (thread->awaiting && thread->awaiting->receiver)
		note(looks, thread->awaiting->receiver);
}

static void work_off(struct looks *looks)
{
	for (unsigned i = 0; i < looks->count; i++) {
		struct thread *thread = looks->threads[i];
		unsigned priority = due_priority(thread);

		if (priority == thread->priority)
			continue;
		set_priority(thread, priority);
		note_who_serves(looks, thread);
	}
}

void priority_update(struct thread *thread)
{
	struct looks looks = {.count = 0};

	note(&looks, thread);
	work_off(&looks);
}

void priority_update_servers(struct endpoint *endpoint)
{
	struct looks looks = {.count = 0};

	note_servers(&looks, endpoint);
	work_off(&looks);
}
