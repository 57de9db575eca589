/*
 * Timer: signals bits of an event at a time, once or periodically.
 */
#pragma once
#include <microkernel/abi.h>
#include "deadline.h"
#include "derivation.h"
#include "kobject.h"

struct event;
struct handle_entry;

struct timer {
	struct kobject obj;
	struct derivation node; /* below the event handle it was made through */
	struct event *event;    /* null: that handle was revoked; holds a reference */
	struct deadline deadline;
	uint64_t bits; /* [I] */
	uint64_t due_ns;
	uint64_t period_ns; /* 0: once */
};

status_t timer_create(struct domain *domain, struct handle_entry *event, uint64_t bits,
                      struct timer **out);
status_t timer_set(struct timer *timer, uint64_t deadline_ns, uint64_t period_ns);
void timer_undo(struct derivation *node);
