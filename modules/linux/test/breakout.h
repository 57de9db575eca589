/*
 * What breakout finds of its monitor, and what it does with that.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define PAGE 4096ul
#define STRETCH (2ul << 20) /* a native program begins where one does */

struct finding {
	unsigned readable, writable, callable;
	uintptr_t stretch;        /* where the monitor begins */
	uintptr_t code, code_end; /* of its pages that can be called */
	uintptr_t syscall;        /* the instruction, in that code; or 0 */
};

bool can_read(uintptr_t at);
bool can_write(uintptr_t at);

/* takeover.c: makes the monitor run this program's code, and checks what that may do. */
void test_takeover(const struct finding *found);
