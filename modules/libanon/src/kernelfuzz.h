/*
 * What the two halves of kernelfuzz share: the supervisor (kernelfuzz_main.c), and the children, which are copies of
 * its image that make random system calls (kernelfuzz_child.c, kernelfuzz_calls.c).
 */
#pragma once
#include <base/random.h>
#include <libanon/syscall.h>

/* Shared by all, mapped at the same address in the supervisor and in each child. What calls write may end up here, too. */
struct fuzz_shared {
	uint64_t calls;          /* made so far */
	uint64_t ok;             /* of these, how many succeeded */
	uint32_t by_number[192]; /* how often each succeeded */
};

/* Where things are in a child. The arena is what its calls play with. */
#define FUZZ_BASE (NATIVE_BASE + (1ul << 40))
#define FUZZ_SHARED FUZZ_BASE
#define FUZZ_THREADS (FUZZ_BASE + (1ul << 30)) /* per thread: stack, message page, state page */
#define FUZZ_THREAD_BYTES (1ul << 20)
#define FUZZ_STACK_BYTES 65536ul
#define FUZZ_ARENA (FUZZ_BASE + (2ul << 30))
#define FUZZ_ARENA_PAGES 64ul
#define FUZZ_THREADS_MAX 6u

/* Handles that the supervisor installs first, so their numbers are known: index i has number FUZZ_HANDLE(i). */
#define FUZZ_HANDLE(i) ((1u << 16) | (i))

/* What a child's threads know of each other's handles, by object type; raced on, like all here. */
#define FUZZ_KNOWN 16u
#define FUZZ_TYPES 14u

struct fuzz_thread {
	struct random random;
	unsigned number; /* of the thread in its process; number 0 is the pager */
};

extern uint32_t fuzz_known[FUZZ_TYPES][FUZZ_KNOWN];

void fuzz_child(uint64_t argument) __attribute__((noreturn)); /* seed << 8 | thread's number */
void fuzz_one_call(struct fuzz_thread *self);
void fuzz_pager_turn(struct fuzz_thread *self);
void fuzz_remember(struct fuzz_thread *self, unsigned type, handle_t handle);
handle_t fuzz_pick(struct fuzz_thread *self, unsigned type);
