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
	uint64_t cpu_ns; /* of threads that have gone */
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

/* The entry behind a handle's number, or null. Takes no lock and no reference. */
static inline struct handle_entry *handle_find(const struct process *process, handle_t handle)
{
	uint32_t index = handle.value & ((1u << HANDLE_INDEX_BITS) - 1);
	uint64_t chunk = index / HANDLE_CHUNK;
	struct handle_entry *entry;

	if (!index_within(&chunk, process->handles.chunk_count))
		return NULL;
	entry = &process->handles.chunks[chunk][index % HANDLE_CHUNK];
	if (entry->node.state != HANDLE_USED ||
	    entry->node.generation != handle.value >> HANDLE_INDEX_BITS)
		return NULL;
	return entry;
}
