/*
 * Process: a native address space, a handle table and threads.
 *
 *   RUNNING --last thread exits, exit, kill--> EXITED
 *      +-----a thread faults-----------------> FAULTED
 *
 * Ending stops its threads at once and frees all else, in steps, but the object itself, which keeps the status for
 * those who hold it.
 */
#pragma once
#include "aspace.h"
#include "handle.h"
#include "kobject.h"

struct event;

struct process {
	struct kobject obj;
	struct aspace aspace;
	struct handle_table handles;
	struct list threads; /* by process_link */
	uint32_t thread_count;
	struct list watches; /* process_watch by link */
	uint32_t state;      /* PROCESS_* of abi.h */
	bool is_empty;       /* ended, and all it held is given back */
	uint64_t status;
	uint64_t fault_address;
	uint64_t fault_ip;
	uint64_t cpu_ticks; /* of threads that have gone */
	char name[32];
};

/* An event to signal when a process has ended; a node below the event handle it was asked through. */
struct process_watch {
	struct derivation node;
	struct list link;     /* in process->watches */
	struct list by_payer; /* in payer->watches: it goes with the domain that pays for it */
	struct event *event;  /* holds a reference */
	struct domain *payer;
	uint64_t bits;
};

status_t process_create(struct domain *domain, const char *name, struct process **out);
void process_end(struct process *process, uint32_t state, uint64_t status);
/* The current thread's process did what no handler can settle: it ends, its watchers learn why. */
void process_fault(struct thread *thread, unsigned vector, uint64_t address);
void process_get_info(struct process *process, struct process_info *out);
status_t process_watch(struct process *process, struct handle_entry *event, uint64_t bits);
void process_watch_undo(struct derivation *node);
void process_watch_free(struct process_watch *watch);

static inline uint32_t handle_chunk(handle_t handle)
{
	return handle.value / HANDLE_CHUNK % HANDLE_CHUNKS;
}

/* The only slot where a handle of that number can be; whatever the number is, a slot, so that there is no bound at which the
 * CPU could guess wrong. The process runs: its table is there. */
static inline struct handle_entry *handle_slot(const struct process *process, handle_t handle)
{
	return &process->handles.chunks[handle_chunk(handle)][handle.value % HANDLE_CHUNK];
}

/* The entry behind a handle's number, or null. Takes no lock and no reference. */
static inline struct handle_entry *handle_find(const struct process *process, handle_t handle)
{
	struct handle_entry *entry;

	if (!process->handles.chunks)
		return NULL;
	entry = handle_slot(process, handle);
	return entry->node.number == handle.value && entry->node.state == HANDLE_USED ? entry
	                                                                              : NULL;
}

/* The entry of a handle to a living object of that type with that right, if there is one: what handle_get finds, for fast
 * paths, which do not care what is wrong. (A slot that is not in use has no rights.) */
static inline bool handle_find_live(const struct process *process, handle_t handle, uint8_t type,
                                    uint32_t right, const struct handle_entry **out)
{
	const struct handle_entry *entry = handle_slot(process, handle);

	if (entry->node.number != handle.value || !(entry->node.rights & right) ||
	    entry->object->type_if_alive != type)
		return false;
	*out = entry;
	return true;
}
