/*
 * Event: 64 signal bits. Signalling sets bits; waiting takes those it asked for.
 */
#pragma once
#include <microkernel/abi.h>
#include "kobject.h"
#include "thread.h"

struct event {
	struct kobject obj;
	uint64_t bits;        /* */
	struct list waiters;  /* threads in the order in which they came */
	struct thread *bound; /* its ipc_receive also returns for this event */
};

struct event *event_create(struct domain *domain);
void event_signal(struct event *event, uint64_t bits);
uint64_t event_take(struct event *event, uint64_t mask); /* clears and returns what is set */
/* Blocks the current thread until a bit of mask comes. */
void event_wait(struct event *event, struct thread *thread, uint64_t mask, uint64_t deadline);
status_t event_bind(struct event *event, struct thread *thread); /* E_BUSY: has another */
void event_unbind(struct thread *thread);

/* The thread is being blocked or unblocked by the caller of these. */
static inline void event_add_waiter(struct event *event, struct thread *thread, uint64_t mask)
{
	thread->wait_mask = mask;
	thread->is_interruptible = true;
	thread->waiting_for = &event->obj;
	list_push_back(&event->waiters, &thread->queue_link);
}

static inline void event_remove_waiter(struct thread *thread)
{
	list_remove(&thread->queue_link);
	thread->waiting_for = NULL;
}
