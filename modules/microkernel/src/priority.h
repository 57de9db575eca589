/*
 * Priority inheritance: who serves others runs at the priority of the most important one who waits for that.
 *
 * Looks at a thread again, or at those who serve an endpoint, after something on which their priority rests has changed
 * (priority.c says what), and then at those whose priority rests on theirs. Under the exclusive kernel lock.
 */
#pragma once

struct endpoint;
struct thread;

void priority_update(struct thread *thread);
void priority_update_servers(struct endpoint *endpoint); /* its queue of callers has changed */
