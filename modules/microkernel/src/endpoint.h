/*
 * Endpoint: rendezvous between callers and receivers.
 */
#pragma once
#include "kobject.h"
#include "lock.h"
#include "thread.h"

struct endpoint {
	struct kobject obj;
	struct spinlock lock;    /* LOCK_RANK_ENDPOINT */
	struct list callers;     /* threads by priority, then age */
	struct list receivers;   /* [lock] threads, latest first: its cache is warm */
	struct list servers;     /* threads that received from it last, the newest first */
	uint32_t receive_rights; /* [a] handles that may receive; none: calls fail with E_GONE */
};

struct endpoint *endpoint_create(struct domain *domain);
bool endpoint_is_served(const struct endpoint *endpoint);
/* The thread serves this endpoint from now on and no other; then its priority is to be updated. */
void endpoint_serve(struct endpoint *endpoint, struct thread *thread);
void endpoint_stop_serving(struct thread *thread);
/* Queue and dequeue; the thread is being blocked or unblocked by the caller of these. */
void endpoint_add_caller(struct endpoint *endpoint, struct thread *thread);
static inline void endpoint_add_receiver(struct endpoint *endpoint, struct thread *thread)
{
	thread->waiting_for = &endpoint->obj;
	spin_lock(&endpoint->lock);
	list_push_front(&endpoint->receivers, &thread->queue_link);
	spin_unlock(&endpoint->lock);
}

static inline void endpoint_dequeue(struct thread *thread)
{
	list_remove(&thread->queue_link);
	thread->waiting_for = NULL;
}

/* Where the thread queues as a caller; null: nowhere. */
static inline struct endpoint *endpoint_queued_at(const struct thread *thread)
{
	return thread->state == THREAD_CALLING && thread->waiting_for
	               ? container_of(thread->waiting_for, struct endpoint, obj)
	               : NULL;
}

/* Of the callers that queue; 0 when there are none. */
static inline unsigned endpoint_first_priority(const struct endpoint *endpoint)
{
	const struct list *first = list_first(&endpoint->callers);

	return first ? list_entry(first, const struct thread, queue_link)->priority : 0;
}

/* The first of a queue, under the exclusive kernel lock; null when it is empty. */
static inline struct thread *endpoint_take_first(const struct list *queue)
{
	struct thread *thread;

	if (list_is_empty(queue))
		return NULL;
	thread = list_entry(list_first(queue), struct thread, queue_link);
	endpoint_dequeue(thread);
	return thread;
}

static inline struct thread *endpoint_take_caller(struct endpoint *endpoint)
{
	return endpoint_take_first(&endpoint->callers);
}

static inline struct thread *endpoint_take_receiver(struct endpoint *endpoint)
{
	return endpoint_take_first(&endpoint->receivers);
}

/* The current thread's page request goes to the pager's endpoint as a call. */
void endpoint_request_page(struct thread *thread, struct endpoint *endpoint, uint64_t badge);
