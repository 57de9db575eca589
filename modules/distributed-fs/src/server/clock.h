/*
 * The wall clock as the store sees it, and its random numbers.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

void clock_begin(void);
void clock_restarted(
	void);         /* a service is back: if it was the clock's that was missing, begin again */
void clock_read(void); /* asks the time service again */
int64_t clock_now(void);
/* Until called with 0: what the store takes as now. Write-back must not change a file's times. */
void clock_pretend(int64_t ns);
/* Until called with 0: what the store gets when it asks for one word. */
void clock_pretend_random(uint64_t word);
/* What a change sees of time and chance: never 0. */
void clock_stamp(int64_t *now_ns, uint64_t *random);
void clock_random(void *buffer, size_t bytes);
