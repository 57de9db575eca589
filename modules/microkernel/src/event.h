/*
 * Event: 64 signal bits. Signalling sets bits; waiting takes those it asked for.
 */
#pragma once
#include <microkernel/abi.h>
#include "kobject.h"

struct thread;

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
