/*
 * Specification of who runs.
 */
#pragma once

/*
 * A thread that can run is either in one CPU's queue, in the list of its priority, or the current thread of one CPU. A
 * CPU that has settled what was pending runs nobody less important than those in its queue, and is not idle while
 * anybody is ready, unless some CPU has yet to look.
 */
void sched_check(void);
