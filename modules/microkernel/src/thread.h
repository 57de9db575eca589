/*
 * Thread: a unit of execution in a process. A monitor's thread may also run confined code (enter).
 *
 *   STOPPED --start--> READY <--> RUNNING --> BLOCKED_* --> READY
 *      any state --kill, exit, end of its process--> DEAD
 */
#pragma once
#include <base/assert.h>
#include "arch/arch.h"
#include "deadline.h"
#include "handle.h"
#include "kobject.h"
#include "progress.h"

struct endpoint;
struct event;
struct memory;
struct process;
struct reply;
struct space;

enum thread_state {
	THREAD_STOPPED,
	THREAD_READY,
	THREAD_RUNNING,
	THREAD_CALLING,   /* queued at an endpoint: nobody received yet */
	THREAD_AWAITING,  /* received: waiting for the reply */
	THREAD_RECEIVING, /* queued at an endpoint, or at its bound event */
	THREAD_WAITING,   /* for event bits */
	THREAD_SLEEPING,  /* for a time */
	THREAD_ON_WORD,   /* for a memory word */
	THREAD_PARKED,    /* for an unpark */
	THREAD_DEAD,
};

/* A page that a pager must provide first, or allow to be written. */
struct page_request {
	struct memory *memory; /* null: none. A thread's request holds a reference. */
	uint64_t offset;
	uint64_t address; /* the access that needs it */
	unsigned access;  /* MAP_* */
};

/* A page that the pager would not provide to a native thread. */
struct refused_page {
	uint64_t memory; /* the object's number; 0: none */
	uint64_t offset;
};

/* (address space, address) or (memory object, offset): see word.c. */
struct word_key {
	uint64_t id, offset;
};

struct thread {
	struct thread_arch arch; /* first: entry.S knows its offsets */
	struct kobject obj;
	struct process *process; /* [I] holds a reference */
	struct list process_link;
	enum thread_state state;
	uint8_t base_priority;
	uint8_t priority;       /* what callers lend included (priority.c) */
	uint8_t flags;          /* [I] THREAD_* of abi.h */
	bool is_interruptible;  /* a kick ends the wait */
	bool is_unparked;       /* an unpark found no wait: the next park returns at once */
	uint8_t cpu;            /* where it runs, ran last, or is queued to run */
	uint8_t cpus;           /* a bit for each that it may run on; cpu is one of them */
	struct list queue_link; /* run queue, endpoint, event or word bucket */
	struct deadline deadline;

	struct kobject *
		waiting_for; /* endpoint or event queued at: its death ends the wait, so no reference */
	uint64_t wait_mask;       /* event bits or word mask wanted */
	struct word_key word_key; /* ON_WORD */
	struct reply *awaiting;   /* AWAITING: who will answer */
	struct reply *
		receiving_with; /* for the next request, or for the last one; no reference either */
	uint64_t call_badge;    /* of the handle called through */
	struct page_request request; /* CALLING or AWAITING on behalf of a page fault */
	struct refused_page refused; /* the access, made again, fails */
	struct event *bound_event;   /* holds a reference */

	void *message; /* [I] direct-map address of the message page */
	paddr_t message_page;
	paddr_t state_page;
	struct handle_entry *slots[IPC_HANDLES_MAX]; /* reserved for handles that arrive */
	unsigned slot_count;

	struct space *space;      /* bound; holds a reference */
	struct progress progress; /* of a system call that goes in steps */
	uint64_t cpu_ticks;       /* of the time that it paid for */

	struct endpoint *serves; /* received from it last; its death ends that, so no reference */
	struct list serves_link; /* in its servers */
};

status_t thread_create(struct process *process, const struct thread_args *args,
                       struct thread **out);
void thread_start(struct thread *thread);
void thread_end(struct thread *thread); /* exit or kill */
/* Ties it to those CPUs of the mask that run; E_INVAL when there is none. */
status_t thread_set_cpus(struct thread *thread, uint64_t mask);
void thread_set_priority(struct thread *thread, unsigned priority);

/* Puts the current thread into a blocked state. deadline 0: none. */
void thread_set_deadline(struct thread *thread, uint64_t deadline);
static inline void thread_block(struct thread *thread, enum thread_state state, uint64_t deadline)
{
	DEBUG_ASSERT(thread->state == THREAD_RUNNING);
	thread->state = state;
	if (deadline)
		thread_set_deadline(thread, deadline);
}
/* Ends a wait that thread_block began: clears the deadline; the caller has unlinked it from its queue. */
void thread_unblock(struct thread *thread, status_t status, uint64_t value);
/* Ends any wait from outside: time-out, kick, death of what it waits for. */
void thread_cancel_wait(struct thread *thread, status_t status);
bool thread_is_waiting(const struct thread *thread);
void thread_kick(struct thread *thread);
/* The current thread blocks until somebody unparks it; false when somebody has already. */
bool thread_park(struct thread *thread, uint64_t deadline);
void thread_unpark(struct thread *thread);
/* What came before enter: true when it returns at once for that. */
bool thread_take_latch(struct thread *thread);
/* The current thread's guest was kicked while it ran: it traps to its monitor now. */
void thread_take_kick(struct thread *thread);
/* A guest from whom another thread has taken the CPU returns to its monitor, if that wants to know. */
void thread_tell_preemption(struct thread *thread);
/* It is another CPU's from now on; a monitor that is told of preemption is told before it next enters. */
void thread_move(struct thread *thread, unsigned cpu);
/* Those of the process that wait in the queue make their system calls again: a handle by which they may have waited
 * is gone. */
/* Of all in the queue, in steps: true when it is empty. */
bool thread_cancel_waits(struct list *queue, status_t status, unsigned *budget);
void thread_restart_waits(struct list *queue, struct process *process);

/* The current thread blocks until the pager has answered; then the access or system call is made again. */
void thread_request_page(struct thread *thread, const struct page_request *request);
/* The answer came (or the wait was called off, which is as good as an answer: the access is made again). */
void thread_finish_request(struct thread *thread, bool is_retried);
status_t thread_bind_space(struct thread *thread,
                           struct space *space); /* null: none. E_BUSY: it has another monitor */
void thread_reserve_slots(struct thread *thread);
void progress_end(struct progress *progress); /* nothing is going on any more */
