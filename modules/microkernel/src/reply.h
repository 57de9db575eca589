/*
 * Reply: the right to answer one call, made by the receiver beforehand.
 */
#pragma once
#include "kobject.h"

struct thread;

struct reply {
	struct kobject obj;
	struct thread *caller;   /* AWAITING: whom it will answer */
	struct thread *receiver; /* ARMED: who will receive with it */
};

struct reply *reply_create(struct domain *domain);
void reply_arm(struct reply *reply, struct thread *receiver);       /* before it waits */
struct reply *reply_take(struct thread *receiver);                  /* a request arrived: unarmed, with its reference */
void reply_disarm(struct thread *receiver);                         /* the receiver stops waiting */
void reply_attach(struct reply *reply, struct thread *caller);
void reply_abandon(struct thread *caller);                          /* the caller stops waiting */
struct thread *reply_detach(struct reply *reply);                   /* the caller to answer, or null */
