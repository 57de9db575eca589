/*
 * Endpoint: rendezvous between callers and receivers.
 */
#pragma once
#include "kobject.h"

struct thread;

struct endpoint {
	struct kobject obj;
	struct spinlock lock;     /* LOCK_RANK_ENDPOINT */
	struct list callers;      /* [lock] threads by priority, then age */
	struct list receivers;    /* [lock] threads, latest first: its cache is warm */
	uint32_t receive_rights;  /* [a] handles that may receive; none: calls fail with E_GONE */
};

struct endpoint *endpoint_create(struct domain *domain);
bool endpoint_is_served(const struct endpoint *endpoint);
/* Queue and dequeue; the thread is being blocked or unblocked by the caller of these. */
void endpoint_add_caller(struct endpoint *endpoint, struct thread *thread);
void endpoint_add_receiver(struct endpoint *endpoint, struct thread *thread);
struct thread *endpoint_take_caller(struct endpoint *endpoint);
struct thread *endpoint_take_receiver(struct endpoint *endpoint);
/* The current thread's page request goes to the pager's endpoint as a call. */
void endpoint_request_page(struct thread *thread, struct endpoint *endpoint, uint64_t badge);
