/*
 * What the files of entertest share: one space that all its threads bind, and guests that run pieces of
 * entertest_guest.S in it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <libanon/enter.h>
#include <libanon/syscall.h>

#define CODE 0x400000ul
#define DATA 0x600000ul
#define UNMAPPED 0x900000ul

extern const char guest_start[], guest_end[], guest_ping[], guest_syscall_flags[], guest_read_fs[],
	guest_write_fs[], guest_write_gs[], guest_load[], guest_store[], guest_jump[],
	guest_undefined[], guest_divide[], guest_breakpoint[], guest_privileged[], guest_spin[],
	guest_hold_xmm[], guest_read_xmm[], guest_count[], guest_returns[], guest_calls[];

extern handle_t space;
extern uint32_t space_flags; /* it was made with these */

void check(bool is_good, const char *file, const char *what, int line);
#define CHECK(cond) check(cond, __FILE_NAME__, #cond, __LINE__)

/* The guest's address of a piece of code. */
uint64_t guest(const char *label);
/* The calling thread's state page, with a guest that begins there and has 0 in its other registers. */
struct guest_state *begin(const char *label);
/* Until its next trap, which it returns. */
uint32_t run(void);

void expect_fault(uint64_t address, uint32_t access, uint32_t cause);
/* A guest makes many calls, one behind the other. */
struct bounces {
	uint64_t ticks; /* of all */
	uint64_t root_writes_each;
};
struct bounces bounce(void);

/* entertest_window.c */
void test_window(void);
/* entertest_words.c */
void test_word_calls(void);
