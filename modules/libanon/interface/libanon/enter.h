/*
 * Runs the space that the calling thread is bound to (sys_space_bind) from the thread's state page until
 * it traps. The thread must have been spawned with a state page.
 */
#pragma once
#include <libanon/thread.h>

/* OK: state->trap says why it returned. */
status_t enter(void);

/* The calling thread's state page, or null. */
static inline struct guest_state *guest_state(void)
{
	return thread_self()->state;
}
