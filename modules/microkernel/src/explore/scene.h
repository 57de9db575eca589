/*
 * Three threads, one endpoint, four handles: what the IPC worlds are made of, and what can be seen of it.
 */
#pragma once
#include "explore/ipc_spec.h"
#include "handle.h"
#include "thread.h"

struct endpoint;
struct process;
struct reply;

/* Which threads are servers, and which of them share a process and a reply object. */
struct cast {
	const char *name;
	unsigned process_of[THREADS];
	unsigned reply_of[THREADS]; /* servers: which reply object they receive with */
	bool is_server[THREADS];
	uint8_t priority[THREADS];
};

struct scene {
	const struct cast *cast;
	struct process *process[THREADS];
	struct thread *thread[THREADS];
	struct endpoint *endpoint;
	struct reply *reply[THREADS];
	handle_t handle[THREADS][HANDLE_KINDS]; /* by process: to the endpoint, to reply objects */
};
extern struct scene scene;

void scene_build(const struct cast *cast, unsigned cpus);
/* What the specification calls the state, as the kernel's objects have it; fails when they contradict one another. */
struct ipc_state scene_look(void);
/* Every thread's registers, but for those that are arguments of a wait, and counts of what happened. */
void scene_forget(void);
bool scene_is_alive(unsigned thread);
struct handle_entry *scene_entry(unsigned process, unsigned kind);
