/*
 * Reply: the right to answer one call, made by the receiver beforehand.
 */
#pragma once
#include <base/assert.h>
#include "kobject.h"
#include "thread.h"

struct reply {
	struct kobject obj;
	struct thread *caller;   /* AWAITING: whom it will answer */
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

static inline void reply_attach(struct reply *reply, struct thread *caller)
{
	DEBUG_ASSERT(!reply->caller);
	reply->caller = caller;
	caller->awaiting = reply;
}

/* The caller stops waiting, answered or not. */
static inline void reply_abandon(struct thread *caller)
{
	caller->awaiting->caller = NULL;
	caller->awaiting = NULL;
}
