/*
 * Reply: the right to answer one call, made by the receiver beforehand.
 */
#pragma once
#include <base/assert.h>
#include "kobject.h"
#include "thread.h"

struct reply {
	struct kobject obj;
	struct thread *caller;   /* [a] AWAITING: whom it will answer */
	struct thread *receiver; /* ARMED: who will receive with it */
};

struct reply *reply_create(struct domain *domain);
/* Before the receiver waits. */
static inline void reply_arm(struct reply *reply, struct thread *receiver)
{
	DEBUG_ASSERT(!reply->caller && !reply->receiver);
	reply->receiver = receiver;
	receiver->receiving_with = reply;
}

/* A request arrived for the receiver: its reply object, no longer armed. */
static inline struct reply *reply_take(struct thread *receiver)
{
	struct reply *reply = receiver->receiving_with;

	reply->receiver = NULL;
	receiver->receiving_with = NULL;
	return reply;
}

/* The receiver stops waiting. */
static inline void reply_disarm(struct thread *receiver)
{
	if (receiver->receiving_with)
		reply_take(receiver);
}

/* From then on whoever has the reply object may let the caller go on. */
static inline void reply_attach(struct reply *reply, struct thread *caller)
{
	DEBUG_ASSERT(!reply->caller);
	caller->awaiting = reply;
	__atomic_store_n(&reply->caller, caller, __ATOMIC_RELEASE);
}

/* Takes the caller out, unless somebody else has just done so: for one of several CPUs that share the kernel lock. */
static inline bool reply_claim(struct reply *reply, struct thread *caller)
{
	if (!__atomic_compare_exchange_n(&reply->caller, &caller, NULL, false, __ATOMIC_ACQ_REL,
	                                 __ATOMIC_RELAXED))
		return false;
	caller->awaiting = NULL;
	return true;
}

/* The caller stops waiting, answered or not. */
static inline void reply_abandon(struct thread *caller)
{
	caller->awaiting->caller = NULL;
	caller->awaiting = NULL;
}
