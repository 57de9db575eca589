/*
 * Explorer: visits every state that a world can reach, breadth first, and stops at the first violation with the
 * shortest way to it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* A small system built from the kernel's own sources. All that it consists of lies in this program's variables. */
struct world {
	const char *name;
	void (*build)(void); /* the first state */
	unsigned step_count;
	/* Does a step, checks what the specification says of it, and puts what has no influence on anything to a
	 * fixed value. False: it is not possible in this state. */
	bool (*step)(unsigned step);
	void (*describe)(unsigned step); /* prints it, without a newline */
};

/* Up to that many steps from the first state. Returns the exit status for main. */
int explore(const struct world *world, unsigned depth);
/* The world does not do what the specification says: prints that and the trace, and ends the program. */
void violation(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#define EXPECT(condition, ...) \
	do { \
		if (!(condition)) \
			violation(__VA_ARGS__); \
	} while (0)
