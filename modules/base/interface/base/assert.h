/*
 * Assertions for invariants, never for anything a user controls. Each environment has its own
 * assert_failed: the kernel panics, a native program logs and faults, a host program prints and aborts.
 */
#pragma once

void assert_failed(const char *expr, const char *file, int line) __attribute__((noreturn, cold));

#define ASSERT(cond) \
	do { \
		if (__builtin_expect(!(cond), 0)) \
			assert_failed(#cond, __FILE__, __LINE__); \
	} while (0)

#ifdef DEBUG
#define DEBUG_ASSERT(cond) ASSERT(cond)
#else
#define DEBUG_ASSERT(cond) ((void)sizeof(!(cond)))
#endif

#define UNREACHABLE() assert_failed("unreachable", __FILE__, __LINE__)

/* The message is optional. */
#define STATIC_ASSERT(...) _Static_assert(__VA_ARGS__)
