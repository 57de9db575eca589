/*
 * Long work in steps. Interrupts are off in the kernel, so whatever takes time in proportion to what a program
 * holds does a bounded step and says STATUS_MORE. A system call is then made again (syscall.c), and finds in its
 * thread's progress where to go on; the dying are worked off when the kernel is left (kobject.c).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct kobject;

#define STATUS_MORE 2 /* beside status codes: a step is done, not all */
/* Pages, handles or mappings that a step looks at: some 100,000 instructions at the most. Less than a handful
 * does not get on. */
#define STEP_BUDGET 128u
#define COPY_COST 8u /* a page that is copied or zeroed, and not only looked at */
#define WAKE_COST 2u /* a thread that is woken or ended */

struct progress {
	uint32_t call;  /* the system call it belongs to; 0: nothing is going on, and all is 0 */
	uint32_t phase; /* what it is doing, in the call's own terms */
	uint64_t at;    /* how far it is, in the call's own terms */
	uint64_t count; /* its result so far */
	struct kobject *object; /* what it is making, or waiting for; holds a reference */
};

/* For what costs as much as several things that are only looked at. False when nothing is left. */
static inline bool budget_spend(unsigned *budget, unsigned cost)
{
	if (*budget == 0)
		return false;
	*budget -= *budget < cost ? *budget : cost;
	return true;
}

static inline bool budget_take(unsigned *budget)
{
	return budget_spend(budget, 1);
}
