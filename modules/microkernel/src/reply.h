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
	struct thread *receiver; /* who receives with it, or was the last to; no reference */
};

struct reply *reply_create(struct domain *domain);
/* The thread receives with this one from now on and with no other, nor does anybody else. */
void reply_pair(struct reply *reply, struct thread *receiver);
void reply_unpair(struct thread *receiver);
/* The caller stops waiting, answered or not. */
void reply_abandon(struct thread *caller);
/* Its receiver waits for a request. */
static inline bool reply_is_armed(const struct reply *reply)
{
	return reply->receiver && reply->receiver->state == THREAD_RECEIVING;
}

/* From then on whoever has the reply object may let the caller go on. */
static inline void reply_attach(struct reply *reply, struct thread *caller)
{
	DEBUG_ASSERT(!reply->caller);
	caller->awaiting = reply;
	reply->caller = caller;
}

static inline void reply_detach(struct thread *caller)
{
	caller->awaiting->caller = NULL;
	caller->awaiting = NULL;
}
