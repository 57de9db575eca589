/*
 * The kernel's own address sanitizer (arch/x86_64/sanitize.c), for kernels of KIND=sanitize: what kalloc and the page allocator tell it.
 * In all others nothing is left of it.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "arch/arch.h"

enum sanitize_state {
	SANITIZE_FRESH = 0xf1,   /* between and behind blocks: never given out */
	SANITIZE_TAIL = 0xf2,    /* of a block, behind what was asked for */
	SANITIZE_FREED = 0xf3,   /* a block */
	SANITIZE_NO_PAGE = 0xf4, /* a free frame */
	SANITIZE_GLOBAL = 0xf5,  /* behind a variable */
};

#ifdef SANITIZE

#define SANITIZE_RED_ZONE 16u
/* For functions that rightly touch what nobody else may. */
#define SANITIZE_NOT __attribute__((no_sanitize("kernel-address")))

void sanitize_init(void); /* from here on bad accesses are seen; takes an eighth of memory */
/* [at, at + bytes) may not be touched, or may. At a multiple of 8. */
void sanitize_poison(const void *at, size_t bytes, enum sanitize_state state);
void sanitize_unpoison(const void *at, size_t bytes);
/* Freed blocks wait here for a while: takes one and gives back the oldest, or null. */
void *sanitize_quarantine(void *block);
/* For tests: from now on faults are counted instead of ending the kernel; returns how many since the last call. */
unsigned sanitize_expect(bool is_expecting);

#else

#define SANITIZE_RED_ZONE 0u
#define SANITIZE_NOT

static inline void sanitize_init(void) {}

static inline void sanitize_poison(const void *at, size_t bytes, enum sanitize_state state)
{
	(void)at, (void)bytes, (void)state;
}

static inline void sanitize_unpoison(const void *at, size_t bytes)
{
	(void)at, (void)bytes;
}

static inline void *sanitize_quarantine(void *block)
{
	return block;
}

#endif
