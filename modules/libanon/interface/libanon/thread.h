/*
 * Threads. A stack is START_STACK_BYTES long and as aligned, with an unmapped page below; struct
 * anon_thread lies at its top, so a thread finds itself by masking rsp and FS stays free for guests.
 * Below the guard page lie the thread's message page and, for monitors, its state page.
 */
#pragma once
#include <stdbool.h>
#include <base/list.h>
#include <libanon/syscall.h>

#define THREAD_RANKS_MAX 8

struct anon_thread {
	uint64_t magic;
	void *message;             /* message page */
	struct guest_state *state; /* or null */
	void (*run)(void *);
	void *argument;
	handle_t handle; /* HANDLE_NONE for a first thread that was given none */
	uint32_t number; /* 0 is the first thread */
	uint32_t priority;
	uint32_t is_gone; /* word: 1 once the stack is no longer in use */
	bool is_detached;
	uint8_t rank_count; /* ranked mutexes held (debug builds) */
	uint16_t ranks[THREAD_RANKS_MAX];
	struct list node; /* detached and finished, waiting for its stack to be freed */
	char name[16];
};

struct thread_options {
	const char *name;
	uint32_t priority; /* 0: the spawning thread's */
	bool with_state;   /* monitors: a state page, so that it can enter() */
	bool with_fpu;     /* the thread uses SSE or x87 itself */
};

/* The calling thread. The stack pointer is anywhere in the stack, below struct anon_thread. */
static inline struct anon_thread *thread_self(void)
{
	uint64_t sp = (uint64_t)__builtin_frame_address(0);

	return (struct anon_thread *)((sp | (START_STACK_BYTES - 1)) + 1 -
	                              sizeof(struct anon_thread));
}

static inline void *message_page(void)
{
	return thread_self()->message;
}

/*
 * Runs fn(argument) in a new thread; options may be null. With `out` null the thread is detached and its
 * stack is freed some time after it ends; else it must be joined.
 */
status_t thread_spawn(void (*fn)(void *), void *argument, const struct thread_options *options,
                      struct anon_thread **out);
/* Waits for the end of a thread and frees it. */
status_t thread_join(struct anon_thread *thread);
void thread_exit(void) __attribute__((noreturn));
/* Frees the stacks of detached threads that have ended; thread_spawn does so too. */
void thread_reap(void);
