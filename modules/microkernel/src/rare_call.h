/*
 * Calls that a fast path makes in rare cases, without making room for them in registers: the function keeps all of them,
 * and the compiler, which sees no call, leaves every value where it is.
 */
#pragma once

#if defined(__ANONYMOS_KERNEL__)
#define RARELY_CALLED __attribute__((used, no_caller_saved_registers))
#define RARE_CALL_1(function, a) __asm__ volatile("call " #function : : "D"(a) : "memory", "cc")
#define RARE_CALL_2(function, a, b) \
	__asm__ volatile("call " #function : : "D"(a), "S"(b) : "memory", "cc")
#define RARE_CALL_3(function, a, b, c) \
	__asm__ volatile("call " #function : : "D"(a), "S"(b), "d"(c) : "memory", "cc")
#else
#define RARELY_CALLED
#define RARE_CALL_1(function, a) function(a)
#define RARE_CALL_2(function, a, b) function(a, b)
#define RARE_CALL_3(function, a, b, c) function(a, b, c)
#endif
