/*
 * Coroutines. What lies below the stack pointer when one pauses is cleared, so that equal states are equal in memory.
 */
#include "explore/coroutine.h"
#include <stdint.h>
#include <string.h>

#define STACK_BYTES (64u << 10)
#define CLEARED_BYTES 4096u /* deeper than any call between two pauses of the kernel's */
#define SAVED_WORDS 7       /* what switch_stacks pops, the return address included */

static char stacks[COROUTINES][STACK_BYTES] __attribute__((aligned(4096)));
static uint64_t *pointers[COROUTINES];
static uint64_t *outside;
static unsigned running;
static void (*start)(unsigned index);

void switch_stacks(uint64_t **save, uint64_t *load);
__asm__(".text\n"
        ".globl switch_stacks\n"
        "switch_stacks:\n"
        "	pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
        "	movq %rsp, (%rdi)\n"
        "	movq %rsi, %rsp\n"
        "	popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp\n"
        "	ret\n");

static void begin(void)
{
	start(running);
	__builtin_trap(); /* it never returns */
}

void coroutine_start(unsigned index, void (*run)(unsigned index))
{
	uint64_t *top = (uint64_t *)(stacks[index] + STACK_BYTES) - 2;

	start = run;
	top -= SAVED_WORDS;
	top[SAVED_WORDS - 1] = (uint64_t)begin;
	pointers[index] = top;
}

void coroutine_resume(unsigned index)
{
	char *low;

	running = index;
	switch_stacks(&outside, pointers[index]);
	outside = NULL;
	low = (char *)pointers[index] - CLEARED_BYTES;
	memset(low, 0, CLEARED_BYTES);
	running = 0;
}

void coroutine_pause(void)
{
	switch_stacks(&pointers[running], outside);
}

bool coroutine_owns(const void *at)
{
	return (const char *)at >= stacks[running] &&
	       (const char *)at < stacks[running] + STACK_BYTES;
}
